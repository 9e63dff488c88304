/** Desired against actual: which instances are missing, which are too many. Pure. Rules of April 2011 (cf-protocol §3.1). */
import type { Command } from "./messages.js";
import { type AppView, isLive, type View } from "./view.js";

/** For every app that nobody changed for stableState. */
export function analyse(view: View, nowMs: number): readonly Command[] {
  return [...view.apps.values()]
    .filter((app) => nowMs - app.desired.updatedAtMs > view.rules.stableState)
    .flatMap((app) => [...stops(app), ...starts(view, app, nowMs)]);
}

function starts(view: View, app: AppView, nowMs: number): readonly Command[] {
  const { droplet, version, state, instances, lastUpdated } = app.desired;
  if (state !== "STARTED" || version === "") return [];
  // hm9000 gives a missing instance as long again to be heard before it acts; 2011 did not, and a late heartbeat was a duplicate.
  const graceMs = view.rules.guard ? view.rules.dropletLost : 0;
  const indices = Array.from({ length: instances }, (_, index) => index).filter((index) => {
    const entry = view.index(app, version, index, nowMs);
    return entry.state === "DOWN" && nowMs - entry.sinceMs >= graceMs && nowMs - entry.lastActionMs > view.rules.restartTimeout;
  });
  return indices.length > 0 ? [{ op: "START", droplet, version, lastUpdated, indices, why: "missing" }] : [];
}

function stops(app: AppView): readonly Command[] {
  const { droplet, version: live, state, instances: wanted, lastUpdated } = app.desired;
  const extra = new Map<string, string>();
  for (const [version, indices] of app.versions)
    for (const [index, entry] of indices) {
      if (!isLive(entry) || entry.instance === undefined) continue;
      if (state === "STOPPED") extra.set(entry.instance, "its app is stopped");
      else if (version !== live) extra.set(entry.instance, `its version is ${version}, not ${live}`);
      else if (index >= wanted) extra.set(entry.instance, `its index is ${index} of ${wanted} instances`);
    }
  return extra.size > 0 ? [{ op: "STOP", droplet, lastUpdated, instances: [...extra.keys()], why: [...new Set(extra.values())].join("; ") }] : [];
}
