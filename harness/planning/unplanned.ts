/** Acts that the facilitator of a game day lets begin, or not: planning makes every choice but their moment, and what has begun becomes part of the plan. Pure. */

import { digestOf } from "../canonical.js";
import type { Act, Injection, Must, Plan, Unplanned } from "../core.js";
import { FlounderError } from "../errors.js";

interface Parts {
  readonly acts: readonly Act[];
  readonly injections: readonly Injection[];
  readonly must: readonly Must[];
}

/** What is planned, and apart from it what is not; `unplanned` is absent where there is nothing of it. */
export function apart({ acts, injections, must }: Parts): Parts & { readonly unplanned?: Unplanned } {
  const open = new Set(acts.filter(({ unplanned }) => unplanned).map(({ id }) => id));
  if (open.size === 0) return { acts, injections, must };
  const of = (isOpen: boolean): Parts => ({
    acts: acts.filter(({ id }) => open.has(id) === isOpen),
    injections: injections.filter(({ act }) => open.has(act) === isOpen),
    must: must.filter(({ during }) => (during !== undefined && open.has(during)) === isOpen),
  });
  return { ...of(false), unplanned: of(true) };
}

/**
 * The plan in which that act begins so many seconds after the start of turbulence: run again, it begins then by itself. Throws FlounderError "usage" for an act that
 * the plan has not left open.
 */
export function withBegun(plan: Plan, id: string, atS: number): Plan {
  const { acts = [], injections = [], must = [] } = plan.unplanned ?? {};
  const act = acts.find((one) => one.id === id);
  if (!act)
    throw new FlounderError(
      "usage",
      `there is no unplanned act "${id}"`,
      acts.length > 0 ? `there are ${acts.map((one) => one.id).join(", ")}` : "there is none",
    );
  const { unplanned: _, ...begun } = act;
  const rest = {
    acts: acts.filter((one) => one !== act),
    injections: injections.filter((one) => one.act !== id),
    must: must.filter(({ during }) => during !== id),
  };
  const { digest: _old, unplanned: _open, ...kept } = plan;
  const next = {
    ...kept,
    acts: [...plan.acts, { ...begun, atS }],
    injections: [...plan.injections, ...injections.filter((one) => one.act === id).map((one) => ({ ...one, atS }))],
    must: [...plan.must, ...must.filter(({ during }) => during === id)],
    ...(rest.acts.length > 0 ? { unplanned: rest } : {}),
  };
  return { ...next, digest: digestOf(next) };
}
