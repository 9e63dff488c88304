/** Requests to the Cloud Controller's API: paths, queries, bodies and uploads. Whatever a developer sends, it is answered, and never by 500. */
import fc from "fast-check";
import { type Developer, zipOf } from "../targets/foundry/platform/cc/testing/developer.js";
import { domain, Rig } from "../targets/foundry/platform/cc/testing/rig.js";
import { Alive } from "./alive.js";
import { type Fuzz, mutated, oddValue, sampled, shaped, withEach } from "./fuzz.js";

/** Words that stand for what there is; anything else is nobody's. */
const known = ["$app", "$space", "$org", "$domain", "$package", "$route", "$process", "$file"] as const;
const guid = fc.constantFrom<string>(...known, "none", "\0", "a,b", "'; --");
const to = (of: fc.Arbitrary<string>) => shaped({ data: shaped({ guid: of }) });
const name = fc.oneof(fc.constantFrom("a", "b", "あ", "x".repeat(256), "$unique", "\ud800", ""), fc.string({ maxLength: 20 }));
const resources = fc.array(
  shaped({
    path: fc.constantFrom("a", "../a", "/a", "a/b", ""),
    mode: fc.constantFrom("644", "4755", "x"),
    checksum: shaped({ value: fc.constantFrom("$file", "0".repeat(40), "x") }),
    size_in_bytes: fc.constantFrom(4, -1, 1e12),
  }),
  { maxLength: 3 },
);
const process = shaped({
  instances: fc.constantFrom(0, 1, 2, 101, -1, 1e10),
  memory_in_mb: fc.constantFrom(64, 0, 1e10),
  disk_in_mb: fc.constantFrom(64, 1e10),
  command: name,
  health_check: shaped({ type: fc.constantFrom("port", "http", "process", "x"), data: shaped({ endpoint: fc.constantFrom("/", "x"), timeout: fc.integer() }) }),
});

const bodies: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "POST /v3/apps": shaped({
    name,
    relationships: shaped({ space: to(guid) }),
    environment_variables: fc.dictionary(name, oddValue, { maxKeys: 3 }),
    lifecycle: shaped({ data: shaped({ buildpacks: fc.array(name, { maxLength: 2 }), stack: name }) }),
    metadata: oddValue,
  }),
  "PATCH /v3/apps/:g": shaped({ name, lifecycle: oddValue }),
  "PATCH /v3/apps/:g/environment_variables": shaped({ var: fc.dictionary(name, oddValue, { maxKeys: 3 }) }),
  "PATCH /v3/apps/:g/relationships/current_droplet": to(guid),
  "POST /v3/apps/:g/actions/start": shaped({}),
  "POST /v3/apps/:g/actions/stop": shaped({}),
  "POST /v3/apps/:g/processes/web/actions/scale": process,
  "PATCH /v3/processes/:g": process,
  "POST /v3/organizations": shaped({ name, suspended: fc.boolean() }),
  "POST /v3/spaces": shaped({ name, relationships: shaped({ organization: to(guid) }) }),
  "POST /v3/domains": shaped({ name, internal: fc.boolean() }),
  "POST /v3/roles": shaped({
    type: fc.constantFrom("space_developer", "x", "\0"),
    relationships: shaped({ user: to(guid), organization: to(guid), space: to(guid) }),
  }),
  "POST /v3/routes": shaped({
    host: fc.constantFrom("a", "", "*", "api", "a.b", "x".repeat(70), "$unique"),
    path: fc.constantFrom("", "/a", "a", "/\0"),
    relationships: shaped({ space: to(guid), domain: to(guid) }),
  }),
  "POST /v3/routes/:g/destinations": shaped({ destinations: fc.array(shaped({ app: shaped({ guid, process: shaped({ type: name }) }) }), { maxLength: 2 }) }),
  "POST /v3/packages": shaped({ type: fc.constantFrom("bits", "docker"), relationships: shaped({ app: to(guid) }) }),
  "POST /v3/builds": shaped({ package: shaped({ guid }), lifecycle: oddValue }),
  "POST /v3/resource_matches": shaped({ resources }),
  "POST /v3/service_instances": shaped({
    name,
    type: fc.constant("managed"),
    tags: fc.array(name, { maxLength: 2 }),
    relationships: shaped({ space: to(guid), service_plan: to(guid) }),
  }),
  "POST /v3/service_credential_bindings": shaped({ type: fc.constant("app"), name, relationships: shaped({ app: to(guid), service_instance: to(guid) }) }),
  "DELETE /v3/apps/:g/processes/web/instances/:n": shaped({}),
};
const lists = [
  "apps",
  "organizations",
  "spaces",
  "domains",
  "roles",
  "routes",
  "packages",
  "builds",
  "droplets",
  "processes",
  "audit_events",
  "service_instances",
  "service_plans",
  "service_offerings",
  "service_credential_bindings",
  "jobs",
  "stacks",
  "deployments",
];
const query = fc.array(
  fc.tuple(
    fc.constantFrom(
      "names",
      "guids",
      "page",
      "per_page",
      "order_by",
      "app_guids",
      "space_guids",
      "states",
      "types",
      "created_ats",
      "created_ats[gt]",
      "include",
      "label_selector",
      "x",
    ),
    fc.oneof(
      guid,
      fc.constantFrom(
        "0",
        "1",
        "-1",
        "1e9",
        "99999999999999999999",
        "name",
        "-created_at",
        "2026-01-01T00:00:00Z",
        "275761-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
      ),
      fc.string({ maxLength: 10 }),
    ),
  ),
  { maxLength: 3 },
);
const json = (value: fc.Arbitrary<unknown>) =>
  mutated(
    fc.oneof({ weight: 8, arbitrary: value }, { weight: 1, arbitrary: oddValue }).map((one) => Buffer.from(JSON.stringify(one) ?? "")),
    1,
  );

const writing = fc.constantFrom(...Object.keys(bodies)).chain((what) => {
  const [method, path] = what.split(" ") as [string, string];
  return fc
    .tuple(guid, json(bodies[what]!))
    .map(([of, body]) => ({ method, path: path.replace(":g", encodeURIComponent(of)).replace(":n", "0"), body, type: "application/json" }));
});
const reading = fc.tuple(fc.constantFrom(...lists), fc.option(guid), query).map(([list, of, given]) => ({
  method: "GET",
  path: `/v3/${list}${of === null ? "" : `/${encodeURIComponent(of)}`}?${new URLSearchParams(given.map(([key, value]): [string, string] => [key, value]))}`,
  body: undefined,
  type: "application/json",
}));
const yaml = mutated(
  fc
    .record({
      name,
      memory: fc.constantFrom("64M", "1", "-1", "x", "99999T"),
      instances: fc.constantFrom("1", "-1", "x"),
      routes: fc.constantFrom("", "\n  routes:\n  - route: a.flounder.test", "\n  routes:\n  - route: nowhere.x", "\n  default-route: true"),
      more: fc.constantFrom("", "\n  env:\n    A: [1]", "\n  <<: *x", "\n  a: &a [*a]", "\n  metadata: {labels: {a: b}}"),
    })
    .map(({ name: of, memory, instances, routes, more }) =>
      Buffer.from(`applications:\n- name: ${JSON.stringify(of)}\n  memory: ${memory}\n  instances: ${instances}${routes}${more}\n`),
    ),
).map((body) => ({ method: "POST", path: "/v3/spaces/$space/actions/apply_manifest", body, type: "application/x-yaml" }));
/** A multipart upload to a package of its own. */
const upload = fc
  .tuple(json(resources), mutated(fc.constant(Buffer.from("$zip"))), fc.nat())
  .map(([matched, zip, own]) => ({ method: "UPLOAD", path: "", body: Buffer.concat([matched, Buffer.from("\0\0split"), zip]), type: String(own) }));
const login = mutated(
  fc
    .constantFrom("grant_type=password&username=admin&password=x", "grant_type=refresh_token&refresh_token=x", "grant_type=odd")
    .map((text) => Buffer.from(text)),
  2,
).map((body) => ({ method: "POST", path: "/oauth/token", body, type: "application/x-www-form-urlencoded" }));
const inputs = fc.oneof(
  { weight: 10, arbitrary: writing },
  { weight: 6, arbitrary: reading },
  { weight: 2, arbitrary: yaml },
  { weight: 2, arbitrary: upload },
  { weight: 1, arbitrary: login },
);
type Input = typeof inputs extends fc.Arbitrary<infer T> ? T : never;

const boundary = "----fuzz";
/** As a client writes it, then with some bytes changed. */
function multipart(parts: Buffer, good: Buffer, own: number): Buffer {
  const at = parts.indexOf("\0\0split");
  const zip = parts.subarray(at + 7).equals(Buffer.from("$zip")) ? good : sampled(mutated(fc.constant(good)), own, 1)[0]!;
  const whole = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="resources"\r\n\r\n`),
    parts.subarray(0, at),
    Buffer.from(`\r\n--${boundary}\r\nContent-Disposition: form-data; name="bits"; filename="a.zip"\r\nContent-Type: application/zip\r\n\r\n`),
    zip,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return own % 3 === 0 ? sampled(mutated(fc.constant(whole), 2), own, 1)[0]! : whole;
}

/** What there is, by the words that stand for it. */
async function furnish(cf: Developer): Promise<Readonly<Record<string, string>>> {
  const space = await cf.space();
  const app = await cf.push(space, "there", [{ path: "index.html", content: "abcd" }]);
  const first = async (path: string) => (await cf.first(path)).guid;
  return {
    $app: app,
    $process: app,
    $space: space,
    $org: await first("/v3/organizations?names=flounder"),
    $domain: await first(`/v3/domains?names=${domain}`),
    $package: await first(`/v3/packages?app_guids=${app}`),
    $route: await first(`/v3/routes?app_guids=${app}`),
    $file: "81fe8bfe87576c3ecb22426f8e57847382917acf",
  };
}

export default {
  name: "api",
  says: "requests and uploads to the Cloud Controller's API",
  oneIn: 2,
  async run(seed, count) {
    const rig = await Rig.open({}, ["cc-1"]);
    try {
      const cf = await rig.loggedIn();
      const there = await furnish(cf);
      const good = await zipOf([{ path: "index.html", content: "hello" }]);
      const alive = new Alive([...rig.ccs.values()]);
      const meant = (text: string, unique: string) =>
        text.replace(/(\$|%24)(app|process|space|org|domain|package|route|file|unique)/g, (_, __, word: string) =>
          word === "unique" ? unique : there[`$${word}`]!,
        );
      await withEach(sampled(inputs, seed, count), 8, async (input: Input, i) => {
        const headers: Record<string, string> = { authorization: `bearer ${cf.token}` };
        const unique = `u${seed}-${i}`;
        let { method, path, type } = input;
        let body: Buffer | undefined;
        if (method === "UPLOAD") {
          const made = await cf.post<{ guid: string }>("/v3/packages", { type: "bits", relationships: { app: { data: { guid: there.$app! } } } });
          body = multipart(Buffer.from(meant(input.body!.toString("latin1"), unique), "latin1"), good, Number(type));
          [method, path, type] = ["POST", `/v3/packages/${made.json.guid}/upload`, `multipart/form-data; boundary=${boundary}`];
        } else body = input.body && Buffer.from(meant(input.body.toString("latin1"), unique), "latin1");
        const answer = await fetch(`${cf.origin}${meant(path, unique)}`, {
          method,
          headers: { ...headers, "content-type": type },
          ...(body === undefined ? {} : { body: new Uint8Array(body) }),
          signal: AbortSignal.timeout(30_000),
        });
        const text = await answer.text();
        if (answer.status >= 500) throw new Error(`${method} ${path} is answered ${answer.status} ${text.slice(0, 300)}`);
        if (i % 500 === 499) await alive.check();
      });
      if ((await cf.get("/v3/apps")).status !== 200) throw new Error("it does not list apps any more");
      await alive.checkMemory();
    } finally {
      await rig.close();
    }
  },
} satisfies Fuzz;
