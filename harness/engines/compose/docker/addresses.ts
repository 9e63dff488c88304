/**
 * Who has which address in the network inside. They are fixed, and every container has them in its hosts file: Docker's own name server drops questions
 * while a container starts, and whoever asked waits five seconds, so one node that comes back would stop all requests of everybody.
 */
import { readFileSync } from "node:fs";
import { FlounderError } from "../../../errors.js";

/** The first three bytes; the engine sets a free one, by hand it can be set as well. */
export const netVariable = "FLOUNDER_NET";
const net = `\${${netVariable}:-10.219.0}`;
const first = 10;
/** Above are those that Docker chooses, for containers that come and go: probers. */
const chosenFrom = 192;

export const insideSubnet = { subnet: `${net}.0/24`, ip_range: `${net}.${chosenFrom}/26` } as const;

/** An address for each of these names, in order. */
export function addressesOf(names: readonly string[]): ReadonlyMap<string, string> {
  if (names.length > chosenFrom - first) throw new Error(`${names.length} containers do not fit into one network of ${chosenFrom - first}`);
  return new Map(names.map((name, i) => [name, `${net}.${first + i}`]));
}

type Range = readonly [from: number, to: number];
const numberOf = (address: string) => address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
/** "10.1.2.0/24" as its first and last address; undefined if it is none of IPv4. */
function rangeOf(cidr: string): Range | undefined {
  const [address = "", bits = "32"] = cidr.split("/");
  if (!/^\d+(\.\d+){3}$/.test(address)) return undefined;
  const size = 2 ** (32 - Number(bits));
  const from = Math.floor(numberOf(address) / size) * size;
  return [from, from + size - 1];
}
/** The machine's own routes, but for the default one: lines of /proc/net/route (proc(5)), addresses as they lie in memory. */
function ranges(routes: string): Range[] {
  const number = (hex: string) => Buffer.from(hex, "hex").readUInt32LE();
  const lines = routes.trimEnd().split("\n").slice(1);
  return lines.flatMap((line): Range[] => {
    const fields = line.split("\t");
    const mask = number(fields[7] ?? "00000000");
    const from = number(fields[1] ?? "00000000");
    return mask === 0 ? [] : [[from, from + (0xffffffff - mask)]];
  });
}
/**
 * The first three bytes of a network of 256 addresses that neither the machine nor Docker knows. `subnets`: those of Docker's networks; `start`: where to
 * look first, so that foundations that start at once do not meet. Throws a FlounderError when there is none.
 */
export function freeNet(subnets: readonly string[], start: number, routes = readFileSync("/proc/net/route", "utf8")): string {
  const taken = [...ranges(routes), ...subnets.map(rangeOf).filter((range) => range !== undefined)];
  for (let i = 0; i < 256; i++) {
    const candidate = `10.219.${(start + i) % 256}`;
    const [from, to] = rangeOf(`${candidate}.0/24`)!;
    if (!taken.some(([low, high]) => low <= to && from <= high)) return candidate;
  }
  throw new FlounderError("environment", "no network in 10.219.0.0/16 is free for the foundation", "docker network prune; ip route shows what else is there");
}
