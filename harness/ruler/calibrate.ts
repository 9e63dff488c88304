/** Holds the real prober against servers whose outages are known, in every mode: bias, rms, coverage, missed, false alarms, detection delay. */
import { spawn } from "node:child_process";
import { cpus } from "node:os";
import { sleep } from "../clock.js";
import { isCovered, type Match, matches, rowOf } from "../measure/against-truth.js";
import type { Calibration, CalibrationRow } from "../measure/calibration.js";
import type { Outage } from "../measure/outages.js";
import { bothLengths } from "../measure/visible.js";
import { startProber } from "../probes/launch/child.js";
import type { ProberReport } from "../probes/protocol.js";
import type { EndpointTarget } from "../probes/target.js";
import { type Random, seeded } from "../random.js";
import { plural } from "../words.js";
import { type AskersMeasured, askersLanes, askersMs, calibrateAskers } from "./calibrate-askers.js";
import { startTruth } from "./truth-child.js";
import { type TruthMode, truthModes } from "./truth-modes.js";
import type { TruthWindow } from "./truth-server.js";

export interface CalibrateInputs {
  readonly seed: number;
  readonly quick: boolean;
  /** Progress, a line each. */
  say(line: string): void;
}
export type Calibrated = Pick<Calibration, "rows" | "busyRows" | "falseAlarms" | "observerShare" | "latenessMs" | "frozen">;

/** Between two outages: longer than any deadline, so that one is over before the next. */
const pauseMs = 1500;
const ratesHz = [20, 100] as const;
/** Longer, and requests of one outage would time out in the next. */
const deadlineMs = 1000;
const brownOutShare = 0.5;
const slowMs = 300;
/** Of short outages, in periods. */
const [shortest, longest] = [1, 24];

export async function calibrate({ seed, quick, say }: CalibrateInputs): Promise<Calibrated> {
  const random = seeded(seed);
  const plan = quick ? { windows: 3, fromS: 0.3, toS: 1.2 } : { windows: 20, fromS: 0.2, toS: 6 };
  const parts: Measured[] = [];
  // One after the other: all at once would measure what the machine cannot do.
  for (const rateHz of ratesHz) {
    const lanes = threeLanes(random, plan);
    // What lasts long has a lane of its own: it would hold up the others.
    if (!quick && rateHz === ratesHz[0]) lanes.push(...longLanes);
    say(`${plural(lanes.flat().length, "outage")} at ${rateHz} Hz, ${Math.round(lengthMs(lanes) / 1000)} s`);
    const part = await session(lanes, rateHz, quick ? ["fresh"] : ["fresh", "kept"], seed);
    if (quick) parts.push(part);
    else {
      // What a rate can see at all. Those that it cannot are none of the ruler's errors.
      const short = threeLanes(random, { windows: 6, fromS: shortest / rateHz, toS: longest / rateHz });
      say(`${plural(short.flat().length, "short outage")} at ${rateHz} Hz, ${Math.round(lengthMs(short) / 1000)} s`);
      const { rows } = await session(short, rateHz, ["fresh", "kept"], seed);
      const alike = (row: CalibrationRow) => rows.find(({ mode, connection }) => mode === row.mode && connection === row.connection);
      parts.push({ ...part, rows: part.rows.map((row) => ({ ...row, ...bothLengths(row, alike(row)) })) });
    }
  }
  const others: AskersMeasured[] = [];
  for (const rateHz of quick ? [ratesHz[0]] : ratesHz) {
    const lanes = askersLanes({ rateHz, ...(quick ? { windows: 2, fromS: 0.3, toS: 1 } : { windows: 6, fromS: 0.2, toS: 3 }) }, random);
    const names = [...new Set(lanes.map(({ asker }) => asker))];
    if (!names.includes("http2")) say("there is no openssl here to make a certificate: HTTP/2 has no row");
    say(`the askers ${names.join(", ")} at ${rateHz} Hz, ${Math.round(askersMs(lanes) / 1000)} s`);
    others.push(await calibrateAskers(lanes, { rateHz, seed }));
  }
  say("the prober stopped for 300 ms");
  const frozen = await frozenSession(seed);
  const busyRows: CalibrationRow[] = [];
  if (!quick) {
    say("every core busy");
    const burners = cpus().map(() => spawn(process.execPath, ["-e", "for(;;);"], { stdio: "ignore" }));
    try {
      for (const rateHz of ratesHz) busyRows.push(...(await session(threeLanes(random, { windows: 3, fromS: 0.3, toS: 1.2 }), rateHz, ["fresh"], seed)).rows);
    } finally {
      for (const burner of burners) burner.kill("SIGKILL");
    }
  }
  const sum = (of: (part: AskersMeasured) => number) => [...parts, ...others].reduce((all, part) => all + of(part), 0);
  const samples = sum((part) => part.samples);
  const worst = (key: "p50" | "p99" | "max") => Math.max(...parts.map((part) => part.latenessMs[key]));
  return {
    rows: [
      ...parts.flatMap((part) => part.rows).sort((a, b) => truthModes.indexOf(a.mode as TruthMode) - truthModes.indexOf(b.mode as TruthMode)),
      ...others.flatMap((part) => part.rows),
    ],
    busyRows,
    falseAlarms: sum((part) => part.falseAlarms),
    // No sample at all is nothing measured, and not nothing lost.
    observerShare: samples === 0 ? 1 : sum((part) => part.observerFaults) / samples,
    latenessMs: { p50: worst("p50"), p99: worst("p99"), max: worst("max") },
    frozen,
  };
}
const longLanes: readonly TruthWindow[][] = [
  [
    { mode: "stall", atMs: 1000, forMs: 25_000 },
    { mode: "refuse", atMs: 30_000, forMs: 60_000 },
  ],
  [{ mode: "hang-kept", atMs: 1000, forMs: 25_000 }],
];

/** Every mode so often, its windows one after the other, three modes in each of three lanes; lengths log-uniform. */
function threeLanes(random: Random, { windows, fromS, toS }: { windows: number; fromS: number; toS: number }): TruthWindow[][] {
  const lanes: TruthWindow[][] = [[], [], []];
  truthModes.forEach((mode, i) => {
    for (let n = 0; n < windows; n++) {
      const lane = lanes[i % lanes.length]!;
      const last = lane.at(-1);
      const forMs = 1000 * fromS * (toS / fromS) ** random();
      lane.push({ mode, atMs: (last ? last.atMs + last.forMs : 0) + pauseMs + random() * 200, forMs });
    }
  });
  return lanes;
}
const lengthMs = (lanes: readonly (readonly TruthWindow[])[]): number => Math.max(...lanes.map((lane) => lane.at(-1)!.atMs + lane.at(-1)!.forMs)) + pauseMs;

interface Measured extends AskersMeasured {
  readonly latenessMs: Calibration["latenessMs"];
}

async function session(
  lanes: readonly (readonly TruthWindow[])[],
  rateHz: number,
  connections: readonly ("fresh" | "kept")[],
  seed: number,
): Promise<Measured> {
  const servers = await Promise.all(lanes.map((windows, i) => startTruth({ windows, brownOutShare, slowMs, seed: seed + i })));
  const asked = servers.flatMap((server, lane) => connections.map((connection) => ({ lane, url: server.url, connection })));
  const periodUs = 1e6 / rateHz;
  const targets = asked.map(
    ({ url, connection }, i): EndpointTarget => ({
      name: `${i}`,
      question: { kind: "http", url, connection, expect: { text: "well" } },
      periodUs,
      phaseUs: Math.round((periodUs * i) / asked.length),
      deadlineUs: deadlineMs * 1000,
    }),
  );
  const prober = startProber({ zeroUs: 0, ask: { endpoints: targets }, tell: "totals", warmUpMs: 500 }, {});
  let last: ProberReport;
  try {
    await prober.ready;
    for (const server of servers) server.go();
    await sleep(lengthMs(lanes));
  } finally {
    last = (await prober.end())[0]!;
    await Promise.all(servers.map((server) => server.end()));
  }
  const found = asked.map((one, i) => ({ ...one, ...matches(servers[one.lane]!.truths, last.lanes[i]!.outages) }));
  const rows = truthModes.flatMap((mode) =>
    connections.map((connection) => {
      const mine = found.filter((one) => one.connection === connection).flatMap((one) => one.matched);
      return rowOf(ofMode(mine, mode), { mode, connection, rateHz });
    }),
  );
  const counts = last.lanes.map((one) => one.counts);
  const { p50, p99, max } = last.latenessUs;
  return {
    rows: rows.filter((row) => row.windows > 0),
    falseAlarms: found.reduce((sum, one) => sum + one.falseAlarms.length, 0),
    samples: counts.reduce((sum, one) => sum + Object.values(one).reduce((a, b) => a + b, 0), 0),
    observerFaults: counts.reduce((sum, one) => sum + (one.observer ?? 0), 0),
    latenessMs: { p50: p50 / 1000, p99: p99 / 1000, max: max / 1000 },
  };
}
const ofMode = (all: readonly Match[], mode: TruthMode): Match[] => all.filter((one) => one.mode === mode);

/** Stops the prober for 300 ms twice: while all is well, and over the beginning of an outage. */
async function frozenSession(seed: number): Promise<Calibration["frozen"]> {
  const server = await startTruth({ windows: [{ mode: "503", atMs: 2500, forMs: 1000 }], brownOutShare, slowMs, seed });
  const question = { kind: "http", url: server.url, connection: "fresh", expect: { text: "well" } } as const;
  const target: EndpointTarget = { name: "frozen", question, periodUs: 10_000, phaseUs: 0, deadlineUs: deadlineMs * 1000 };
  const prober = startProber({ zeroUs: 0, ask: { endpoints: [target] }, tell: "totals", warmUpMs: 500 }, {});
  const stop = async () => {
    process.kill(prober.pids[0]!, "SIGSTOP");
    await sleep(300);
    process.kill(prober.pids[0]!, "SIGCONT");
  };
  let last: ProberReport;
  try {
    await prober.ready;
    server.go();
    await sleep(1000);
    await stop();
    await sleep(1050);
    await stop();
    await sleep(2000);
  } finally {
    last = (await prober.end())[0]!;
    await server.end();
  }
  const { matched, falseAlarms } = matches(server.truths, last.lanes[0]!.outages);
  const found: readonly Outage[] = matched[0]?.found ?? [];
  const widest = Math.max(0, ...found.flatMap((one) => [one.startUs.hi - one.startUs.lo, one.endUs.hi - one.endUs.lo]));
  return { falseAlarms: falseAlarms.length, found: found.length === 1, covered: matched.every(isCovered), widestEdgeMs: widest / 1000 };
}
