/** Looks from inside a container's network namespace: a process of this machine that was started there. Questions come as lines of JSON, answers go back so; it ends with its pipe. */
import { createInterface } from "node:readline";
import type { PortProtocol } from "../../core.js";
import { knock, throughput } from "../knock.js";

export interface Look {
  readonly id: number;
  readonly what: "rtt" | "throughput" | "arrive";
  readonly host: string;
  readonly port: number;
  readonly protocol: PortProtocol;
  /** throughput: that many; arrive: connections that are tried. */
  readonly count: number;
}
export interface Seen {
  readonly id: number;
  /** ms, kB/s, or a share from 0 to 1; null: Infinity, which JSON has not. */
  readonly value: number | null;
}
/** As engines wait for the answer to a knock. */
const rttMs = 1000;
/** Shorter than the kernel takes to send a lost packet again. */
const arriveMs = 500;

async function look({ what, host, port, protocol, count }: Look): Promise<number> {
  const at = { host, port };
  if (what === "rtt") return knock(at, protocol, rttMs);
  if (what === "throughput") return throughput(at, protocol, count);
  const tried = await Promise.all(Array.from({ length: count }, () => knock(at, "tcp", arriveMs)));
  return tried.filter(Number.isFinite).length / count;
}

process.stdout.on("error", () => {}); // whoever asked is gone, and the pipe of questions ends as well
createInterface({ input: process.stdin }).on("line", (line) => {
  const asked = JSON.parse(line) as Look;
  void look(asked).then((value) => process.stdout.write(`${JSON.stringify({ id: asked.id, value: Number.isFinite(value) ? value : null } satisfies Seen)}\n`));
});
