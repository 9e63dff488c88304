/** What operators can do with a guestbook, and what they must: a closed book stays closed until one of them opens it. */
import { until } from "../../harness/clock.js";
import type { Ailment, AuditLine, Call, RecoverOptions, Topology } from "../../harness/core.js";
import { audited } from "../../harness/playbooks/audited.js";
import { servicesOf } from "./topology.js";

/** Each verb resolves with what came of it, in words. */
export interface Operator {
  checkStore(): Promise<string>;
  reopen(): Promise<string>;
}
export const verbs: Readonly<Record<keyof Operator, string>> = {
  checkStore: "checkStore(): asks the store through every service; refused while one gets no answer",
  reopen: "reopen(): opens the book again at every service that closed it; refused while the store does not answer",
};

export function operator(call: Call, topology: Topology, who: string, audit: (line: AuditLine) => void): Operator {
  const tell = audited(who, audit);
  return {
    checkStore: () =>
      tell("checkStore", "store-1", async () => {
        for (const name of servicesOf(topology)) await call(name, "/store");
        return "every service has an answer from the store";
      }),
    reopen: () =>
      tell("reopen", "all services", async () => {
        const closed = await closedBooks(call, topology);
        for (const name of closed) await call(name, "/reopen", {});
        return closed.length === 0 ? "no book was closed" : `opened again at ${closed.join(", ")}`;
      }),
  };
}

/** The services whose book is closed, of those that answer. */
async function closedBooks(call: Call, topology: Topology): Promise<readonly string[]> {
  const states = await Promise.allSettled(servicesOf(topology).map((name) => call(name, "/state")));
  const isClosed = (state: PromiseSettledResult<unknown>) => state.status === "fulfilled" && (state.value as { closed: boolean }).closed;
  return servicesOf(topology).filter((_, i) => isClosed(states[i]!));
}

export const ailments = async (call: Call, topology: Topology): Promise<readonly Ailment[]> =>
  (await closedBooks(call, topology)).map((name) => ({
    says: `nobody can sign at ${name}: its book is closed until an operator opens it`,
    endedBy: "recover",
  }));

/** Opens every closed book as soon as the store answers. Does nothing where none is closed. */
export async function recover(call: Call, topology: Topology, say: (line: string) => void, { signal }: RecoverOptions = {}): Promise<void> {
  const closed = await closedBooks(call, topology);
  const opened = (name: string) => call(name, "/reopen", {}).then(() => true);
  for (const name of closed) await until(`the store to answer ${name}, whose book is closed`, () => opened(name), 30_000, 100, signal);
  if (closed.length > 0) say(`opened the book again at ${closed.join(", ")}`);
}
