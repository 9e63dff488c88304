/** Watches both planes of a foundation, outside and inside, with the probes of its target system. */
import { nowUs } from "../clock.js";
import type { PlannedProbe } from "../core.js";
import { connect } from "../keeper/start.js";
import { startAtVantages } from "../probes/child.js";
import type { ProberReport } from "../probes/protocol.js";
import { loadTarget } from "../registry.js";
import { wallOffsetUs } from "./result.js";
import { type Described, type Measured, measuredBy, type Watching } from "./watch.js";

const routesEveryMs = 500;

/** Rejects with FlounderError if there is no such foundation, or its keeper is dead. `onMeasured` is called each second. */
export async function watchFoundation(id: string, samplesFile: string | undefined, onMeasured: (measured: Measured) => void): Promise<Watching> {
  const client = await connect(id, { lease: false });
  const facts = await client.facts();
  const system = await loadTarget(facts.system);
  await system.prepare(facts, (line) => void process.stderr.write(`${line}\n`));
  const planned = system.plannedProbes(system.topology(facts.profile, facts.timeFactor, {}));
  const offsetUs = wallOffsetUs();
  // Each prober has those of its vantage, in their order.
  const parts = facts.vantages
    ? (["outside", "inside"] as const).map((from) => planned.filter((one) => one.from === from)).filter((part) => part.length > 0)
    : [planned];
  const newest = new Map<number, ProberReport>();
  const measured = () =>
    measuredBy(
      [...newest].sort(([a], [b]) => a - b).map(([index, report]) => ({ report, described: parts[index]!.map(describe) })),
      offsetUs,
    );
  const ask = { system: facts.system, probes: planned, routes: await client.routes(), credentials: { user: facts.user, password: facts.password } };
  const prober = startAtVantages(
    { zeroUs: nowUs(), ask, tell: "totals", warmUpMs: 1000, ...(samplesFile === undefined ? {} : { samplesFile }) },
    {
      report(report, index) {
        newest.set(index, report);
        if (index === 0 && newest.size === parts.length) onMeasured(measured());
      },
      trouble: (says) => void process.stderr.write(`prober: ${says}\n`),
    },
    facts,
  );
  await prober.ready.catch(async (error: unknown) => {
    await prober.end();
    throw error;
  });
  const routing = setInterval(() => {
    client.routes().then(prober.routes, () => {}); // while the keeper cannot say, the last routes stand
  }, routesEveryMs);
  return {
    broken: prober.broken,
    async end() {
      clearInterval(routing);
      await prober.end();
      const last = measured();
      await system.tidy(await client.facts()); // whoever was started again may have another address
      await client[Symbol.asyncDispose]();
      return last;
    },
  };
}

const describe = ({ probe, target, from, plane, periodMs, deadlineMs }: PlannedProbe): Described => ({
  name: `${probe} ${target} ${from}`,
  url: target,
  kind: "probe",
  connection: "fresh",
  probe,
  from,
  plane,
  rateHz: Math.round(1e5 / periodMs) / 100,
  deadlineMs,
});
