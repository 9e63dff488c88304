/** What the facilitator sees of plan, injections, keeper and runner. Pure. */
import type { Act, Event, Injection, Plan } from "../core.js";
import type { KeeperStatus } from "../keeper/socket/verbs.js";
import { receipts } from "../measure/receipts.js";
import type { ActHead, InjectionState, SecretState } from "./protocol.js";

interface Known {
  readonly plan: Plan | null;
  readonly events: readonly Event[];
  readonly foundation: string | null;
  readonly keeper: KeeperStatus | undefined;
  readonly runner: SecretState["runner"];
}
const grey = "#62656e";

export function secretOf({ plan, events, foundation, keeper, runner }: Known): SecretState {
  const phase = events.findLast((event) => event.kind === "phase")?.phase ?? null;
  const begun = new Set(events.flatMap((event) => (event.kind === "facilitator" && event.did === "inject" && event.ok ? [event.act] : [])));
  return {
    scenario: plan?.name ?? "",
    says: plan?.says ?? "",
    seed: plan?.seed ?? 0,
    engine: plan?.engine ?? "",
    profile: plan?.foundation.profile ?? "",
    foundation,
    phase,
    acts: plan ? plan.acts.map((act) => headOf(plan, act, plan.injections)) : [],
    injects: (plan?.unplanned?.acts ?? []).map((act) => ({
      ...headOf(plan!, act, plan!.unplanned!.injections),
      begun: begun.has(act.id),
      blocked: begun.has(act.id) ? "it has begun" : phase === "turbulence" ? (keeper?.stopped ? "the keeper is stopped" : null) : "the run is not at its acts",
    })),
    injections: plan ? injectionStates(plan, events) : [],
    keeper: keeper ? { stopped: keeper.stopped, live: keeper.injections.length } : null,
    runner,
  };
}

export function headOf(plan: Plan, { id, fault, atS = 0, after, forS, endedBy = "time", clock }: Act, injections: readonly Injection[]): ActHead {
  return {
    id,
    fault,
    colour: plan.colours?.[fault] ?? grey,
    targets: injections.filter(({ act }) => act === id).map(({ target }) => target),
    atS,
    ...(after === undefined ? {} : { after }),
    forS,
    endedBy,
    ...(clock === undefined ? {} : { clock }),
  };
}

function injectionStates(plan: Plan, events: readonly Event[]): readonly InjectionState[] {
  const proofs = new Map(receipts(plan, events).map((receipt) => [receipt.injection, receipt]));
  const states = new Map<string, { state: InjectionState["state"]; reads: string | null }>();
  for (const event of events) {
    if (!("injection" in event)) continue;
    const was = states.get(event.injection) ?? { state: "planned", reads: null };
    if (event.kind === "reading") states.set(event.injection, { ...was, reads: event.reading.state });
    else if (event.kind === "healed") states.set(event.injection, { ...was, state: event.proved ? "healed" : "unproved" });
    else states.set(event.injection, { ...was, state: event.kind });
  }
  return plan.injections.map(({ id, act, target }) => ({
    id,
    act,
    target,
    ...(states.get(id) ?? { state: "planned", reads: null }),
    bitUs: proofs.get(id)?.bitUs ?? null,
    healedUs: proofs.get(id)?.healedUs ?? null,
  }));
}
