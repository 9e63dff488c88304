/** Prometheus' text format (0.0.4) of a live watch, served on loopback. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { FlounderError } from "../errors.js";
import type { WatchedEndpoint, WatchResult } from "./watch-result.js";

export function metricsText(result: WatchResult): string {
  const lines: string[] = [];
  const metric = (name: string, type: "counter" | "gauge", help: string, values: readonly (readonly [Record<string, string>, number])[]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of values) {
      const text = Object.entries(labels)
        .map(([label, is]) => `${label}="${is.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`)
        .join(",");
      lines.push(`${name}${text === "" ? "" : `{${text}}`} ${value}`);
    }
  };
  const each = <T>(of: (one: WatchedEndpoint, labels: Record<string, string>) => T[]): T[] =>
    result.endpoints.flatMap((one) =>
      of(one, {
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
  return `${lines.join("\n")}\n`;
}

/** Serves GET /metrics on 127.0.0.1; port 0 takes a free one. Throws FlounderError if the port is taken. */
export async function serveMetrics(port: number, text: () => string): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((request, response) => {
    if (request.url?.split("?")[0] !== "/metrics") response.writeHead(404).end("see /metrics\n");
    else response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(new FlounderError("environment", `port ${port} for /metrics: ${error.code}`, "choose another one with --metrics PORT")),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
