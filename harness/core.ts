/**
 * The dictionary: the central types of the tool, in the order in which data flows. Whoever reads core/ knows the words of the whole tool.
 * Types only, except `defineFault` (the identity), `ProbeFailure` (what probes throw) and `probeKey`. Schemas of what is read from disk or sockets stand
 * with their types, and are imported from core/ by whoever reads: most of the tool knows only the types, and loads no schema.
 *
 * Clock: every `…Us` is an integer of microseconds. In memory and over sockets it is the host's CLOCK_MONOTONIC
 * (`nowUs()` in clock.ts); in results/ it is relative to the run's zero, which the first event records.
 */

export type * from "./core/calibration.js";
// 1 What can be broken, and what breaks it.
export type * from "./core/capability.js";
export type * from "./core/client.js";
export type * from "./core/difference.js";
export type * from "./core/engine.js";
export type * from "./core/event.js";
export type * from "./core/facts.js";
export * from "./core/fault.js";
export type * from "./core/load.js";
export type * from "./core/operations.js";
export type * from "./core/plan.js";
// 4 What is seen.
export * from "./core/probe.js";
// 6 How an outage is ended.
export type * from "./core/recovery.js";
export type * from "./core/sample.js";
// 2 Scenario (TypeScript) → plan (JSON).
export type * from "./core/scenario.js";
export type * from "./core/system.js";
// 3 What is run, what runs it, and who asks for it.
export type * from "./core/topology.js";
// 5 What is judged.
export type * from "./core/verdict.js";
