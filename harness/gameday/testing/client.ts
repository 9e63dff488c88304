/** A tab without a browser: joins by a link, holds the stream open as EventSource does, and keeps what comes. */
import { sleep, until } from "../../clock.js";
import type { AbortProgress, LaneBins, Role, SeenEvent, State } from "../protocol.js";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}
export interface Tab {
  post(path: string, body: object): Promise<Answer>;
  get(path: string): Promise<Answer>;
  state(): State | undefined;
  events(): readonly SeenEvent[];
  aborts(): readonly AbortProgress[];
  bins(lane: string): readonly (number | null)[];
  /** Every byte of the stream, and of every answer. */
  text(): string;
  until(what: string, holds: () => boolean, deadlineMs?: number): Promise<void>;
  /** The line breaks; it comes back by itself, as a browser's would. */
  hangUp(): void;
  leave(): void;
}

export async function joiner(link: string, name: string, seat?: string): Promise<Tab> {
  const { origin, pathname, hash } = new URL(link);
  const role = pathname.slice(1) as Role;
  let cookie = "";
  let text = "";
  let lastId: string | undefined;
  const states: State[] = [];
  const events: SeenEvent[] = [];
  const aborts: AbortProgress[] = [];
  const lanes = new Map<string, (number | null)[]>();
  const left = new AbortController();
  let line = new AbortController();
  const answered = async (response: Response): Promise<Answer> => {
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    const body = await response.text();
    text += body;
    return { status: response.status, body: JSON.parse(body) };
  };
  const as = (path: string) => `${origin}/api/${path}${path.includes("?") ? "&" : "?"}as=${role}`;
  const post = async (path: string, body: object) =>
    answered(await fetch(as(path), { method: "POST", headers: { "content-type": "application/json", origin, cookie }, body: JSON.stringify(body) }));
  const get = async (path: string) => answered(await fetch(as(path), { headers: { cookie } }));
  const take = (block: string) => {
    const field = (of: string) => new RegExp(`^${of}: (.*)$`, "m").exec(block)?.[1];
    lastId = field("id") ?? lastId;
    const data = field("data");
    if (data === undefined) return;
    const value = JSON.parse(data);
    const what = field("event");
    if (what === "state") {
      // Everything is sent again once nothing is secret any more.
      if (value.stage === "over" && states.at(-1)?.stage !== "over") events.length = 0;
      states.push(value);
    } else if (what === "event") events.push(value);
    else if (what === "abort") aborts.push(value);
    else if (what === "lanes")
      for (const [key, lost] of Object.entries((value as LaneBins).lost)) lanes.set(key, [...(lanes.get(key) ?? []).slice(0, value.from), ...lost]);
  };
  const listen = async () => {
    while (!left.signal.aborted) {
      line = new AbortController();
      let rest = "";
      try {
        const headers = { cookie, ...(lastId === undefined ? {} : { "last-event-id": lastId }) };
        const { body } = await fetch(as("stream"), { headers, signal: AbortSignal.any([left.signal, line.signal]) });
        for await (const part of body!.pipeThrough(new TextDecoderStream())) {
          text += part;
          const blocks = (rest + part).split("\n\n");
          rest = blocks.pop()!;
          for (const block of blocks) take(block);
        }
      } catch {
        // the line broke
      }
      await sleep(100);
    }
  };
  const joined = await post("join", { role, key: hash.slice(1), name, ...(seat === undefined ? {} : { seat }) });
  if (joined.status !== 200) throw new Error(`${name} was not let in: ${JSON.stringify(joined.body)}`);
  void listen();
  return {
    post,
    get,
    state: () => states.at(-1),
    events: () => events,
    aborts: () => aborts,
    bins: (lane) => lanes.get(lane) ?? [],
    text: () => text,
    until: (what, holds, deadlineMs = 30_000) => until(`${what} (${name})`, holds, deadlineMs, 20),
    hangUp: () => line.abort(),
    leave: () => left.abort(),
  };
}
