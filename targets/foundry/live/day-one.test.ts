/**
 * Day one of April 2011 follows from one supply: nothing is done but to brown it out. What happens is heard on the bus and asked of the API, by a small
 * foundation's own parts: late heartbeats → the Health Manager's start requests → full CC workers → slow pushes → storage declared lost; app users notice nothing.
 */
import { expect } from "chai";
import { request } from "undici";
import { nowUs, sleep, until } from "../../../harness/clock.js";
import { timersMs } from "../contract/timers.js";
import { entrancesOf } from "../front-door.js";
import { operator } from "../operator/operator.js";
import { liveFoundation } from "../testing/live-foundation.js";
import type { CfClient } from "../workload/cf-client.js";
import { prober } from "../workload/prepare.js";

const timers = timersMs(20);
const shape = { cc: 1, dea: 2, router: 1, lb: 1, dns: 1, cabinets: ["cabinet-a"], lunsPerCabinet: 2, deaLuns: 2, ccWorkers: 1 };
const flickerS = 12;
/** No single dip explains it. */
const slowMs = 2000;

interface Heard {
  readonly atMs: number;
  readonly subject: string;
  readonly payload: { readonly dea?: string; readonly op?: string; readonly says?: string };
}
const nowMs = () => nowUs() / 1000;
/** npm run soak -- --seeds N; the first is that of the day. */
const seeds = Array.from({ length: Number(process.env.FLOUNDER_SEEDS ?? 3) }, (_, i) => 20110425 + i);

const courses = new Set<string>();
let days = 0;

for (const seed of seeds) describe(`one supply of one cabinet, seed ${seed}`, () => dayOne(seed));

describe("one supply of one cabinet, by several seeds", () => {
  it("takes another course each time", function () {
    if (days === 0) return this.skip(); // no mounts here
    expect(courses.size).to.equal(seeds.length);
  });
});

/** On a foundation of its own: what a day leaves behind must not lead the next one. */
function dayOne(seed: number): void {
  const live = liveFoundation({ name: "day-one", profile: "org", shape, mounts: true, prepared: true });
  const heard: Heard[] = [];

  before(async () => {
    days++;
    const bus = await live.bus();
    bus.subscribe(">", {
      callback: (_, message) => {
        if (!message.subject.startsWith("_INBOX")) heard.push({ atMs: nowMs(), subject: message.subject, payload: message.json() });
      },
    });
  });

  /** Again and again until `over`. */
  async function keep(everyMs: number, over: () => boolean, act: () => Promise<void>): Promise<void> {
    while (!over()) {
      await act().catch(() => {});
      await sleep(everyMs);
    }
  }
  /** Each push brings new bits; resolves with what each took, done or refused. */
  async function pushes(client: CfClient, guid: string, over: () => boolean): Promise<{ readonly fromMs: number; readonly ms: number }[]> {
    const found: { fromMs: number; ms: number }[] = [];
    await keep(50, over, async () => {
      const fromMs = nowMs();
      const content = Buffer.from(`push ${found.length} of ${guid}\n`);
      await client
        .upload(guid, [{ path: "index.html", mode: 0o644, content }])
        .then((bits) => client.stage(bits))
        .catch(() => {});
      found.push({ fromMs, ms: nowMs() - fromMs });
    });
    return found;
  }
  const gaps = (fromMs: number) => {
    const last = new Map<string, number>();
    return heard
      .filter(({ subject }) => subject === "dea.heartbeat")
      .flatMap(({ payload, atMs }) => {
        const before = last.get(payload.dea!);
        last.set(payload.dea!, atMs);
        return before !== undefined && atMs > fromMs ? [{ dea: payload.dea!, atMs, ms: atMs - before }] : [];
      });
  };

  // seed: power supply <- nothing but one supply of one cabinet: day one of April 2011 follows
  it("locks every developer out, by what follows from it, and no app user", async function () {
    this.timeout(120_000);
    const { client, spaceGuid } = await prober(live.facts);
    const guid = await client.createApp(spaceGuid, "probe-day-one");
    await client.call("PATCH", `/v3/apps/${guid}`, { lifecycle: { type: "buildpack", data: { buildpacks: ["staticfile_buildpack"] } } });
    let over = false;
    const end = () => over;
    const full: { readonly atMs: number; readonly ms: number }[] = [];
    let known: number | undefined;
    const users = { asked: 0, bad: [] as string[] };
    let latchedMs = Number.POSITIVE_INFINITY;
    const calmUntilMs = nowMs() + 4000;
    const pushing = pushes(client, guid, end);
    const watching = Promise.all([
      keep(40, end, async () => {
        const { workers } = (await live.running.call("cc-1", "/varz")) as { workers: { fullMs: number } };
        if (known !== undefined && workers.fullMs > known) full.push({ atMs: nowMs(), ms: workers.fullMs - known });
        known = workers.fullMs;
      }),
      keep(50, end, async () => {
        const { readOnly } = (await live.running.call("cc-1", "/state")) as { readOnly: boolean };
        if (readOnly) latchedMs = Math.min(latchedMs, nowMs());
      }),
      ...["app-1", "app-2"].map((app) =>
        keep(100, end, async () => {
          users.asked++;
          await request(entrancesOf(live.facts).router, { headers: { host: `${app}.${live.facts.domain}` }, signal: AbortSignal.timeout(2000) }).then(
            async ({ statusCode, body }) => {
              await body.dump();
              if (statusCode !== 200) users.bad.push(`${app} ${statusCode}`);
            },
            (error: Error) => users.bad.push(`${app} ${error.message}`),
          );
        }),
      ),
    ]);
    await sleep(calmUntilMs - nowMs());
    const fromMs = nowMs();
    await live.running.call("cabinet-a", "/power/brown-out", { supply: "A", flickerS, seed });
    await until("storage to be declared lost", () => latchedMs < Number.POSITIVE_INFINITY, 30_000, 50).catch(() => {});
    await sleep(1500);
    over = true;
    const took = await pushing;
    await watching;

    const late = gaps(fromMs).filter(({ ms }) => ms > timers.dropletLost);
    const lateMs = Math.min(...late.map(({ atMs, ms }) => atMs - ms + timers.dropletLost));
    const startMs = Math.min(
      ...heard
        .filter(({ subject, payload, atMs }) => subject === "cloudcontrollers.hm.requests" && payload.op === "START" && atMs > fromMs)
        .map((one) => one.atMs),
    );
    const fullMs = Math.min(...full.filter(({ atMs }) => atMs > startMs).map(({ atMs }) => atMs));
    const slow = took.filter((push) => push.fromMs + push.ms > fullMs && push.ms > slowMs);
    const slowFromMs = Math.min(...slow.map((push) => Math.max(push.fromMs + slowMs, fullMs)));
    const s = (atMs: number) => `${((atMs - fromMs) / 1000).toFixed(1)} s`;
    console.log(
      `      heartbeat late ${s(lateMs)}, START ${s(startMs)}, workers full ${s(fullMs)}, push slow ${s(slowFromMs)}, read-only ${s(latchedMs)}; app users asked ${users.asked} times`,
    );
    expect(
      full.filter(({ atMs }) => atMs < fromMs),
      "workers full before",
    ).to.deep.equal([]);
    expect([fromMs, lateMs, startMs, fullMs, slowFromMs, latchedMs].every(Number.isFinite), "all of it was seen").to.equal(true);
    expect([fromMs, lateMs, startMs, fullMs, slowFromMs, latchedMs]).to.deep.equal(
      [fromMs, lateMs, startMs, fullMs, slowFromMs, latchedMs].sort((a, b) => a - b),
    );
    expect(latchedMs - fromMs, "lost only when the supply is off").to.be.above(flickerS * 1000);
    expect(users.bad).to.deep.equal([]);
    expect(users.asked).to.be.above(50);
    courses.add([lateMs, startMs, fullMs, slowFromMs].map((atMs) => Math.round((atMs - fromMs) / 100)).join(" "));
  });

  it("is over when power is back, all blobs are verified and an operator releases", async function () {
    this.timeout(60_000);
    const said: string[] = [];
    const console = operator(live.running.call, live.running.topology, "script", ({ verb, ok, says }) => said.push(`${verb} ${ok}: ${says}`));
    await console.restorePower();
    expect(((await live.running.call("cc-1", "/state")) as { readOnly: boolean }).readOnly).to.equal(true);
    await until("every LUN to be verified", async () => /^\d+ blobs/.test(await console.verify()), 20_000, 250);
    // One cabinet, no mirror: what the last push was just writing may be torn for good.
    await console.release("power is back, all blobs verified", "accept-loss");
    await until("the CC to be writable", async () => !((await live.running.call("cc-1", "/state")) as { readOnly: boolean }).readOnly, 10_000, 100);
    const { client, spaceGuid } = await prober(live.facts);
    const guid = await client.createApp(spaceGuid, "probe-day-one-after");
    expect(guid, said.join("; ")).to.be.a("string");
  });
}
