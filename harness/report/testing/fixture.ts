/**
 * A made-up run for tests and for the eye: four cuts on `org`, with the damage that such cuts do. Everything comes from one seed.
 * It is what a keeper, a prober and a runner would have written, so that judge and reports can be tried without a foundation.
 */
import { appendFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { digestOf } from "../../canonical.js";
import type { Act, Event, Injection, Outcome, Plan, PlannedProbe, Sample, Vantage } from "../../core.js";
import { type Random, seeded } from "../../random.js";
import { openResults } from "../../results/results.js";

export interface FixtureRun {
  readonly plan: Plan;
  readonly events: readonly Event[];
  readonly samples: readonly Sample[];
}

const us = (s: number): number => Math.round(s * 1e6);

interface Cut {
  readonly act: string;
  readonly fault: string;
  readonly colour: string;
  readonly targets: readonly string[];
  readonly of: string;
  readonly atS: number;
  readonly forS: number;
  readonly clock: string;
  readonly options: unknown;
}
const cuts: readonly Cut[] = [
  {
    act: "lun",
    fault: "storage-cut",
    colour: "#7b4fb5",
    targets: ["cc-1:lun-1", "cc-2:lun-1"],
    of: "cc-*:lun-1",
    atS: 19,
    forS: 12,
    clock: "05:45",
    options: { how: "detach" },
  },
  { act: "node", fault: "dea-kill", colour: "#b3364a", targets: ["dea-2"], of: "dea", atS: 39, forS: 4, clock: "09:20", options: { scope: "node" } },
  {
    act: "bus",
    fault: "nats-sever",
    colour: "#2f6fb0",
    targets: ["cc-1>nats-1", "cc-2>nats-1", "dea-1>nats-1", "dea-2>nats-1", "dea-3>nats-1", "router-1>nats-1", "router-2>nats-1", "hm-1>nats-1"],
    of: "*>nats-1",
    atS: 49,
    forS: 12,
    clock: "10:15",
    options: { how: "swallow" },
  },
  {
    act: "tables",
    fault: "router-flush",
    colour: "#b5530a",
    targets: ["router-1", "router-2"],
    of: "router",
    atS: 69,
    forS: 5,
    clock: "11:30",
    options: { hold: true },
  },
];
const phases = { boot: 0, steady: 12, turbulence: 17, watch: 79, end: 89.4 };

const operations = ["login", "logout", "create", "start", "stop", "push", "delete"];
const probes: readonly PlannedProbe[] = [
  ...(["outside", "inside"] as Vantage[]).flatMap((from, v) => [
    ...operations.flatMap((probe, i) =>
      (from === "outside" ? ["api"] : ["cc-1", "cc-2"]).map(
        (target, t): PlannedProbe => ({
          probe,
          plane: "control",
          from,
          target,
          periodMs: probe === "push" ? 2000 : 1000,
          deadlineMs: 2000,
          phaseMs: (i * 137 + v * 61 + t * 419) % 1000,
        }),
      ),
    ),
    ...(from === "outside" ? ["app-1", "app-2"] : ["app-1/0", "app-1/1", "app-1/2", "app-2/0", "app-2/1", "app-2/2"]).map(
      (target, i): PlannedProbe => ({
        probe: "app",
        plane: "data",
        from,
        target,
        periodMs: from === "outside" ? 100 : 200,
        deadlineMs: 1000,
        phaseMs: 13 + i * 31,
      }),
    ),
  ]),
];

/** What such a foundation would answer at that second. */
function outcomeAt(probe: PlannedProbe, s: number, random: Random): { outcome: Outcome; tookMs: number; status?: number } {
  const inside = probe.from === "inside";
  const base = probe.plane === "control" ? (probe.probe === "push" ? 210 : 24) : 2.4;
  const tookMs = (base + (inside ? 0 : 1.6)) * (0.75 + 0.5 * random() + (random() > 0.985 ? 4 * random() : 0));
  const ok = { outcome: "ok" as const, tookMs, status: 200 };
  if (random() < 0.0008) return { outcome: "observer", tookMs };
  if (probe.plane === "control" && s > 19 && s < 21.2) return { ...ok, tookMs: tookMs * (4 + 22 * (s - 19)) };
  if (probe.plane === "control" && s >= 21.2 && s < 33.9)
    return probe.probe === "logout" || probe.probe === "stop"
      ? { outcome: "not-attempted", tookMs: 0 }
      : { outcome: "http-5xx", tookMs: tookMs / 3, status: 503 };
  // The killed node had one instance of each app; routers go on sending to it until they are refused.
  if (probe.plane === "data" && s >= 39.1 && s < 42.6) {
    if (inside && probe.target.endsWith("/1")) return { outcome: "refused", tookMs: 0.4 };
    if (!inside && s < 40.3 && random() < 0.3) return { outcome: "http-5xx", tookMs, status: 502 };
  }
  // A severed bus does its damage when the routes age, and ends a registration after it is mended.
  if (!inside && s >= 56.4 && s < 61.9) return { outcome: "no-route", tookMs, status: 404 };
  if (!inside && s >= 69.05 && s < 74.9) return { outcome: "no-route", tookMs: 1.5, status: 404 };
  return ok;
}

function samplesOf(random: Random): Sample[] {
  const all: Sample[] = [];
  for (const probe of probes) {
    for (let seq = 0; ; seq++) {
      const dueUs = us(9.5) + (probe.phaseMs + seq * probe.periodMs) * 1000;
      if (dueUs >= us(phases.watch + 9.05)) break;
      const { outcome, tookMs, status } = outcomeAt(probe, dueUs / 1e6, random);
      const sentUs = dueUs + Math.round(80 + 260 * random());
      const note = outcome === "http-5xx" && status === 503 ? { note: "10015 read-only" } : {};
      all.push({
        probe: probe.probe,
        from: probe.from,
        target: probe.target,
        seq,
        dueUs,
        sentUs,
        endUs: sentUs + Math.round(tookMs * 1000),
        outcome,
        ...(status ? { status } : {}),
        ...note,
      });
    }
  }
  return all.sort((a, b) => a.endUs - b.endUs);
}

const plan = (seed: number): Plan => {
  const acts: Act[] = cuts.map((cut, i) => ({
    id: cut.act,
    fault: cut.fault,
    options: cut.options,
    on: { of: cut.of, pick: "all" },
    ...(i === 0 ? { atS: 2 } : { after: cuts[i - 1]!.act, atS: 1 }),
    forS: cut.forS,
    clock: cut.clock,
  }));
  const injections: Injection[] = cuts.flatMap((cut) =>
    cut.targets.map((target) => ({ id: `${cut.act}/${target}`, act: cut.act, fault: cut.fault, options: cut.options, target, atS: 0, maxS: cut.forS })),
  );
  const rest: Omit<Plan, "digest"> = {
    version: 1,
    name: "four-cuts",
    says: "a LUN, a DEA node, the bus and the routing tables, one after the other",
    giveUpS: 150,
    foundation: { profile: "org", timeFactor: 20, policy: { "cc.onLunLoss": "latch" } },
    acts,
    must: [
      { during: "lun", plane: "control", from: "outside", lostS: { min: 5, max: 20 } },
      { during: "lun", plane: "data", from: "outside", lostS: { max: 0.5 } },
      { during: "node", plane: "data", from: "inside", lostS: { min: 0.3, max: 5 } },
      { during: "bus", plane: "data", from: "outside", lostS: { min: 2, max: 9 }, notBeforeS: 4 },
      { during: "tables", plane: "data", from: "outside", lostS: { min: 4, max: 8 } },
      { during: "tables", plane: "data", from: "inside", lostS: { max: 0 } },
    ],
    seed,
    system: "foundry",
    engine: "local",
    phases: { steadyS: 5, recoveryS: 20, watchS: 9 },
    probes,
    injections,
    targets: injections.map((injection) => injection.target),
    colours: Object.fromEntries(cuts.map((cut) => [cut.fault, cut.colour])),
    warnings: [],
  };
  return { ...rest, digest: digestOf(rest) };
};

function eventsOf(random: Random): Event[] {
  const at = (s: number, by: Event["by"] = "script") => ({ atUs: us(s), by });
  const events: Event[] = [
    { ...at(0), kind: "zero", wallIso: "2026-04-25T12:45:00.000Z", flounder: "0.1.0" },
    ...(["boot", "steady", "turbulence", "watch", "end"] as const).map((phase): Event => ({ ...at(phases[phase]), kind: "phase", phase })),
    ...(["before", "after"] as const).map(
      (when): Event => ({
        ...at(when === "before" ? 9 : 89),
        kind: "fingerprint",
        when,
        values: { "app app-1": "STARTED ×3", "app app-2": "STARTED ×3", "cc latch": "open", "router-1 table": "8 routes" },
      }),
    ),
    ...Array.from({ length: 60 }, (_, i): Event => ({ ...at(12 + i * 1.1), kind: "acked", write: `app probe-${i}` })),
    ...Array.from(
      { length: 78 },
      (_, i): Event => ({
        ...at(10 + i),
        kind: "observer",
        cpuUs: 90_000 + i * 61_000,
        latenessP50Us: 210,
        latenessP99Us: 900 + Math.round(300 * random()),
        samples: (i + 1) * 72,
        shed: 0,
      }),
    ),
    { ...at(21.2, "platform"), kind: "alarm", from: "hm-1", says: "storage lost: read-only (10015)" },
    { ...at(39.4, "platform"), kind: "trouble", from: "dea-2", says: "died (killed)" },
    { ...at(41.9, "platform"), kind: "alarm", from: "hm-1", says: "2 instances missing, asks for starts" },
    { ...at(31.3), kind: "step", step: 1, says: "verify 148 blobs: 0 missing, 0 torn", state: "done" },
    { ...at(33.9), kind: "step", step: 2, says: "release", state: "done" },
  ];
  for (const cut of cuts) {
    const healS = cut.atS + cut.forS;
    events.push({ ...at(cut.atS - 0.01), kind: "act", act: cut.act, state: "begins" });
    for (const target of cut.targets) {
      const injection = `${cut.act}/${target}`;
      const read = (s: number, state: "intact" | "broken"): Event => ({
        ...at(s + 0.02, "keeper"),
        kind: "reading",
        injection,
        reading: { state },
        fromUs: us(s),
      });
      const bitS = cut.atS + 0.1 + 0.1 * random();
      const mendS = healS + 0.3 + 0.4 * random();
      events.push(
        read(cut.atS - 0.2, "intact"),
        { ...at(cut.atS, "keeper"), kind: "injecting", injection },
        { ...at(cut.atS + 0.05, "keeper"), kind: "injected", injection },
        read(bitS, "broken"),
        read(healS - 0.3, "broken"),
        { ...at(healS, "keeper"), kind: "healing", injection },
        read(mendS, "intact"),
        { ...at(mendS + 0.05, "keeper"), kind: "healed", injection, proved: true, why: "time" },
      );
    }
    const steadyS = { lun: 38, node: 48, bus: 67.9, tables: 78.9 }[cut.act]!;
    events.push({ ...at(steadyS - 2.1), kind: "act", act: cut.act, state: "ended" }, { ...at(steadyS), kind: "act", act: cut.act, state: "steady-again" });
  }
  return events.sort((a, b) => a.atUs - b.atUs);
}

export function fixtureRun(seed = 20110425): FixtureRun {
  const random = seeded(seed);
  return { plan: plan(seed), events: eventsOf(random), samples: samplesOf(random) };
}

/** Writes the sources of a results folder below baseDir, one gzip member per second as the prober does; returns the folder. */
export async function writeFixture(baseDir: string, run: FixtureRun = fixtureRun()): Promise<string> {
  const results = await openResults(baseDir, run.plan, new Date("2026-04-25T12:45:00Z"));
  for (const event of run.events) results.event(event);
  results.close();
  const seconds = new Map<number, string>();
  for (const sample of run.samples) {
    const second = Math.floor(sample.endUs / 1e6);
    seconds.set(second, `${seconds.get(second) ?? ""}${JSON.stringify(sample)}\n`);
  }
  for (const text of seconds.values()) appendFileSync(results.samplesFile, gzipSync(text));
  return results.dir;
}
