/**
 * The gateway's API, which Cloud Controllers ask: Open Service Broker 2.x (catalog, provision, bind, unbind, deprovision), with basic auth. Whatever is
 * asked twice is done once: 201 the first time, 200 after that, 410 for what is gone.
 */
import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { log } from "../base/log.js";
import { catalog } from "./catalog.js";
import type { Kind } from "./kind.js";

export const brokerUser = "cc";
const maxBodyBytes = 65_536;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBodyBytes) throw new Refusal(413, "the request is too long");
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString();
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Refusal(400, "the request's body is no JSON object");
}

function mayAsk(request: IncomingMessage, password: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Basic ${Buffer.from(`${brokerUser}:${password}`).toString("base64")}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** kinds: by offering's id. */
export function broker(kinds: ReadonlyMap<string, Kind>, password: string): Server {
  const done = async (request: IncomingMessage): Promise<readonly [number, object]> => {
    if (!mayAsk(request, password)) throw new Refusal(401, "who are you?");
    if (!/^2\.\d+$/.test(String(request.headers["x-broker-api-version"] ?? ""))) throw new Refusal(412, "X-Broker-API-Version must be 2.x");
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://broker");
    if (request.method === "GET" && pathname === "/v2/catalog") return [200, { services: catalog }];
    const [, instance = "", , binding] = /^\/v2\/service_instances\/([^/]+)(\/service_bindings\/([^/]+))?$/.exec(pathname) ?? [];
    if (!uuid.test(instance) || (binding !== undefined && !uuid.test(binding))) throw new Refusal(404, "nothing is here");
    const body = request.method === "PUT" ? await bodyOf(request) : Object.fromEntries(searchParams);
    const offering = catalog.find(({ id }) => id === body.service_id);
    const kind = kinds.get(String(body.service_id));
    if (!offering || !kind || !offering.plans.some(({ id }) => id === body.plan_id)) throw new Refusal(400, "service_id and plan_id are not of this catalog");
    switch (`${request.method}${binding === undefined ? "" : " binding"}`) {
      case "PUT":
        return [(await kind.provision(instance)) ? 201 : 200, {}];
      case "DELETE":
        return [(await kind.deprovision(instance)) ? 200 : 410, {}];
      case "PUT binding": {
        const credentials = await kind.bind(instance, binding!);
        if (!credentials) throw new Refusal(404, `there is no instance ${instance}`);
        return [201, { credentials }];
      }
      case "DELETE binding":
        return [(await kind.unbind(instance, binding!)) ? 200 : 410, {}];
    }
    throw new Refusal(405, `${request.method} is not done here`);
  };
  return createServer((request: IncomingMessage, response: ServerResponse) => {
    const send = (status: number, value: object) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    done(request).then(
      ([status, value]) => {
        log.info({ method: request.method, path: request.url?.split("?")[0], status }, "asked");
        send(status, value);
      },
      (error: unknown) => {
        const known = error instanceof Refusal;
        if (!known) log.warn({ err: error, method: request.method, path: request.url?.split("?")[0] }, "not done");
        send(known ? error.status : 500, { description: error instanceof Error ? error.message : String(error) });
      },
    );
  });
}
