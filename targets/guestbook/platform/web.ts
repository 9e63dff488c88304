/** The front: passes each question to one of the services behind it, by turns, and to the next one where that has no answer. */
import { ask, need, Refusal, serve } from "./base/component.js";

const answerMs = 400;
const behind = Object.keys(process.env)
  .filter((key) => key.startsWith("LINK_ENTRIES_"))
  .map(need);
let turn = 0;

/** An entry has an id of its own, so writing it twice does no harm. */
async function forward(path: string, body?: unknown): Promise<unknown> {
  turn++;
  let last = { status: 502, value: { error: "no service behind the front answers" } as unknown };
  for (let i = 0; i < behind.length && last.status >= 500; i++) last = await ask(behind[(turn + i) % behind.length]!, path, body, answerMs).catch(() => last);
  if (last.status === 200) return last.value;
  throw new Refusal(last.status, (last.value as { error: string }).error);
}

serve({ "GET /": () => forward("/entries"), "POST /entries": (body) => forward("/entries", body) });
