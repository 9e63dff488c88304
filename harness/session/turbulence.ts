/** Plays the acts of a plan: each at its time, or after another one has ended and the foundation is steady again. */
import { sleep } from "../clock.js";
import type { Act, Event } from "../core.js";
import type { Playing } from "../playbooks/play.js";
import { quietMs, type Stage } from "./stage.js";

/** How an act ended: steady again, or not within the plan's recovery budget, or never begun. */
type Ending = "steady-again" | "not-steady";

export async function playActs(stage: Stage): Promise<void> {
  const playing = stage.play();
  try {
    await playing?.ready();
    await walkActs(stage, playing);
    await playing?.idle();
  } finally {
    await playing?.stop();
    // What a hand has broken by mistake is no injection: nobody else would undo it.
    if (stage.plan.operator) await stage.client.heal();
  }
}

async function walkActs(stage: Stage, playing: Playing | undefined): Promise<void> {
  const startUs = stage.now();
  const endings = new Map<string, Promise<Ending>>();
  for (const act of stage.plan.acts) {
    const begins = (async () => {
      if (act.after !== undefined && (await endings.get(act.after)) !== "steady-again") return false;
      const fromUs = act.after === undefined ? startUs : stage.now();
      await sleep(Math.max(0, (act.atS ?? 0) * 1000 - (stage.now() - fromUs) / 1000), stage.signal);
      return true;
    })();
    endings.set(
      act.id,
      begins.then((go) => (go ? play(stage, act, playing) : "not-steady")),
    );
  }
  const planned = Promise.all(endings.values());
  await (stage.open?.during(planned, (act) => play(stage, act, playing)) ?? planned);
}

async function play(stage: Stage, act: Act, playing: Playing | undefined): Promise<Ending> {
  const { plan, client, note } = stage;
  const mine = plan.injections.filter((injection) => injection.act === act.id);
  const open = new Set(mine.map((injection) => injection.id));
  note({ kind: "act", act: act.id, state: "begins" });
  const helpFromUs = stage.now() + (plan.phases.aloneS ?? 0) * 1e6;
  const byPlaybook: boolean[] = [];
  const healed = new Promise<void>((resolve) => {
    const off = stage.onEvent((event: Event) => {
      if (event.kind === "healed") {
        open.delete(event.injection);
        if (mine.some(({ id }) => id === event.injection)) byPlaybook.push(event.why === "playbook");
      }
      if (open.size > 0) return;
      off();
      resolve();
    });
  });
  const repairs = act.endedBy === "playbook" ? watchRepairs(stage, open) : undefined;
  // An abort is not kept waiting by a target that takes its time: healing it is the keeper's.
  const aborted = rejected(stage.signal);
  const done = await Promise.race([Promise.allSettled(mine.map((injection) => client.inject(injection))), aborted]);
  for (const [i, result] of done.entries()) {
    if (result.status === "fulfilled") continue;
    open.delete(mine[i]!.id);
    note({ kind: "trouble", from: mine[i]!.id, says: `not injected: ${(result.reason as Error).message}` });
  }
  if (open.size > 0) await Promise.race([healed, aborted]);
  repairs?.();
  note({ kind: "act", act: act.id, state: "ended" });
  await playing?.idle();
  const ending = await steadyAgain(stage, helpFromUs, byPlaybook.length === 0 || byPlaybook.includes(false));
  if (ending === "not-steady")
    note({ kind: "trouble", from: act.id, says: `not steady again: ${stage.steady.why(stage.now(), quietMs) ?? "some probe has had no answer since"}` });
  note({ kind: "act", act: act.id, state: ending });
  return ending;
}

/**
 * Ends what a playbook has repaired: an injection that was seen to bite, and whose target reads intact again since a step was begun. The witness says so,
 * not the playbook. Returns what ends the watching.
 */
function watchRepairs({ client, note, onEvent }: Stage, open: ReadonlySet<string>): () => void {
  const bitten = new Set<string>();
  let acted = false;
  return onEvent((event) => {
    if (event.kind === "step" && event.state === "acting") acted = true;
    if (event.kind !== "reading" || !open.has(event.injection)) return;
    if (event.reading.state === "broken") bitten.add(event.injection);
    if (event.reading.state !== "intact" || !acted || !bitten.delete(event.injection)) return;
    client.heal(event.injection, "playbook").catch((error: Error) => note({ kind: "trouble", from: event.injection, says: `not ended: ${error.message}` }));
  });
}

/**
 * Where the playbook did not end all of it the target's own recover runs after healing; again if it was too early: a loss may be declared after its cause has gone.
 * In a comparison nobody helps before the cap.
 */
async function steadyAgain(stage: Stage, helpFromUs: number, alone: boolean): Promise<Ending> {
  const { plan, system, topology, client, note } = stage;
  const sinceUs = stage.now() - quietMs * 1000;
  const endUs = Math.max(stage.now(), helpFromUs) + plan.phases.recoveryS * 1e6;
  for (;;) {
    const helped = stage.now() >= helpFromUs;
    if (alone && helped) await system.recover(client.call, topology, (says) => note({ kind: "step", step: 0, says, state: "done" }), { signal: stage.signal });
    const leftMs = ((helped ? endUs : helpFromUs) - stage.now()) / 1000;
    if (await stage.settle(quietMs, Math.min(leftMs, 3 * quietMs), sinceUs)) return "steady-again";
    if (stage.now() > endUs) return "not-steady";
  }
}

/** Rejects as soon as the signal is aborted, also where it was before. Nobody need wait for it. */
function rejected(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  promise.catch(() => {});
  return promise;
}
