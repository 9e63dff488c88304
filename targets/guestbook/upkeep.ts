/** What a run needs before it begins, and what it holds afterwards against what was before. */
import { until } from "../../harness/clock.js";
import type { Call, FoundationFacts, Topology } from "../../harness/core.js";
import { probePrefix, welcome } from "./probes.js";
import { servicesOf } from "./topology.js";

const answerMs = 20_000;

/** The text of a 2xx at a component's own port for users, past every proxy; "" for any other answer. With a body it is a POST. */
async function at({ components }: FoundationFacts, name: string, path: string, body?: unknown): Promise<string> {
  const { host, ports } = components.find((one) => one.name === name)!;
  const how = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(`http://${host}:${ports.http}${path}`, { ...how, signal: AbortSignal.timeout(1000) });
  return answer.ok ? answer.text() : "";
}

/** Writes the first entry, and waits until every service has it. Does nothing twice. */
export async function prepare(facts: FoundationFacts, say: (line: string) => void, _forProbes?: boolean, signal?: AbortSignal): Promise<void> {
  const has = async (name: string, path: string) => (await at(facts, name, path)).includes(`"id":"${welcome}"`);
  const put = async () => (await has("web-1", "/")) || (await at(facts, "web-1", "/entries", { id: welcome, text: "Welcome!" })) !== "";
  await until("the front to take the first entry", put, answerMs, undefined, signal);
  for (const name of servicesOf(facts)) await until(`${name} to have the first entry`, () => has(name, "/entries"), answerMs, undefined, signal);
  say("the guestbook can be read and signed at the front");
}

/** Removes what probes wrote. */
export async function tidy(facts: FoundationFacts): Promise<void> {
  const removed = async () => (await at(facts, servicesOf(facts)[0]!, "/remove", { prefix: probePrefix })) !== "";
  await until("the probes' entries to be removed", removed, answerMs);
}

const idsOf = async (call: Call) => (await call("store-1", "/ids")) as readonly string[];

/** Of these acknowledged writes ("entry ID exists") the ones that the store does not have. */
export async function missing(writes: readonly string[], _facts: FoundationFacts, call: Call): Promise<readonly string[]> {
  const ids = new Set(await idsOf(call));
  return writes.filter((write) => !ids.has(write.split(" ")[1]!));
}

/** Whose book is open, and what is in it besides what probes wrote. */
export async function fingerprint(topology: Topology, call: Call): Promise<Readonly<Record<string, string>>> {
  const or = <T>(asked: Promise<T>, words: (value: T) => string) => asked.then(words, () => "no answer");
  const book = async (name: string) => [`${name} book`, await or(call(name, "/state"), (state) => JSON.stringify(state))];
  const entries = await or(idsOf(call), (ids) => ids.filter((id) => !id.startsWith(probePrefix)).join(", "));
  return { ...Object.fromEntries(await Promise.all(servicesOf(topology).map(book))), entries };
}
