/** What a sample costs that no load generator has: a run's, of two requests behind a name server; and one of HTTP/2. CPU of the prober once it samples. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PlannedProbe, Route } from "../harness/core.js";
import { dist } from "../harness/paths.js";
import type { AskPlanned, ProberMessage, ProberStart } from "../harness/probes/protocol.js";
import { punctual } from "../harness/probes/schedule/priority.js";
import { stepsSystem } from "../harness/probes/steps.js";
import type { EndpointTarget } from "../harness/probes/target.js";
import type { Random } from "../harness/random.js";
import { canMakeCertificates, makeCertificate } from "../harness/ruler/calibrate-askers.js";
import { startTruth } from "../harness/ruler/truth-child.js";
import { timed } from "./cpu.js";
import { type Part, part, say } from "./part.js";
import { isThere, peers } from "./peers.js";
import { rounds } from "./rounds.js";

/** Samples of a run of the profile org come at about this rate, one probe's at this. */
const runHz = 80;
const probeHz = 10;
const http2Hz = 1000;
const quietPlan = { windows: [], brownOutShare: 0, slowMs: 0, seed: 1 };
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

interface Inputs {
  readonly seconds: number;
  readonly dir: string;
}

/** Of one prober: µs of CPU per sample, between its first report and its last. Rejects when a sample was not good. */
async function proberCost(built: string, start: Omit<ProberStart, "zeroUs" | "warmUpMs" | "samplesFile">, { seconds, dir }: Inputs): Promise<number> {
  const samplesFile = join(dir, "samples.gz");
  rmSync(samplesFile, { force: true });
  const said = join(dir, "said.ndjson");
  const whole = { kind: "start", zeroUs: 0, ...start, samplesFile, warmUpMs: 300, forMs: seconds * 1000 };
  await timed(
    `echo ${quoted(JSON.stringify(whole))} | ${quoted(process.execPath)} ${punctual.join(" ")} ${quoted(join(built, "harness/probes/prober.js"))} > ${quoted(said)}`,
  );
  const messages = readFileSync(said, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ProberMessage);
  const bad = messages.flatMap((one) => (one.kind === "samples" ? one.samples : [])).filter(({ outcome }) => outcome !== "ok");
  if (bad.length > 0) throw new Error(`${bad.length} samples were not good: ${JSON.stringify(bad[0])}`);
  const reports = messages.filter((one) => one.kind === "report");
  const [first, last] = [reports[0]!, reports.at(-1)!];
  return (last.cpuUs - first.cpuUs) / (last.samples - first.samples);
}

export async function runCost({ against, ...inputs }: Inputs & { readonly against?: string }, count: number, random: Random): Promise<Part> {
  const server = await startTruth({ ...quietPlan, names: "stay up" });
  const port = Number(new URL(server.url).port);
  const lanes = runHz / probeHz;
  const probes = Array.from(
    { length: lanes },
    (_, i): PlannedProbe => ({
      ...{ probe: "steps", plane: "data", from: "outside", target: `${i}` },
      ...{ periodMs: 1000 / probeHz, phaseMs: (1000 / probeHz / lanes) * i, deadlineMs: 1000 },
    }),
  );
  const routes = probes.map(
    ({ from, target }): Route => ({ from, target, url: `http://app.test:${port}`, host: "app.test", resolvers: [`127.0.0.1:${port}`] }),
  );
  const ask: AskPlanned = { system: stepsSystem, probes, routes, credentials: { user: "", password: "" } };
  const costs: Readonly<Record<string, () => Promise<number>>> = {
    flounder: () => proberCost(dist, { ask, tell: "samples" }, inputs),
    ...(against === undefined ? {} : { [against]: () => proberCost(join(against, "dist"), { ask, tell: "samples" }, inputs) }),
    "node's floor": async () => {
      const { stdout } = await timed(`${quoted(process.execPath)} ${quoted(join(dist, "bench/floor-steps.js"))} ${port} ${runHz} ${inputs.seconds}`);
      return (JSON.parse(stdout) as { cpuUs: number }).cpuUs;
    },
  };
  try {
    return part(`${runHz}/s of a run's samples (a name, two requests on a fresh connection)`, "µs of CPU per sample", await measured(costs, count, random), 0);
  } finally {
    await server.end();
  }
}

/** None where no certificate can be made. */
export async function http2Cost(inputs: Inputs, count: number, random: Random): Promise<readonly Part[]> {
  if (!canMakeCertificates()) {
    say("\nHTTP/2 is not measured: there is no openssl here to make a certificate");
    return [];
  }
  makeCertificate(inputs.dir);
  const server = await startTruth({ ...quietPlan, http2: inputs.dir });
  const target = (url: string, http2: boolean): EndpointTarget => ({
    ...{ name: "bench", periodUs: 1e6 / http2Hz, phaseUs: 0, deadlineUs: 1e6 },
    question: { kind: "http", url, connection: "kept", expect: { text: "well" }, ...(http2 ? { http2, tls: { rejectUnauthorized: false } } : {}) },
  });
  const ask = (url: string, http2: boolean) => () => proberCost(dist, { ask: { endpoints: [target(url, http2)] }, tell: "totals" }, inputs);
  const vegeta = peers.find(({ name }) => name === "vegeta")!;
  const costs: Readonly<Record<string, () => Promise<number>>> = {
    flounder: ask(server.http2Url, true),
    "HTTP/1.1, plain": ask(server.url, false),
    ...(isThere(vegeta)
      ? {
          vegeta: async () => {
            const load = { url: server.http2Url, rateHz: http2Hz, seconds: inputs.seconds, connection: "kept", dir: inputs.dir } as const;
            const { stdout, cpuS } = await timed(vegeta.command(load).replace("vegeta attack", "vegeta attack -insecure -http2"));
            return (1e6 * cpuS) / vegeta.completed(load, stdout);
          },
        }
      : {}),
  };
  try {
    return [part(`${http2Hz}/s on one session of HTTP/2`, "µs of CPU per sample", await measured(costs, count, random), 0)];
  } finally {
    await server.end();
  }
}

const measured = (costs: Readonly<Record<string, () => Promise<number>>>, count: number, random: Random) =>
  rounds(Object.keys(costs), count, random, (name) =>
    costs[name]!().catch((error: Error) => {
      say(`  ${name} failed: ${error.message.split("\n")[0]!.slice(0, 160)}`);
      return undefined;
    }),
  );
