/**
 * Holds the other askers of the prober against known outages: a target's probe of several steps, with a name server in front, as runs ask; TCP, DNS and
 * commands, and HTTP/2 over one kept session, as `watch` asks. All at once, each with servers of its own.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep } from "../clock.js";
import type { CalibratedAsker, PlannedProbe, Route } from "../core.js";
import { matches, rowOf } from "../measure/against-truth.js";
import type { CalibrationRow } from "../measure/calibration.js";
import { startProber } from "../probes/launch/child.js";
import { stepsSystem } from "../probes/steps.js";
import type { EndpointQuestion, EndpointTarget } from "../probes/target.js";
import type { Random } from "../random.js";
import { startTruth, type TruthProcess } from "./truth-child.js";
import { commandOf, rightAddress } from "./truth-faces.js";
import type { TruthMode } from "./truth-modes.js";
import type { TruthPlan, TruthWindow } from "./truth-server.js";

/** What an outage can be for each. */
const modesOf: Readonly<Record<Exclude<CalibratedAsker, "http">, readonly (readonly TruthMode[])[]>> = {
  // Two lanes, so that it takes no longer than the others. No stall: to a probe that ends before the deadline it is none.
  probe: [
    ["503", "refuse", "reset"],
    ["hang-kept", "hang-dropped", "wrong"],
  ],
  tcp: [["refuse", "reset", "hang-kept", "hang-dropped"]],
  dns: [["503", "refuse", "hang-kept", "wrong"]],
  exec: [["wrong", "hang-kept"]],
  http2: [["503", "refuse", "reset", "hang-kept", "wrong"]],
};
/** A command costs a process: nobody asks a hundred times a second with it. */
const commandsMostHz = 20;
const pauseMs = 1500;
const deadlineMs = 1000;

export interface AskersPlan {
  readonly rateHz: number;
  readonly windows: number;
  readonly fromS: number;
  readonly toS: number;
  readonly seed: number;
}
interface Lane {
  readonly asker: Exclude<CalibratedAsker, "http">;
  readonly modes: readonly TruthMode[];
  readonly windows: readonly TruthWindow[];
}

export function askersLanes({ rateHz, windows, fromS, toS }: Omit<AskersPlan, "seed">, random: Random): readonly Lane[] {
  return Object.entries(modesOf).flatMap(([name, lanes]) => {
    const asker = name as Lane["asker"];
    if (asker === "exec" && rateHz > commandsMostHz) return [];
    if (asker === "http2" && !canMakeCertificates()) return [];
    return lanes.map((modes): Lane => {
      const made: TruthWindow[] = [];
      for (let n = 0; n < windows; n++)
        for (const mode of modes) {
          const last = made.at(-1);
          made.push({ mode, atMs: (last ? last.atMs + last.forMs : 0) + pauseMs + random() * 200, forMs: 1000 * fromS * (toS / fromS) ** random() });
        }
      return { asker, modes, windows: made };
    });
  });
}
export const askersMs = (lanes: readonly Lane[]): number => Math.max(...lanes.map(({ windows }) => windows.at(-1)!.atMs + windows.at(-1)!.forMs)) + pauseMs;

export interface AskersMeasured {
  readonly rows: readonly CalibrationRow[];
  readonly falseAlarms: number;
  readonly samples: number;
  readonly observerFaults: number;
}

export async function calibrateAskers(lanes: readonly Lane[], { rateHz, seed }: Pick<AskersPlan, "rateHz" | "seed">): Promise<AskersMeasured> {
  const dir = mkdtempSync(join(tmpdir(), "flounder-calibrate-"));
  const fileOf = (i: number) => join(dir, `mode-${i}`);
  if (lanes.some(({ asker }) => asker === "http2")) makeCertificate(dir);
  const servers = await Promise.all(
    lanes.map(({ asker, windows }, i) => startTruth({ ...{ windows, brownOutShare: 0.5, slowMs: 300, seed: seed + i }, ...faceOf(asker, dir, fileOf(i)) })),
  );
  const portOf = (i: number) => Number(new URL(servers[i]!.url).port);
  const [stepping, asking] = [lanes.flatMap(({ asker }, i) => (asker === "probe" ? [i] : [])), lanes.flatMap(({ asker }, i) => (asker === "probe" ? [] : [i]))];
  const periodUs = 1e6 / rateHz;
  const phaseUs = (i: number) => Math.round((periodUs * i) / lanes.length);
  const endpoints = asking.map(
    (i): EndpointTarget => ({
      name: `${i}`,
      question: questionOf(lanes[i]!, servers[i]!, fileOf(i)),
      periodUs,
      phaseUs: phaseUs(i),
      deadlineUs: deadlineMs * 1000,
    }),
  );
  const probes = stepping.map(
    (i): PlannedProbe => ({
      ...{ probe: "steps", plane: "data", from: "outside", target: `${i}` },
      ...{ periodMs: periodUs / 1000, phaseMs: phaseUs(i) / 1000, deadlineMs },
    }),
  );
  const routes = stepping.map(
    (i): Route => ({ from: "outside", target: `${i}`, url: `http://app.test:${portOf(i)}`, host: "app.test", resolvers: [`127.0.0.1:${portOf(i)}`] }),
  );
  const common = { zeroUs: 0, tell: "totals", warmUpMs: 500 } as const;
  const probers = [
    startProber({ ...common, ask: { endpoints } }, {}),
    startProber({ ...common, ask: { system: stepsSystem, probes, routes, credentials: { user: "", password: "" } } }, {}),
  ];
  try {
    await Promise.all(probers.map((one) => one.ready));
    for (const server of servers) server.go();
    await sleep(askersMs(lanes));
    const [asked, stepped] = (await Promise.all(probers.map((one) => one.end()))).map((reports) => reports[0]!.lanes);
    const found = lanes.map((lane, i) => {
      const { outages, counts } = lane.asker === "probe" ? stepped![stepping.indexOf(i)]! : asked![asking.indexOf(i)]!;
      return { ...lane, counts, ...matches(servers[i]!.truths, outages) };
    });
    const sum = (of: (one: (typeof found)[number]) => number) => found.reduce((all, one) => all + of(one), 0);
    return {
      rows: found.flatMap(({ asker, modes, matched }) =>
        modes.map((mode) =>
          rowOf(
            matched.filter((one) => one.mode === mode),
            { asker, mode, connection: asker === "http2" ? "kept" : "fresh", rateHz },
          ),
        ),
      ),
      falseAlarms: sum((one) => one.falseAlarms.length),
      samples: sum(({ counts }) => Object.values(counts).reduce((a, b) => a + b, 0)),
      observerFaults: sum(({ counts }) => counts.observer ?? 0),
    };
  } finally {
    await Promise.all([...probers.map((one) => one.end()), ...servers.map((server: TruthProcess) => server.end())]);
    rmSync(dir, { recursive: true, force: true });
  }
}

function questionOf({ asker }: Lane, { url, http2Url }: TruthProcess, file: string): EndpointQuestion {
  const port = Number(new URL(url).port);
  if (asker === "tcp") return { kind: "tcp", host: "127.0.0.1", port, send: "GET / HTTP/1.1\r\n\r\n", expect: "well" };
  if (asker === "dns") return { kind: "dns", name: "app.test", server: `127.0.0.1:${port}`, expect: rightAddress };
  if (asker === "http2") return { kind: "http", url: http2Url, connection: "kept", http2: true, tls: { rejectUnauthorized: false }, expect: { text: "well" } };
  return { kind: "exec", command: commandOf(file) };
}

/** What each is asked of beside the server's port. */
function faceOf(asker: Lane["asker"], folder: string, file: string): Pick<TruthPlan, "names" | "file" | "http2"> {
  if (asker === "exec") return { file };
  if (asker === "dns") return { names: "follow" };
  if (asker === "probe") return { names: "stay up" };
  return asker === "http2" ? { http2: folder } : {};
}

/** Node can make none. */
export const canMakeCertificates = (): boolean => spawnSync("openssl", ["version"], { stdio: "ignore" }).status === 0;
export function makeCertificate(folder: string): void {
  const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost -days 2";
  execFileSync("openssl", words.split(" "), { cwd: folder, stdio: "ignore" });
}
