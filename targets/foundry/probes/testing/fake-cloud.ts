/** For tests of probes: a Cloud Controller in miniature that can be told to fail, and a probe context that asks it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent, request } from "undici";
import { type ProbeContext, ProbeFailure, type ProbeRequest } from "../../../../harness/core.js";
import { controlTargets, standingApps } from "../../workload/sample-apps.js";

/** What happens to requests: answered, refused by the API, unknown to it, refused by a router that lost the route, by one whose backend died, never answered, cut. */
export type Mood = "well" | "not-found" | "read-only" | "no-route" | "bad-gateway" | "hang" | "reset";

export interface FakeCloud {
  mood: Mood;
  /** "METHOD /path" of all requests. */
  readonly asked: string[];
  readonly port: number;
  close(): Promise<void>;
}

const json = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
const claims = (jti: string) => Buffer.from(JSON.stringify({ jti, exp: Math.floor(Date.now() / 1000) + 600 })).toString("base64url");

export async function fakeCloud(): Promise<FakeCloud> {
  const asked: string[] = [];
  let serial = 0;
  let mood: Mood = "well";
  const moods: Record<Exclude<Mood, "well">, (request: IncomingMessage, response: ServerResponse) => void> = {
    "read-only": (_, response) => json(response, 503, { errors: [{ code: 10015, title: "CF-ServiceUnavailable", detail: "read-only" }] }),
    "not-found": (_, response) => json(response, 404, { errors: [{ code: 10010, title: "CF-ResourceNotFound", detail: "App not found" }] }),
    "no-route": (_, response) => response.writeHead(404, { "x-cf-routererror": "unknown_route" }).end("404 Not Found: Requested route"),
    "bad-gateway": (_, response) => response.writeHead(502, { "x-cf-routererror": "endpoint_failure" }).end("502 Bad Gateway"),
    hang: () => {},
    reset: (incoming) => incoming.socket.resetAndDestroy(),
  };
  const server = createServer((incoming, response) => {
    const { method, url = "/" } = incoming;
    asked.push(`${method} ${url}`);
    incoming.resume();
    incoming.on("end", () => {
      if (mood !== "well") return moods[mood](incoming, response);
      if (url.startsWith("/?nonce=")) return json(response, 200, { nonce: new URL(url, "http://x").searchParams.get("nonce"), app: "app-1", index: 2 });
      if (url === "/oauth/token") return json(response, 200, { access_token: `e30.${claims(`jti-${++serial}`)}.x`, token_type: "bearer" });
      if (url.startsWith("/v3/apps?"))
        return json(response, 200, {
          resources: standingApps(controlTargets([{ name: "cc-1", role: "cc" }])).map((name) => ({ guid: `guid-of-${name}`, name, state: "STOPPED" })),
        });
      if (method === "GET" && url.includes("?")) return json(response, 200, { resources: [{ guid: "first" }] });
      if (url === "/v3/resource_matches") return json(response, 201, { resources: [] });
      if (url.startsWith("/v3/packages")) return json(response, 200, { guid: "package-1", state: "READY" });
      if (url.startsWith("/v3/builds")) return json(response, 200, { guid: "build-1", state: method === "GET" ? "STAGED" : "STAGING" });
      if (url === "/v3/apps") return json(response, 201, { guid: `made-${++serial}` });
      if (method === "DELETE") return json(response, 202, {});
      json(response, 200, {});
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    get mood() {
      return mood;
    },
    set mood(next) {
      mood = next;
    },
    asked,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A context as the sampler makes it, one per sample. */
export function contextOf(port: number, target: string, shared: Map<string, unknown>, seq: number, acked: string[], deadlineMs: number): ProbeContext {
  const url = `http://127.0.0.1:${port}`;
  const signal = AbortSignal.timeout(deadlineMs);
  return {
    route: { from: target === "api" || !target.includes("/") ? "outside" : "inside", target, url, host: "api.flounder.test", resolvers: [] },
    signal,
    credentials: { user: "admin", password: "secret" },
    seq,
    shared,
    acked: (write) => acked.push(write),
    http: async ({ method = "GET", path, headers, body }: ProbeRequest) => {
      const dispatcher = new Agent(); // a connection of its own: a kept one would be reset instead of refused
      try {
        const answer = await request(`${url}${path}`, {
          method: method as "GET",
          headers: headers ?? {},
          ...(body === undefined ? {} : { body }),
          signal,
          dispatcher,
        });
        const flat = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
        return { status: answer.statusCode, headers: flat, body: await answer.body.text() };
      } catch (error) {
        const code = (error as { code?: string }).code;
        throw new ProbeFailure(signal.aborted ? "timeout" : code === "ECONNREFUSED" ? "refused" : "reset", String(code));
      } finally {
        await dispatcher.destroy();
      }
    },
  };
}
