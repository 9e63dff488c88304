/** What an authoritative server says to one question. Knows nothing but what it is given. Source: RFC 1034 §4.3.2, RFC 2308 (no data, no name), RFC 6891 (EDNS). */
import { type Answer, AUTHORITATIVE_ANSWER, type DecodedPacket, decode, encode, type OptAnswer, type Packet, RECURSION_DESIRED } from "dns-packet";
import type { Zone, Zones } from "./zone.js";

export const rcodes = { formErr: 1, servFail: 2, nxDomain: 3, notImp: 4, refused: 5 } as const;
/** Without EDNS an answer over UDP has at most so many octets. */
const plainUdpOctets = 512;
const TRUNCATED = 1 << 9;

const soa = ({ origin, ttlS, serial, ns }: Zone): Answer => ({
  type: "SOA",
  name: origin,
  ttl: ttlS,
  data: { mname: ns[0]!, rname: `hostmaster.${ns[0]!.split(".").slice(1).join(".")}`, serial, refresh: 60, retry: 10, expire: 3600, minimum: ttlS },
});

/** IPv4 addresses of a host; empty when there are none to be had. */
export type LookUp = (host: string) => Promise<readonly string[]>;

const isApex = ({ origin }: Zone, name: string) => name.toLowerCase() === origin;

/** The hosts that a name in the zone stands for; undefined when there is no such name. */
function hostsOf(zone: Zone, name: string): readonly string[] | undefined {
  const apex = isApex(zone, name);
  const key = apex ? "@" : name.toLowerCase().slice(0, -zone.origin.length - 1);
  return Object.hasOwn(zone.addresses, key) ? zone.addresses[key] : apex ? [] : zone.addresses["*"];
}

/** Records for a name in the zone; none means that there is the name but no such record. */
function records(zone: Zone, name: string, type: string, addresses: readonly string[]): Answer[] {
  const { ttlS, ns } = zone;
  const apex = isApex(zone, name);
  const any = type === "ANY";
  return [
    ...addresses.map((data): Answer => ({ type: "A", name, ttl: ttlS, data })),
    ...(apex && (any || type === "NS") ? ns.map((data): Answer => ({ type: "NS", name, ttl: ttlS, data })) : []),
    ...(apex && (any || type === "SOA") ? [soa(zone)] : []),
  ];
}

/** The zone that a name is in: the one with the longest apex. */
function zoneOf({ zones }: Zones, name: string): Zones["zones"][string] | undefined {
  return Object.values(zones)
    .filter(({ origin }) => name === origin || name.endsWith(`.${origin}`))
    .sort((a, b) => b.origin.length - a.origin.length)[0];
}

export async function reply(zones: Zones, query: DecodedPacket, lookUp: LookUp): Promise<Packet> {
  const [question] = query.questions ?? [];
  const flags = (query.flag_rd ? RECURSION_DESIRED : 0) | AUTHORITATIVE_ANSWER;
  const edns = query.additionals?.some(({ type }) => type === "OPT");
  const opt: OptAnswer = { type: "OPT", name: ".", udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] };
  const base: Packet = { type: "response", id: query.id ?? 0, questions: query.questions ?? [], additionals: edns ? [opt] : [] };
  const fails = (rcode: number): Packet => ({ ...base, flags: (flags & ~AUTHORITATIVE_ANSWER) | rcode });
  if (!question || query.questions?.length !== 1) return fails(rcodes.formErr);
  const zone = zoneOf(zones, question.name.toLowerCase());
  if (!zone) return fails(rcodes.refused);
  if ("lost" in zone) return fails(rcodes.servFail);
  const hosts = hostsOf(zone, question.name);
  if (!hosts) return { ...base, flags: flags | rcodes.nxDomain, authorities: [soa(zone)] };
  const type: string = question.type;
  const asked = type === "A" || type === "ANY" ? hosts : [];
  const addresses = (await Promise.all(asked.map(lookUp))).flat();
  if (asked.length > 0 && addresses.length === 0) return fails(rcodes.servFail);
  const answers = records(zone, question.name, type, addresses);
  return { ...base, flags, answers, authorities: answers.length === 0 ? [soa(zone)] : [] };
}

/** From octets to octets; undefined for what deserves no answer. */
export async function answer(zones: Zones, octets: Buffer, over: "udp" | "tcp", lookUp: LookUp): Promise<Buffer | undefined> {
  // A response must never be answered, or two servers would talk for ever.
  if (octets.length < 12 || (octets[2]! & 0x80) !== 0) return undefined;
  const fails = (rcode: number) => encode({ type: "response", id: octets.readUInt16BE(0), flags: rcode, questions: [] });
  // Only plain queries: no updates, no notifications.
  if (((octets[2]! >> 3) & 0xf) !== 0) return fails(rcodes.notImp);
  let query: DecodedPacket;
  try {
    query = decode(octets);
  } catch {
    return fails(rcodes.formErr);
  }
  const packet = await reply(zones, query, lookUp);
  const whole = encode(packet);
  if (over === "tcp" || whole.length <= plainUdpOctets) return whole;
  return encode({ ...packet, flags: (packet.flags ?? 0) | TRUNCATED, answers: [], authorities: [] });
}
