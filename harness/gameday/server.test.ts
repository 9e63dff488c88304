/** Who gets in, and how far: each route for each role, a thousand hostile requests, and a stream that goes on where it was. */
import { request as ask } from "node:http";
import { expect } from "chai";
import { cookieName, cookieValue, newSecret, tokenOf } from "./keys.js";
import { type Role, type RouteName, type RouteRule, roles, routes } from "./protocol.js";
import { type PageServer, servePage } from "./server.js";
import { joiner, type Tab } from "./testing/client.js";
import { fakeGame } from "./testing/fake-game.js";

const secret = newSecret();
interface Raw {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
/** Without a browser's or fetch's own headers. */
const raw = (
  port: number,
  { method = "GET", path, headers = {}, body }: Raw,
): Promise<{ readonly status: number; readonly text: string; readonly cookies: readonly string[] }> =>
  new Promise((resolve, reject) => {
    const request = ask({ host: "127.0.0.1", port, method, path, headers: { host: `127.0.0.1:${port}`, ...headers }, timeout: 10_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("close", () => resolve({ status: response.statusCode!, text, cookies: response.headers["set-cookie"] ?? [] }));
      if (response.headers["content-type"]?.startsWith("text/event-stream")) response.destroy();
    });
    request.on("error", reject);
    request.end(body);
  });
const json = { "content-type": "application/json" };
/** A body that the route takes. */
const bodies: Partial<Record<RouteName, object>> = {
  "POST /api/inject": { act: "slow-bus" },
  "POST /api/note": { says: "a note" },
  "POST /api/freeze": { forS: 1, reason: "" },
  "POST /api/unfreeze": { reason: "" },
  "POST /api/abort": { reason: "" },
  "POST /api/mark": { mark: "wrong", says: "" },
  "POST /api/verb": { verb: "restart", args: [] },
  "POST /api/step": { procedure: "nobody gets in", step: 1, does: "tick" },
  "POST /api/approve": { ask: 1, go: true },
};

/** Each with the statuses that refuse it; `good` is a facilitator's own cookie. */
function hostileKinds(good: string, me: string, port: number): readonly { readonly raw: Raw; readonly status: readonly number[] }[] {
  const origin = `http://${me}`;
  const big = JSON.stringify({ says: "x".repeat(100_000) });
  const forged = good.replace(/=.*\./, `=${Buffer.from(JSON.stringify({ role: "facilitator", name: "x" })).toString("base64url")}.`).slice(0, -4);
  return [
    ...["evil.example", `evil.example:${port}`, `localhost.evil.example:${port}`, "127.0.0.1", `[::1]:${port + 1}`].flatMap((host) => [
      { raw: { method: "POST", path: "/api/go?as=facilitator", headers: { ...json, cookie: good, host, origin }, body: "{}" }, status: [403, 400] },
      { raw: { path: "/api/session?as=facilitator", headers: { cookie: good, host } }, status: [403, 400] },
    ]),
    ...["http://evil.example", "null", `http://127.0.0.1:${port + 1}`, `https://${me}`, `http://${me}.evil.example`].flatMap((from) => [
      { raw: { method: "POST", path: "/api/go?as=facilitator", headers: { ...json, cookie: good, origin: from }, body: "{}" }, status: [403] },
      { raw: { path: "/api/session?as=facilitator", headers: { cookie: good, origin: from } }, status: [403] },
    ]),
    { raw: { method: "POST", path: "/api/go?as=facilitator", headers: { ...json, cookie: good }, body: "{}" }, status: [403] },
    { raw: { path: "/api/session?as=facilitator", headers: { cookie: good, "sec-fetch-site": "cross-site" } }, status: [403] },
    ...["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""].map((type) => ({
      raw: { method: "POST", path: "/api/go?as=facilitator", headers: { cookie: good, origin, "content-type": type }, body: "{}" },
      status: [415],
    })),
    { raw: { method: "POST", path: "/api/note?as=facilitator", headers: { ...json, cookie: good, origin }, body: big }, status: [413] },
    ...["{", "[]", "null", '"x"', "{}", '{"says":1}', '{"says":"a","more":1}', '{"says":"a\\u0000b"}', '{"__proto__":{"says":"x"}}'].map((body) => ({
      raw: { method: "POST", path: "/api/note?as=facilitator", headers: { ...json, cookie: good, origin }, body },
      status: [400],
    })),
    ...["", "x", "x.y", "..", forged.slice(forged.indexOf("=") + 1), "e30.e30"].map((value) => ({
      raw: { path: "/api/session?as=facilitator", headers: { cookie: `${cookieName("test", "facilitator")}=${value}` } },
      status: [401],
    })),
    { raw: { path: "/api/session?as=facilitator", headers: { cookie: good.replace("flounder-test", "flounder-other") } }, status: [401] },
    ...["/api/session", "/api/session?as=admin", "/api/session?as=__proto__"].map((path) => ({ raw: { path, headers: { cookie: good } }, status: [400] })),
    ...[
      "/page/../server.js",
      "/page/..%2fserver.js",
      "/page/%2e%2e/keys.js",
      "/../package.json",
      "/api/",
      "/api/constructor",
      "/page/",
      "//evil.example/x",
    ].map((path) => ({
      raw: { path, headers: { cookie: good } },
      status: [404, 400],
    })),
    ...["PUT", "DELETE", "OPTIONS", "PATCH"].map((method) => ({
      raw: { method, path: "/api/go?as=facilitator", headers: { cookie: good, origin } },
      status: [405, 404],
    })),
  ];
}

describe("the page's server", function () {
  this.timeout(60_000);
  let game: ReturnType<typeof fakeGame>;
  let served: PageServer;
  const tabs: Tab[] = [];
  const join = async (role: Role, seat?: string) => {
    const tab = await joiner(served.link(role), `a ${role}`, seat);
    tabs.push(tab);
    return tab;
  };
  const cookie = (role: Role, of = secret, seat = { name: "operations", inside: true, console: true }, name = "x") =>
    `${cookieName("test", role)}=${cookieValue(of, { role, name, ...(role === "player" ? { seat } : {}) })}`;
  beforeEach(async () => {
    game = fakeGame({ quick: 20 });
    served = await servePage({ game, gameId: "test", secret, port: 0 });
  });
  afterEach(async () => {
    for (const tab of tabs.splice(0)) tab.leave();
    await served.close();
    game.end();
  });

  for (const name of Object.keys(routes) as RouteName[]) {
    const rule: RouteRule = routes[name];
    if (rule.roles.length === 0) continue;
    const [method, path] = name.split(" ") as [string, string];
    const send = (role: Role, cookies: string) =>
      raw(served.port, {
        method,
        path: `${path}?as=${role}`,
        headers: { cookie: cookies, ...(method === "POST" ? { ...json, origin: `http://127.0.0.1:${served.port}` } : {}) },
        ...(method === "POST" ? { body: JSON.stringify(bodies[name] ?? {}) } : {}),
      });
    it(`${name} is for ${rule.roles.join(", ")} alone`, async () => {
      for (const role of roles) {
        const { status } = await send(role, cookie(role));
        if (rule.roles.includes(role)) expect([401, 403, 404, 405, 415, 400], `${role}: ${status}`).to.not.include(status);
        else expect(status, role).to.equal(403);
        // Of another role, or of another game: as if there were none.
        const other = roles.find((one) => one !== role)!;
        expect((await send(role, cookie(other))).status, `${role} by the cookie of ${other}`).to.equal(401);
        expect((await send(role, cookie(role, newSecret()))).status, "of another game").to.equal(401);
        expect((await send(role, "")).status, "of nobody").to.equal(401);
      }
      if (rule.console) expect((await send("player", cookie("player", secret, { name: "support", inside: false, console: false }))).status).to.equal(403);
      if (rule.over) expect((await send("facilitator", cookie("facilitator"))).status, "before the end").to.equal(409);
    });
  }

  it("a link opens its own role's door, a cookie goes with it, and the token is sent back nowhere", async () => {
    const origin = `http://127.0.0.1:${served.port}`;
    const enter = (body: object) => raw(served.port, { method: "POST", path: "/api/join", headers: { ...json, origin }, body: JSON.stringify(body) });
    const good = await enter({ role: "room", key: tokenOf(secret, "room"), name: "screen" });
    expect(good.status).to.equal(200);
    expect(good.cookies[0]).to.match(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(good.text + good.cookies.join()).to.not.contain(tokenOf(secret, "room"));
    for (const role of roles)
      for (const of of roles) if (of !== role) expect((await enter({ role, key: tokenOf(secret, of), name: "x" })).status).to.equal(401);
  });
  it("lets nobody in by guessing, and not for long", async () => {
    const origin = `http://127.0.0.1:${served.port}`;
    const statuses: number[] = [];
    for (let i = 0; i < 40; i++)
      statuses.push(
        (
          await raw(served.port, {
            method: "POST",
            path: "/api/join",
            headers: { ...json, origin },
            body: JSON.stringify({ role: "player", key: `guess-${i}`, name: "x" }),
          })
        ).status,
      );
    expect(new Set(statuses)).to.deep.equal(new Set([401, 429]));
    expect(statuses.filter((status) => status === 429)).to.have.length.above(15);
  });
  it("a thousand hostile requests: nobody is in, nothing was done, and who is in stays in", async () => {
    const tab = await join("facilitator");
    await tab.until("it is ready", () => tab.state()?.stage === "ready");
    const me = `127.0.0.1:${served.port}`;
    // Another name each time, or who asks too often would be refused for that.
    const good = (round: number) => cookie("facilitator", secret, undefined, `x${round}`);
    const hostile = (cookies: string) => hostileKinds(cookies, me, served.port);
    let sent = 0;
    for (let round = 0; sent < 1000; round++)
      for (const { raw: one, status } of hostile(good(round))) {
        sent++;
        const answer = await raw(served.port, one);
        expect(status, `${JSON.stringify(one).slice(0, 300)}: ${answer.status} ${answer.text.slice(0, 100)}`).to.include(answer.status);
        expect(answer.cookies).to.deep.equal([]);
      }
    expect(game.truth.stage).to.equal("ready");
    expect(game.events).to.deep.equal([]);
    expect((await tab.get("session")).status).to.equal(200);
  });
  it("what a tab has been sent comes once, also over a broken line", async () => {
    const facilitator = await join("facilitator");
    const player = await join("player");
    await facilitator.until("it is ready", () => facilitator.state()?.stage === "ready");
    await facilitator.post("go", {});
    for (let i = 0; i < 6; i++) {
      await player.post("mark", { mark: "wrong", says: `mark ${i}` });
      await player.until(`mark ${i}`, () => player.events().some(({ says }) => says === `mark ${i}`));
      player.hangUp();
    }
    expect(
      player
        .events()
        .filter(({ kind }) => kind === "mark")
        .map(({ says }) => says),
    ).to.deep.equal([0, 1, 2, 3, 4, 5].map((i) => `mark ${i}`));
  });
  it("a blind player is told nothing of what is injected and read, until it is over; then everything", async () => {
    const facilitator = await join("facilitator");
    const player = await join("player", "support");
    await facilitator.until("it is ready", () => facilitator.state()?.stage === "ready");
    await facilitator.post("go", {});
    await facilitator.until("it is broken", () => facilitator.events().some(({ kind }) => kind === "injecting"));
    await player.until("users suffer", () => player.bins("data-outside").some((lost) => (lost ?? 0) > 0.5));
    await facilitator.post("abort", {});
    await facilitator.until("the abort is done", () => facilitator.aborts().at(-1)?.done === true);
    const before = player.text();
    for (const secretWord of ["day-2", "edge-wipe", "20110425", "inject", "reading", "healed", "slow-bus", "-inside", "turbulence"])
      expect(before).to.not.contain(secretWord);
    await player.until("it is over", () => player.state()?.stage === "over");
    await player.until("everything comes", () => player.events().some(({ kind }) => kind === "injecting"));
    expect((await player.get("debrief")).status).to.equal(200);
  });
});
