/** The load generators and probers that Flounder is compared with, as far as they are on PATH: how each is asked for a rate, and how many requests it completed. */
import { execFileSync } from "node:child_process";
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { dist } from "../harness/paths.js";
import type { ProberMessage } from "../harness/probes/protocol.js";
import { punctual } from "../harness/probes/schedule/priority.js";
import { unzipLines } from "./unzip.js";

export interface Load {
  readonly url: string;
  readonly rateHz: number;
  readonly seconds: number;
  readonly connection: "kept" | "fresh";
  /** For what it writes. */
  readonly dir: string;
}
export interface Peer {
  readonly name: string;
  /** What it needs on PATH; empty: nothing. */
  readonly tool: string;
  /** Of what it takes part in beside 5000/s on kept connections: whoever cannot connect anew, keep a record or a schedule has no figures there that compare. */
  readonly also: readonly ("fresh" | "flood" | "schedule")[];
  command(load: Load): string;
  /** Requests completed: rows read back where it keeps them, else what it says. */
  completed(load: Load, stdout: string): number;
  /** CPU time of its last run between the first sample and the last, to that time: what it costs once it runs. */
  share?(load: Load): number;
}

const connections = 50;
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export const peers: readonly Peer[] = [
  {
    name: "flounder",
    tool: "",
    also: ["fresh", "flood", "schedule"],
    command({ url, rateHz, seconds, connection, dir }) {
      const question = { kind: "http", url, connection, expect: { text: "well" } };
      const target = { name: "bench", question, periodUs: 1e6 / rateHz, phaseUs: 0, deadlineUs: 1e6 };
      const start = {
        kind: "start",
        zeroUs: 0,
        ask: { endpoints: [target] },
        tell: "totals",
        samplesFile: join(dir, "flounder.gz"),
        warmUpMs: 300,
        forMs: seconds * 1000,
      };
      // The prober appends to its record: each round begins with none.
      rmSync(join(dir, "flounder.gz"), { force: true });
      return `echo ${quoted(JSON.stringify(start))} | ${quoted(process.execPath)} ${punctual.join(" ")} ${quoted(join(dist, "harness/probes/prober.js"))} > ${quoted(join(dir, "flounder.ndjson"))}`;
    },
    share({ dir }) {
      const lines = readFileSync(join(dir, "flounder.ndjson"), "utf8").trimEnd().split("\n");
      const reports = lines.map((line) => JSON.parse(line) as ProberMessage).filter((message) => message.kind === "report");
      const [first, last] = [reports[0]!, reports.at(-1)!];
      return (last.cpuUs - first.cpuUs) / (last.atUs - first.atUs);
    },
    completed: ({ dir }) => unzipLines(readFileSync(join(dir, "flounder.gz"))).filter((line) => line.includes('"ok"')).length,
  },
  {
    name: "node's floor",
    tool: "",
    also: ["fresh", "flood", "schedule"],
    command: ({ url, rateHz, seconds, connection }) =>
      `${quoted(process.execPath)} ${quoted(join(dist, "bench/floor.js"))} ${quoted(url)} ${rateHz} ${seconds} ${connection}`,
    completed: (_, stdout) => (JSON.parse(stdout) as { completed: number }).completed,
  },
  {
    name: "vegeta",
    tool: "vegeta",
    also: ["fresh", "flood", "schedule"],
    command: ({ url, rateHz, seconds, connection, dir }) =>
      `echo ${quoted(`GET ${url}`)} | vegeta attack -rate=${rateHz} -duration=${seconds}s -timeout=1s -keepalive=${connection === "kept"} -output=${quoted(join(dir, "vegeta.bin"))}`,
    completed: ({ dir }) =>
      execFileSync("vegeta", ["encode", "--to", "csv", join(dir, "vegeta.bin")], { maxBuffer: 2 ** 28 })
        .toString()
        .split("\n")
        .filter((line) => line.split(",")[1] === "200").length,
  },
  {
    name: "k6",
    tool: "k6",
    also: ["fresh", "flood"],
    command({ url, rateHz, seconds, connection, dir }) {
      const script = join(dir, "k6.js");
      const scenario = { executor: "constant-arrival-rate", rate: rateHz, timeUnit: "1s", duration: `${seconds}s`, preAllocatedVUs: connections, maxVUs: 500 };
      writeFileSync(
        script,
        `import http from "k6/http";\nexport const options = { noConnectionReuse: ${connection === "fresh"}, scenarios: { s: ${JSON.stringify(scenario)} } };\nexport default () => http.get(${JSON.stringify(url)});\n`,
      );
      return `k6 run --quiet --no-usage-report --out csv=${quoted(join(dir, "k6.csv"))} ${quoted(script)}`;
    },
    completed: ({ dir }) =>
      readFileSync(join(dir, "k6.csv"), "utf8")
        .split("\n")
        .filter((line) => line.startsWith("http_reqs,") && line.includes(",200,")).length,
  },
  {
    name: "hey",
    tool: "hey",
    also: ["fresh", "schedule"],
    command: ({ url, rateHz, seconds, connection }) =>
      `hey -z ${seconds}s -c ${connections} -q ${rateHz / connections} -t 1 ${connection === "fresh" ? "-disable-keepalive" : ""} ${quoted(url)}`,
    completed: (_, stdout) => Number(/\[200\]\s+(\d+) responses/.exec(stdout)?.[1] ?? 0),
  },
  {
    name: "autocannon",
    tool: "autocannon",
    also: [],
    command: ({ url, rateHz, seconds }) => `autocannon -R ${rateHz} -c ${connections} -d ${seconds} -t 1 -j ${quoted(url)} 2> /dev/null`,
    completed: (_, stdout) => (JSON.parse(stdout) as { "2xx": number })["2xx"],
  },
  {
    name: "wrk2",
    tool: "wrk2",
    also: [],
    command: ({ url, rateHz, seconds }) => `wrk2 -t1 -c${connections} -d${seconds}s -R${rateHz} ${quoted(url)}`,
    completed: (_, stdout) => Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0),
  },
  {
    name: "wrk (closed loop)",
    tool: "wrk",
    also: [],
    command: ({ url, seconds }) => `wrk -t1 -c${connections} -d${seconds}s ${quoted(url)}`,
    completed: (_, stdout) => Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0),
  },
];

export const isThere = (peer: Peer): boolean =>
  peer.tool === "" ||
  (process.env.PATH ?? "").split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, peer.tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
