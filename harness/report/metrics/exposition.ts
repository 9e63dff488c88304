/** Prometheus' text format (0.0.4), OpenMetrics for whoever asks for it, and their server on loopback: what live metrics of any kind share. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { FlounderError } from "../../errors.js";

export type Labelled = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Collects metrics; `text` is what has been collected. */
export function exposition(): { metric(name: string, type: "counter" | "gauge", help: string, values: readonly Labelled[]): void; text(): string } {
  const lines: string[] = [];
  return {
    metric(name, type, help, values) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [labels, value] of values) {
        const text = Object.entries(labels)
          .map(([label, is]) => `${label}="${is.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`)
          .join(",");
        lines.push(`${name}${text === "" ? "" : `{${text}}`} ${value}`);
      }
    },
    text: () => `${lines.join("\n")}\n`,
  };
}

/** The same as OpenMetrics 1.0.0 (https://prometheus.io/docs/specs/om/open_metrics_spec): a counter's family is named without _total, and the end is said. */
export const openMetrics = (text: string): string => `${text.replace(/^(# (?:HELP|TYPE) \S+)_total /gm, "$1 ")}# EOF\n`;

/**
 * Serves GET /metrics on 127.0.0.1, to whoever asks from this machine: figures, without a token, as Prometheus expects it. Port 0 takes a free one. Rejects with FlounderError if the
 * port is taken.
 */
export async function serveMetrics(port: number, text: () => string): Promise<{ readonly port: number; close(): void }> {
  if (port > 65_535) throw new FlounderError("usage", `--metrics ${port} is not a port`, "give one up to 65535; 0 takes a free one");
  const server = createServer((request, response) => {
    const name = request.headers.host?.replace(/:\d+$/, "") ?? "";
    // A page in a local browser asks under a name of its own, or says where it is from.
    if (request.headers.origin !== undefined || !["127.0.0.1", "localhost", "[::1]"].includes(name)) response.writeHead(403).end("not for web pages\n");
    else if (request.method !== "GET" && request.method !== "HEAD") response.writeHead(405).end("figures are read, not written\n");
    else if (request.url?.split("?")[0] !== "/metrics") response.writeHead(404).end("see /metrics\n");
    else if (/\bapplication\/openmetrics-text\b/.test(request.headers.accept ?? ""))
      response.writeHead(200, { "content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8" }).end(openMetrics(text()));
    else response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new FlounderError(
          "environment",
          `port ${port} for /metrics: ${error.code === "EADDRINUSE" ? "it is taken" : error.code}`,
          "choose another one with --metrics PORT; 0 takes a free one",
        ),
      ),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  server.unref(); // what is measured keeps its process going, and not who might ask about it
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
