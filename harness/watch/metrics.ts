/** Metrics of a live `flounder watch`. */
import { exposition } from "../report/metrics/exposition.js";
import type { WatchedEndpoint, WatchResult } from "./result.js";

export function metricsText(result: WatchResult): string {
  const { metric, text } = exposition();
  const each = <T>(of: (one: WatchedEndpoint, labels: Record<string, string>) => T[]): T[] =>
    result.endpoints.flatMap((one) =>
      of(one, {
        name: one.name,
        url: one.url,
        connection: one.connection,
        ...(one.probe === undefined ? {} : { probe: one.probe, vantage: one.from ?? "", plane: one.plane ?? "" }),
      }),
    );
  const counted = each((one, labels) => Object.entries(one.counts).map(([outcome, n]) => [{ ...labels, outcome }, n] as const));
  metric("flounder_samples_total", "counter", "Samples by outcome.", counted);
  const lost = each((one, labels) => [[{ ...labels, bound: "lo" }, one.lostS.lo] as const, [{ ...labels, bound: "hi" }, one.lostS.hi] as const]);
  metric("flounder_lost_seconds", "gauge", "Time without service, with its bounds.", lost);
  const outages = each((one, labels) => [[labels, one.outages.length] as const]);
  metric("flounder_outages", "gauge", "Outages seen.", outages);
  const down = each((one, labels) => [[labels, one.outages.some((outage) => outage.open.end) ? 0 : 1] as const]);
  metric("flounder_up", "gauge", "0 while an outage is under way.", down);
  const latency = each((one, labels) => [
    [{ ...labels, quantile: "0.5" }, one.latencyMs.p50 / 1000] as const,
    [{ ...labels, quantile: "0.99" }, one.latencyMs.p99 / 1000] as const,
  ]);
  metric("flounder_latency_seconds", "gauge", "Of good answers, since the start.", latency);
  metric("flounder_observer_faults_total", "counter", "Samples lost to the observer itself.", [[{}, result.observer.faults]]);
  metric("flounder_schedule_lateness_seconds", "gauge", "99th percentile of how late samples were sent.", [[{}, result.observer.latenessMs.p99 / 1000]]);
  return text();
}
