/** The endpoints that a watch is told to measure, from flags or from a file: checked, named, and put on a schedule. */
import { readFileSync } from "node:fs";
import YAML from "yaml";
import * as z from "zod";
import { durationMs } from "../durations.js";
import { FlounderError } from "../errors.js";
import { type Proxies, parseProxy, proxiesOf } from "../probes/http/connect/proxy.js";
import { asksForBody, codings, type Expectation } from "../probes/http/expectation.js";
import { parseUrl } from "../probes/http/question.js";
import { type EndpointQuestion, type EndpointTarget, placeOf } from "../probes/target.js";

const duration = (unit: "ms" | "s") =>
  z.union([z.number(), z.string()]).transform((given, context) => {
    const ms = durationMs(String(given), unit);
    if (ms !== undefined) return ms;
    context.addIssue({ code: "custom", message: `"${given}" is not a duration; write one like 250ms, 10s or 2m` });
    return z.NEVER;
  });
const statuses = z.union([z.number(), z.string()]).transform((given, context): (readonly [number, number])[] => {
  const parts = String(given)
    .split(",")
    .map((part) => /^\s*(\d{3})(?:\s*-\s*(\d{3}))?\s*$/.exec(part) ?? /^\s*([1-5])xx\s*$/i.exec(part));
  if (parts.every((part) => part !== null))
    return parts.map((part) =>
      part![1]!.length === 1 ? [Number(part![1]) * 100, Number(part![1]) * 100 + 99] : [Number(part![1]), Number(part![2] ?? part![1])],
    );
  context.addIssue({ code: "custom", message: `"${given}" are not statuses; write them like 200, 200-299,404 or 2xx` });
  return z.NEVER;
});
const pattern = z.string().superRefine((text, context) => {
  try {
    new RegExp(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
  }
});

/** One endpoint as a file has it; flags make the same. Exactly one of url, tcp, dns and exec. */
export const endpointSchema = z.strictObject({
  name: z.string().min(1).max(100).optional(),
  /** Where it belongs in a report: free text, "control" and "data" by custom. */
  plane: z.string().max(40).optional(),
  url: z.string().optional(),
  /** HOST:PORT */
  tcp: z.string().optional(),
  /** NAME@SERVER or NAME@SERVER:PORT */
  dns: z.string().optional(),
  /** A command for sh -c; exit code 0 is good. */
  exec: z.string().min(1).optional(),
  /** Between two samples. */
  period: duration("s").optional(),
  deadline: duration("ms").optional(),
  /** Later than this an answer is bad. */
  slow: duration("ms").optional(),
  connection: z.enum(["fresh", "kept"]).optional(),
  method: z
    .string()
    .regex(/^[A-Za-z]+$/)
    .optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
  /** To a TCP endpoint, after it connected. */
  send: z.string().optional(),
  redirects: z.boolean().optional(),
  /** HTTP/2 is offered in TLS; a server that does not take it is asked with HTTP/1.1. */
  http2: z.boolean().optional(),
  insecure: z.boolean().optional(),
  /** Paths of PEM files. */
  cacert: z.string().optional(),
  cert: z.string().optional(),
  key: z.string().optional(),
  /** http://[USER:PASSWORD@]HOST[:PORT], or https://, socks5://, socks5h://; env: those of the environment; none. */
  proxy: z.string().optional(),
  /** As curl's: HOST:PORT:ADDR. */
  resolve: z.array(z.string()).optional(),
  expect: z
    .strictObject({
      status: statuses.optional(),
      text: z.string().optional(),
      pattern: pattern.optional(),
      json: z.strictObject({ path: z.string().min(1), is: z.string().optional() }).optional(),
      header: z.strictObject({ name: z.string().min(1), holds: z.string().optional() }).optional(),
    })
    .optional(),
});
export type EndpointSpec = z.output<typeof endpointSchema>;
export const fileSchema = z.strictObject({ endpoints: z.array(endpointSchema).min(1) });

/** JSON Schema (2020-12) of a --config file, as published. */
export const watchConfigJsonSchema = (): unknown => z.toJSONSchema(fileSchema, { io: "input" });

export interface Watched {
  readonly target: EndpointTarget;
  readonly place: string;
  readonly plane?: string;
}

/** Throws FlounderError "usage". */
export function proxiesFrom(text: string, env: NodeJS.ProcessEnv = process.env): Proxies | undefined {
  if (text === "none") return undefined;
  try {
    if (text === "env") return proxiesOf(env);
    const proxy = parseProxy(text);
    return { http: proxy, https: proxy };
  } catch (error) {
    const says = (error as Error).message;
    throw usage(text === "env" ? says : `proxy ${hidden(text)} ${says}`, "give one like http://proxy.example.com:3128, env for the environment's, or none");
  }
}

const usage = (message: string, hint: string) => new FlounderError("usage", message, hint);

/** Throws FlounderError "usage" for what cannot be read or is not such a file. */
export function endpointsOfFile(path: string): readonly EndpointSpec[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw usage(`--config ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, "give a YAML file with endpoints");
  }
  let given: unknown;
  try {
    given = YAML.parse(text);
  } catch (error) {
    throw usage(`--config ${path} is not YAML: ${(error as Error).message.split("\n")[0]}`, "its schema is docs/watch-config.schema.json");
  }
  const parsed = fileSchema.safeParse(given);
  if (parsed.success) return parsed.data.endpoints;
  const issue = parsed.error.issues[0]!;
  throw usage(`--config ${path}: ${issue.path.join(".") || "the file"}: ${issue.message}`, "its schema is docs/watch-config.schema.json");
}

/** One endpoint from flags. Throws FlounderError "usage". */
export function parseEndpoint(given: unknown): EndpointSpec {
  const parsed = endpointSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw usage(`--${issue.path.filter((key) => key !== "expect").join(".")}: ${issue.message}`, "flounder watch --help has examples");
}

/** Of what is no URL, as may be shown: nobody knows where its password ends. */
const hidden = (text: string): string => text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@");

/** Throws FlounderError "usage" for what is not an HTTP URL. */
export function checkedUrl(text: string): string {
  const wrong = (why: string) => usage(`--url ${hidden(text)} ${why}`, "give one like http://app.example.com/health");
  let url: URL;
  let zone: string | undefined;
  try {
    ({ url, zone } = parseUrl(text));
  } catch {
    throw wrong("is not a URL");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw wrong("is neither http nor https");
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    throw wrong("has credentials that are not percent-encoded");
  }
  // A URL object has no room for a zone.
  return zone === undefined ? url.href : text;
}

const hostPort = (text: string, what: string): { host: string; port: number } => {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) throw usage(`${what} "${text}" is not HOST:PORT`, "give one like db.example.com:5432");
  return { host, port: Number(port) };
};
const pem = (path: string, what: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw usage(`${what} ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, "give a PEM file");
  }
};

function expectationOf({ expect = {} }: EndpointSpec): Expectation {
  const { status, text, pattern: fits, json, header } = expect;
  return {
    ...(status === undefined ? {} : { statuses: status }),
    ...(text === undefined ? {} : { text }),
    ...(fits === undefined ? {} : { pattern: fits }),
    ...(json === undefined ? {} : { json: { path: json.path, ...(json.is === undefined ? {} : { is: json.is }) } }),
    ...(header === undefined ? {} : { header: { name: header.name.toLowerCase(), ...(header.holds === undefined ? {} : { holds: header.holds }) } }),
  };
}

function questionOf(spec: EndpointSpec, defaults: Defaults): EndpointQuestion {
  const kinds = (["url", "tcp", "dns", "exec"] as const).filter((kind) => spec[kind] !== undefined);
  if (kinds.length !== 1)
    throw usage(`endpoint ${spec.name ?? ""} has ${kinds.join(" and ") || "nothing to ask"}`, "give exactly one of url, tcp, dns and exec");
  const { expect } = spec;
  if (spec.exec !== undefined) return { kind: "exec", command: spec.exec };
  if (spec.dns !== undefined) {
    const [, name, server] = /^([^@\s]+)@(\S+)$/.exec(spec.dns) ?? [];
    if (!name || !server) throw usage(`dns "${spec.dns}" is not NAME@SERVER`, "give one like app.example.com@10.0.0.2 or app.example.com@10.0.0.2:5353");
    return {
      kind: "dns",
      name,
      server: /^[^:]+:\d+$|\]:\d+$/.test(server) ? server : `${server.includes(":") ? `[${server}]` : server}:53`,
      ...(expect?.text === undefined ? {} : { expect: expect.text }),
    };
  }
  if (spec.tcp !== undefined)
    return {
      kind: "tcp",
      ...hostPort(spec.tcp, "tcp"),
      ...(spec.send === undefined ? {} : { send: spec.send }),
      ...(expect?.text === undefined ? {} : { expect: expect.text }),
    };
  const headers = Object.entries(spec.headers ?? {});
  for (const [name, value] of headers)
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[\r\n\0]/.test(value)) throw usage(`header "${name}" cannot be sent`, "give one like 'X-Name: value'");
  const unread = asksForBody(expectationOf(spec)) ? codingsOffered(headers).filter((one) => !codings.includes(one)) : [];
  if (unread.length > 0)
    throw usage(
      `the header Accept-Encoding offers ${unread.join(", ")}, which Node ${process.version} cannot read, and something is expected of the body`,
      `offer ${codings.slice(0, -1).join(", ")}`,
    );
  const tls = {
    ...(spec.insecure ? { rejectUnauthorized: false } : {}),
    ...(spec.cacert === undefined ? {} : { ca: pem(spec.cacert, "cacert") }),
    ...(spec.cert === undefined ? {} : { cert: pem(spec.cert, "cert") }),
    ...(spec.key === undefined ? {} : { key: pem(spec.key, "key") }),
  };
  const given = spec.proxy ?? defaults.proxy;
  const proxies = given === undefined ? undefined : proxiesFrom(given);
  return {
    kind: "http",
    url: checkedUrl(spec.url!),
    connection: spec.connection ?? "fresh",
    expect: expectationOf(spec),
    ...(headers.length === 0 ? {} : { headers }),
    ...(spec.method === undefined && spec.body === undefined ? {} : { method: spec.method?.toUpperCase() ?? "POST" }),
    ...(spec.body === undefined ? {} : { body: spec.body }),
    ...(spec.redirects === undefined ? {} : { follow: spec.redirects }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
    ...(spec.http2 ? { http2: true } : {}),
    ...(proxies === undefined ? {} : { proxies }),
    ...(spec.resolve === undefined ? {} : { resolve: Object.fromEntries(spec.resolve.map(resolveOf)) }),
  };
}
const codingsOffered = (headers: readonly (readonly [string, string])[]): string[] =>
  headers
    .filter(([name]) => name.toLowerCase() === "accept-encoding")
    .flatMap(([, value]) => value.split(","))
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== "" && !/;\s*q=0(\.0*)?$/.test(one))
    .map((one) => one.split(";")[0]!.trim())
    .filter((one) => one !== "*");
function resolveOf(text: string): [string, string] {
  const [, host, port, address] = /^([^:]+):(\d+):(.+)$/.exec(text) ?? [];
  if (!host || !port || !address) throw usage(`--resolve ${text} is not HOST:PORT:ADDR`, "give one like app.example.com:443:10.0.0.7");
  return [`${host.toLowerCase()}:${port}`, address.replace(/^\[|\]$/g, "")];
}

export interface Defaults {
  readonly periodMs: number;
  readonly deadlineMs: number;
  readonly slowMs?: number;
  /** As an endpoint's. */
  readonly proxy?: string;
}

/** Staggered over their periods: they are not asked all at once. Throws FlounderError "usage" where two have one name. */
export function watchedOf(specs: readonly EndpointSpec[], defaults: Defaults): readonly Watched[] {
  const asked = specs.map((spec) => ({ spec, question: questionOf(spec, defaults) }));
  const both = (place: string) =>
    new Set(asked.filter((one) => placeOf(one.question) === place).map((one) => (one.question.kind === "http" ? one.question.connection : ""))).size > 1;
  const names = new Set<string>();
  return asked.map(({ spec, question }, i) => {
    const place = placeOf(question);
    const name = spec.name ?? (question.kind === "http" && both(place) ? `${place} ${question.connection}` : place);
    if (names.has(name)) throw usage(`${name} is given twice`, "give it once, or names of their own in a --config file");
    names.add(name);
    const periodUs = Math.round((spec.period ?? defaults.periodMs) * 1000);
    const slowMs = spec.slow ?? defaults.slowMs;
    const target: EndpointTarget = {
      name,
      question,
      periodUs,
      phaseUs: Math.round((periodUs * i) / asked.length),
      deadlineUs: Math.round((spec.deadline ?? defaults.deadlineMs) * 1000),
      ...(slowMs === undefined ? {} : { slowUs: slowMs * 1000 }),
    };
    return { target, place, ...(spec.plane === undefined ? {} : { plane: spec.plane }) };
  });
}
