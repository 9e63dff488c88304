/**
 * Does a component's link to the bus carry? Asked of everybody by `vcap.component.discover` (cf-protocol §4.4) over a connection that no fault cuts:
 * only the component itself can answer with its name, and the question and the answer both pass its link.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "nats";
import type { Addresses } from "../../../harness/core.js";
import { busLabel } from "../contract/secrets.js";

/** Who has not answered by then is cut off. */
const answerMs = 700;
/** Questions asked within this time share one round: every component answers each round. */
const gatherMs = 15;

/** Where the bus is, and the password of its owner there: who may hear and say everything. */
export interface BusAddress {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}
export const busOwner = "owner";
/** Where the platform lets its components answer the owner. */
export const ownerInbox = `_INBOX.${busOwner}`;
/** The platform gives its bus' users passwords under such labels. */
export const busAddress = (bus: string, addresses: Addresses): BusAddress => ({
  ...addresses.direct(bus, "client"),
  password: addresses.secret(busLabel(busOwner)),
});

/** Loaded when the first witness asks: a foundation comes up without it. */
const nats = () => import("nats");

const connections = new Map<string, Promise<NatsConnection>>();
const gathering = new Map<string, Promise<Round>>();

/** One question to all. */
interface Round {
  /** True if that component answers in time. */
  heard(name: string): Promise<boolean>;
}

/** False as well when the bus itself is down: then no link to it carries. */
export async function busCarries(name: string, nats: BusAddress, signal: AbortSignal): Promise<boolean> {
  try {
    const round = await nextRound(nats);
    return await Promise.race([round.heard(name), sleep(answerMs, false, { signal })]);
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** Only for a process that goes on after its foundation: tests. */
export async function closeBusWitness(): Promise<void> {
  const open = [...connections.values()];
  connections.clear();
  for (const connection of await Promise.allSettled(open)) if (connection.status === "fulfilled") await connection.value.close();
}

/** The round that is being gathered: never one whose question is out already, its answers could be older than the asking. */
function nextRound(nats: BusAddress): Promise<Round> {
  const key = `${nats.host}:${nats.port}`;
  const under = gathering.get(key);
  if (under) return under;
  const round = sleep(gatherMs).then(() => {
    gathering.delete(key);
    return ask(nats);
  });
  gathering.set(key, round);
  return round;
}

async function ask(server: BusAddress): Promise<Round> {
  const connection = await connected(server);
  const heard = new Map<string, () => void>();
  const answered = new Set<string>();
  const inbox = (await nats()).createInbox(ownerInbox);
  const subscription = connection.subscribe(inbox, {
    callback: (_error, message) => {
      const name = nameIn(message.data);
      if (name === undefined) return;
      answered.add(name);
      heard.get(name)?.();
    },
  });
  connection.publish("vcap.component.discover", "{}", { reply: inbox });
  setTimeout(() => subscription.unsubscribe(), answerMs).unref();
  return {
    heard: (name) =>
      new Promise((resolve) => {
        if (answered.has(name)) return resolve(true);
        const previous = heard.get(name);
        heard.set(name, () => {
          previous?.();
          resolve(true);
        });
      }),
  };
}

/** One connection per server and process; a closed one is replaced at the next question. */
export function connected({ host, port, password }: BusAddress): Promise<NatsConnection> {
  const key = `${host}:${port}`;
  const open = connections.get(key);
  if (open) return open;
  const opening = nats().then(({ connect }) =>
    connect({ servers: key, user: busOwner, pass: password, name: "witness", reconnect: false, timeout: answerMs, pingInterval: 1000, maxPingOut: 2 }),
  );
  connections.set(key, opening);
  const forget = () => {
    if (connections.get(key) === opening) connections.delete(key);
  };
  opening.then((connection) => connection.closed().then(forget), forget);
  return opening;
}

function nameIn(data: Uint8Array): string | undefined {
  try {
    return (JSON.parse(Buffer.from(data).toString()) as { name?: string }).name;
  } catch {
    return undefined; // junk on the bus is nobody's answer
  }
}
