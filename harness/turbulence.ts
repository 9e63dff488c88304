/** Plays the acts of a plan: each at its time, or after another one has ended and the foundation is steady again. */
import { sleep } from "./clock.js";
import type { Act, Event } from "./core.js";
import { quietMs, type Stage } from "./stage.js";

/** How an act ended: steady again, or not within the plan's recovery budget, or never begun. */
type Ending = "steady-again" | "not-steady";

export async function playActs(stage: Stage): Promise<void> {
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
      begins.then((go) => (go ? play(stage, act) : "not-steady")),
    );
  }
  await Promise.all(endings.values());
}

async function play(stage: Stage, act: Act): Promise<Ending> {
  const { plan, client, note } = stage;
  const mine = plan.injections.filter((injection) => injection.act === act.id);
  const open = new Set(mine.map((injection) => injection.id));
  note({ kind: "act", act: act.id, state: "begins" });
  const healed = new Promise<void>((resolve) => {
    const off = stage.onEvent((event: Event) => {
      if (event.kind === "healed") open.delete(event.injection);
      if (open.size > 0) return;
      off();
      resolve();
    });
  });
  const done = await Promise.allSettled(mine.map((injection) => client.inject(injection)));
  for (const [i, result] of done.entries()) {
    if (result.status === "fulfilled") continue;
    open.delete(mine[i]!.id);
    note({ kind: "trouble", from: mine[i]!.id, says: `not injected: ${(result.reason as Error).message}` });
  }
  if (open.size > 0) await Promise.race([healed, rejected(stage.signal)]);
  note({ kind: "act", act: act.id, state: "ended" });
  const ending = await steadyAgain(stage);
  if (ending === "not-steady")
    note({ kind: "trouble", from: act.id, says: `not steady again: ${stage.steady.why(stage.now(), quietMs) ?? "some probe has had no answer since"}` });
  note({ kind: "act", act: act.id, state: ending });
  return ending;
}

/** Without a playbook the target's own recover runs after healing; again if it was too early: a loss may be declared after its cause has gone. */
async function steadyAgain(stage: Stage): Promise<Ending> {
  const { plan, system, topology, client, note } = stage;
  const sinceUs = stage.now() - quietMs * 1000;
  const endUs = stage.now() + plan.phases.recoveryS * 1e6;
  for (;;) {
    if (plan.playbook === undefined) await system.recover(client.call, topology, (says) => note({ kind: "step", step: 0, says, state: "done" }));
    const leftMs = (endUs - stage.now()) / 1000;
    if (await stage.settle(quietMs, Math.min(leftMs, 3 * quietMs), sinceUs)) return "steady-again";
    if (stage.now() > endUs) return "not-steady";
  }
}

const rejected = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
