/** Asks one DNS server for the addresses of one name. */
import { nowUs } from "../../clock.js";
import { ProbeFailure } from "../../core.js";
import { resolveAt } from "../dns/resolve.js";
import { AsyncAsker } from "./async-asker.js";

export interface DnsQuestion {
  readonly name: string;
  /** host:port; the host is an address. */
  readonly server: string;
  /** One of the addresses must be this. */
  readonly expect?: string;
}

export const dnsAsker = ({ name, server, expect }: DnsQuestion): AsyncAsker =>
  new AsyncAsker(async (flight, span, note) => {
    const { addresses } = await resolveAt([server], name, span);
    flight.sample.firstUs = nowUs();
    note(addresses.join(" "));
    if (expect !== undefined && !addresses.includes(expect)) throw new ProbeFailure("wrong-answer", `${name} is ${addresses.join(", ")}; expected ${expect}`);
  });
