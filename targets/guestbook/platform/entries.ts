/**
 * The service behind the front. It reads from a copy of the store that is renewed every REFRESH_MS, and writes through to the store. After three writes in a row
 * without an answer it closes the book: nobody can sign, everybody can read. BREAKER=manual: until an operator opens it again; auto: until REOPEN_MS have passed.
 */
import { ask, name, need, Refusal, serve } from "./base/component.js";

const answerMs = 400;
const mostFailures = 3;
const pageLength = 20;

let copy: readonly unknown[] = [];
let failures = 0;
let closedAtMs: number | undefined;

const isClosed = () => closedAtMs !== undefined && (need("BREAKER") === "manual" || performance.now() - closedAtMs < Number(need("REOPEN_MS")));
function reopen(): void {
  closedAtMs = undefined;
  failures = 0;
}

async function store(path: string, body?: unknown): Promise<unknown> {
  const { status, value } = await ask(need("LINK_STORE"), path, body, answerMs).catch((error: Error) => {
    throw new Refusal(504, `the store does not answer: ${error.message}`);
  });
  if (status !== 200) throw new Refusal(status, (value as { error: string }).error);
  return value;
}

async function sign(body: unknown): Promise<{ readonly by: string }> {
  if (isClosed()) throw new Refusal(503, "the book is closed: an operator must open it again");
  try {
    await store("/put", body);
    reopen();
    return { by: name };
  } catch (error) {
    if ((error as Refusal).status === 504 && ++failures >= mostFailures) closedAtMs = performance.now();
    throw error;
  }
}

async function refresh(): Promise<void> {
  copy = (await store("/entries").catch(() => copy)) as readonly unknown[];
  setTimeout(refresh, Number(need("REFRESH_MS")));
}
void refresh();

serve(
  {
    "GET /entries": () => ({ by: name, entries: copy.slice(0, pageLength) }),
    "POST /entries": sign,
    "POST /remove": (body) => store("/remove", body),
  },
  {
    "GET /state": () => ({ closed: isClosed() }),
    "GET /store": () => store("/entries"),
    "POST /reopen": async () => {
      await store("/entries");
      reopen();
    },
  },
);
