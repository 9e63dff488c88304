/** For tests: a router on a real bus, and apps that register with it. */
import { once } from "node:events";
import { request as ask, createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import type { Part } from "../../base/testing/lab.js";
import { BusLab } from "../../base/testing/lab-bus.js";
import { until } from "../../base/until.js";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
/** One request with a Host of its own; `body` in chunks. */
export function to(
  port: number,
  host: string | undefined,
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: readonly Buffer[] } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { path = "/", method = options.body ? "POST" : "GET", headers = {}, body = [] } = options;
    const request = ask({
      host: "127.0.0.1",
      port,
      path,
      method,
      setHost: false,
      headers: { ...(host === undefined ? {} : { Host: host }), ...headers },
      agent: false,
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    for (const chunk of body) request.write(chunk);
    request.end();
  });
}

export class Rig {
  router!: Part;
  readonly #servers: Server[] = [];

  private constructor(readonly lab: BusLab) {}

  static async open(): Promise<Rig> {
    const rig = new Rig(await BusLab.open({ natsPing: 400 }));
    try {
      rig.router = await rig.start("prune");
      return rig;
    } catch (error) {
      await rig.close();
      throw error;
    }
  }
  start(policy: string, name = "router-1"): Promise<Part> {
    return this.lab.start(name, "router", {
      ports: ["http"],
      policy: { "router.onNatsLoss": policy },
      timers: { routeTtl: 1200, routePrune: 300, routeRegister: 400 },
    });
  }

  async #listening(server: Server): Promise<number> {
    this.#servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }
  app(listener: RequestListener): Promise<number> {
    return this.#listening(createServer(listener));
  }
  hello(word: string): Promise<number> {
    return this.app((_, response) => response.end(word));
  }
  /** An address that accepts and closes at once: a proxy before a dead app. */
  async closing(): Promise<{ readonly port: number; count: number }> {
    const seen = { port: 0, count: 0 };
    seen.port = await this.#listening(
      createTcpServer((socket) => {
        seen.count++;
        socket.destroy();
      }),
    );
    return seen;
  }

  get(host: string, path = "/"): Promise<Answer> {
    return to(this.router.port("http"), host, { path });
  }
  routed(host: string, of = this.router): Promise<void> {
    return until(`${host} to be routed`, async () => (await to(of.port("http"), host)).status !== 404, 3000, 10);
  }
  async size(of = this.router): Promise<number> {
    return ((await of.ask("/table")) as { size: number }).size;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) server.close();
    await this.lab.close();
  }
}
