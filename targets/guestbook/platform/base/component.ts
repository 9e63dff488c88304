/** What all components share: what the engine tells them through their environment, and JSON over HTTP, asked and answered. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";

export function need(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`environment variable ${variable} is missing`);
  return value;
}
export const name = need("FLOUNDER_COMPONENT");

/** Thrown by a route: answered with this status and {error}. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}
export type Routes = Readonly<Record<`${"GET" | "POST"} /${string}`, (body: unknown) => unknown>>;

const longestBody = 1e6;
async function jsonOf(incoming: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of incoming) {
    text += chunk;
    if (text.length > longestBody) throw new Refusal(413, `the body has more than ${longestBody} characters`);
  }
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
}

/** With a token only whoever brings it is answered. */
function listen(port: string, routes: Routes, token?: string): void {
  const server = createServer(async (incoming, response) => {
    const answer = (status: number, value: unknown) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    const asked = `${incoming.method} ${incoming.url}`;
    try {
      if (token !== undefined && incoming.headers.authorization !== `Bearer ${token}`) throw new Refusal(401, "the token is missing or wrong");
      if (!Object.hasOwn(routes, asked)) throw new Refusal(404, `no ${asked} here`);
      answer(200, (await routes[asked as keyof Routes]!(await jsonOf(incoming))) ?? {});
    } catch (error) {
      answer(error instanceof Refusal ? error.status : 500, { error: error instanceof Error ? error.message : String(error) });
    }
  });
  server.listen(Number(need(`PORT_${port}`)), need("BIND_HOST"));
}

/** Serves users on port "http"; and on port "admin", past every proxy, the engine's readiness check, the target's adapters and operators. */
export function serve(users: Routes, operators: Routes = {}): void {
  const granted = JSON.parse(readFileSync(need("SECRETS_FILE"), "utf8")) as Record<string, string>;
  listen("HTTP", users);
  listen("ADMIN", { "GET /healthz": () => ({ name }), ...operators }, granted[`admin:${name}`]!);
}

/** A question to host:port over a connection of its own. Rejects with an Error when there is no answer in time. */
export function ask(at: string, path: string, body: unknown, timeoutMs: number): Promise<{ readonly status: number; readonly value: unknown }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = request(`http://${at}${path}`, { method: body === undefined ? "GET" : "POST", agent: false, signal }, (incoming) => {
      jsonOf(incoming).then((value) => resolve({ status: incoming.statusCode ?? 0, value }), reject);
    });
    sent.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}
