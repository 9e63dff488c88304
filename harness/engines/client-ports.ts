/** Which ports the kernel gives to clients: whoever listens on one of them may find it taken by somebody's outgoing connection. */
import { readFileSync } from "node:fs";

/** From the first to the last, both included, but for those that it was told to keep. */
export interface ClientPorts {
  readonly first: number;
  readonly last: number;
  readonly kept: readonly (readonly [first: number, last: number])[];
}
const usual: ClientPorts = { first: 32_768, last: 60_999, kept: [] };

const read = (name: string): string => readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8").trim();

export function clientPorts(): ClientPorts {
  try {
    const [first, last] = read("ip_local_port_range").split(/\s+/).map(Number);
    return { first: first!, last: last!, kept: keptPorts(read("ip_local_reserved_ports")) };
  } catch {
    return usual;
  }
}

/** "8080,9148-9150", as ip_local_reserved_ports has it. */
export const keptPorts = (text: string): ClientPorts["kept"] =>
  text
    .split(",")
    .filter((word) => word.trim() !== "")
    .map((word) => {
      const [first, last] = word.split("-").map(Number);
      return [first!, last ?? first!] as const;
    });

/** No client is ever given one of these. */
export function isClientFree({ first, last, kept }: ClientPorts, base: number, count: number): boolean {
  if (base + count - 1 < first || base > last) return true;
  for (let port = Math.max(base, first); port <= Math.min(base + count - 1, last); ) {
    const hold = kept.find(([from, to]) => from <= port && port <= to);
    if (!hold) return false;
    port = hold[1] + 1;
  }
  return true;
}
