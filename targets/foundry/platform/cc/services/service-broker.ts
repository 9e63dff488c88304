/** The services' gateway as a Cloud Controller asks it: Open Service Broker 2.x. Every question may be asked again. */
import { request } from "node:http";
import * as z from "zod";
import { type Address, config } from "../../base/config.js";
import { CfError } from "../api/cf-error.js";

const timeoutMs = 10_000;
const brokerUser = "cc";
/** Each Cloud Controller has a link of this name where there are services. */
const linkName = "service";

const catalog = z.object({
  services: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      description: z.string(),
      tags: z.array(z.string()).default([]),
      plans: z.array(z.object({ id: z.string(), name: z.string(), description: z.string(), free: z.boolean().default(true) })),
    }),
  ),
});
const bound = z.object({ credentials: z.record(z.string(), z.unknown()).default({}) });
export type Catalog = z.infer<typeof catalog>;

/** An instance as the broker knows it: ids of its catalog, and who it is for. */
export interface Ordered {
  readonly guid: string;
  readonly service_id: string;
  readonly plan_id: string;
  readonly organization_guid: string;
  readonly space_guid: string;
}

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

export class Broker {
  constructor(
    readonly address: Address,
    readonly password: string,
  ) {}

  get url(): string {
    return `http://${this.address.host}:${this.address.port}`;
  }

  async catalog(): Promise<Catalog> {
    const path = "/v2/catalog";
    return this.#read(catalog, path, await this.#ask("GET", path, [200]));
  }
  async provision(instance: Ordered): Promise<void> {
    const { guid, ...order } = instance;
    await this.#ask("PUT", `/v2/service_instances/${guid}`, [200, 201], order);
  }
  async deprovision(instance: Ordered): Promise<void> {
    await this.#ask("DELETE", `/v2/service_instances/${instance.guid}?${plan(instance)}`, [200, 410]);
  }
  /** Resolves with the credentials. */
  async bind(instance: Ordered, binding: string, app: string): Promise<Readonly<Record<string, unknown>>> {
    const path = `/v2/service_instances/${instance.guid}/service_bindings/${binding}`;
    const { service_id, plan_id } = instance;
    return this.#read(bound, path, await this.#ask("PUT", path, [200, 201], { service_id, plan_id, app_guid: app, bind_resource: { app_guid: app } }))
      .credentials;
  }
  async unbind(instance: Ordered, binding: string): Promise<void> {
    await this.#ask("DELETE", `/v2/service_instances/${instance.guid}/service_bindings/${binding}?${plan(instance)}`, [200, 410]);
  }

  #read<S extends z.ZodType>(schema: S, path: string, answer: Answer): z.output<S> {
    const parsed = schema.safeParse(answer.json);
    if (!parsed.success)
      throw this.#error("ServiceBrokerResponseMalformed", `The service broker returned an invalid response for the request to ${this.url}${path}`);
    return parsed.data;
  }
  #error(title: string, detail: string, status = 502): CfError {
    return new CfError(status, 10001, `CF-${title}`, detail);
  }

  async #ask(method: string, path: string, good: readonly number[], body?: object): Promise<Answer> {
    const where = `${this.url}${path.split("?")[0]}`;
    const answer = await send(this.address, method, path, this.password, body).catch((error: Error) => {
      if (error.message === late) throw this.#error("ServiceBrokerRequestTimeout", `The request to the service broker timed out: ${where}`, 504);
      throw this.#error("ServiceBrokerApiUnreachable", `The service broker could not be reached: ${where}`);
    });
    if (good.includes(answer.status)) return answer;
    const { description } = (answer.json ?? {}) as { description?: unknown };
    const title = answer.status >= 500 ? "ServiceBrokerBadResponse" : "ServiceBrokerRequestRejected";
    throw this.#error(title, `Service broker error: ${typeof description === "string" ? description : `status ${answer.status} from ${where}`}`);
  }
}

const plan = ({ service_id, plan_id }: Ordered): string => new URLSearchParams({ service_id, plan_id }).toString();
const late = "no answer in time";

function send({ host, port }: Address, method: string, path: string, password: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body && JSON.stringify(body);
    const asking = request(
      {
        ...{ host, port, method, path, agent: false, auth: `${brokerUser}:${password}`, timeout: timeoutMs },
        headers: { "x-broker-api-version": "2.16", accept: "application/json", ...(text ? { "content-type": "application/json" } : {}) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          let json: unknown;
          try {
            json = JSON.parse(Buffer.concat(chunks).toString());
          } catch {
            // Whoever needs it says that it is malformed.
          }
          resolve({ status: response.statusCode ?? 0, json });
        });
      },
    );
    const timer = setTimeout(() => asking.destroy(new Error(late)), timeoutMs);
    asking.once("error", reject).once("close", () => clearTimeout(timer));
    asking.end(text);
  });
}

/** Undefined on a foundation that offers no services. */
export function openBroker(): Broker | undefined {
  const address = config().links()[linkName];
  return address && new Broker(address, config().secret("broker-password"));
}
