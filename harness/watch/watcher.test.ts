import { expect } from "chai";
import { sleep, until, within } from "../clock.js";
import { isCovered, matches } from "../measure/against-truth.js";
import { startProber } from "../probes/launch/child.js";
import type { EndpointTarget } from "../probes/target.js";
import { type KnownServer, knownServer } from "../probes/testing/known-server.js";
import { serveMetrics } from "../report/metrics/exposition.js";
import { startTruth } from "../ruler/truth-child.js";
import { metricsText } from "./metrics.js";
import type { WatchResult } from "./result.js";

describe("the prober of watch", function () {
  this.timeout(20_000);
  const target = (url: string, rateHz: number, connection: "fresh" | "kept", text?: string): EndpointTarget => ({
    name: `${url} ${connection}`,
    question: { kind: "http", url, connection, ...(text === undefined ? {} : { expect: { text } }) },
    periodUs: 1e6 / rateHz,
    phaseUs: 0,
    deadlineUs: 1e6,
  });

  it("finds every outage of a server that knows them, fresh and kept, within its bounds", async () => {
    const modes = ["503", "refuse", "reset", "hang-dropped", "stall", "wrong"] as const;
    const windows = modes.map((mode, i) => ({ mode, atMs: 300 + i * 1000, forMs: 350 }));
    const server = await startTruth({ windows, brownOutShare: 0.5, slowMs: 300, seed: 1 });
    const both = (["fresh", "kept"] as const).map((connection) => target(server.url, 100, connection, "well"));
    const watcher = startProber({ zeroUs: 0, ask: { endpoints: both }, tell: "totals", warmUpMs: 500 }, {});
    await watcher.ready;
    server.go();
    await until("all outages are over", () => server.truths.length === modes.length, 12_000, 100);
    await sleep(600);
    const last = (await watcher.end())[0]!;
    await server.end();
    for (const { outages } of last.lanes) {
      const { matched, falseAlarms } = matches(server.truths, outages);
      expect(falseAlarms.filter((one) => one.cause !== "stall" && one.cause !== "slow")).to.deep.equal([]); // a busy machine can stall the server for real
      expect(matched.filter((one) => one.found.length === 0).map((one) => one.mode)).to.deep.equal([]);
      expect(matched.filter(isCovered).length).to.be.at.least(modes.length - 1);
    }
  });

  it("asked for more than any machine can send, still reads answers, and counts what it did not send", async () => {
    const server = await startTruth({ windows: [], brownOutShare: 0, slowMs: 0, seed: 1 });
    const watcher = startProber({ zeroUs: 0, ask: { endpoints: [target(server.url, 200_000, "kept")] }, tell: "totals", warmUpMs: 300 }, {});
    await watcher.ready;
    await sleep(1500);
    const { counts } = (await watcher.end())[0]!.lanes[0]!;
    await server.end();
    expect(counts.ok).to.be.above(500);
    expect(counts.observer).to.be.above(100_000);
    expect(counts.timeout ?? 0).to.be.below(counts.ok!);
  });

  it("stopped for 300 ms, reports no outage of the target and counts what it lost", async () => {
    const server: KnownServer = await knownServer();
    let samples = 0;
    const endpoints = [target(`http://127.0.0.1:${server.port}/`, 100, "fresh")];
    const watcher = startProber(
      { zeroUs: 0, ask: { endpoints }, tell: "totals", warmUpMs: 300 },
      {
        report(report) {
          samples = report.samples;
        },
      },
    );
    await watcher.ready;
    await until("it samples", () => samples > 50, 5000);
    process.kill(watcher.pids[0]!, "SIGSTOP");
    await sleep(300);
    process.kill(watcher.pids[0]!, "SIGCONT");
    await sleep(500);
    const last = (await watcher.end())[0]!;
    await server.close();
    expect(last.lanes[0]!.outages).to.deep.equal([]);
    expect(last.lanes[0]!.lostS).to.deep.equal({ lo: 0, hi: 0 });
    expect(last.lanes[0]!.counts.observer).to.be.within(25, 45);
    expect(last.hiccups).to.be.at.least(1);
  });

  it("stopped for good, is ended, and whoever started it is told why", async () => {
    const server: KnownServer = await knownServer();
    const endpoints = [target(`http://127.0.0.1:${server.port}/`, 100, "fresh")];
    const watcher = startProber({ zeroUs: 0, ask: { endpoints }, tell: "totals", warmUpMs: 300 }, {});
    try {
      await watcher.ready;
      process.kill(watcher.pids[0]!, "SIGSTOP");
      expect(await within(18_000, "noticing that it is silent", watcher.broken)).to.equal(
        "the prober ended before its time (silent for 10 s, SIGKILL): nothing was measured after that",
      );
      await within(1000, "ending what has ended", watcher.end());
    } finally {
      await server.close();
      try {
        process.kill(watcher.pids[0]!, "SIGKILL");
      } catch {
        // as it should be: it has ended
      }
    }
  });

  it("serves Prometheus what it knows, on loopback", async () => {
    const result = {
      observer: { faults: 3, share: 0, shed: 0, hiccups: 0, cpuShare: 0, latenessMs: { p50: 0, p99: 2, max: 3 } },
      endpoints: [
        {
          name: 'http://x/"quoted" kept',
          url: 'http://x/"quoted"',
          connection: "kept",
          counts: { ok: 7, refused: 2 },
          lostS: { lo: 0.1, hi: 0.3 },
          outages: [],
          latencyMs: { p50: 1, p99: 2, max: 3 },
        },
      ],
    } as unknown as WatchResult;
    const metrics = await serveMetrics(0, () => metricsText(result));
    const text = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
    metrics.close();
    expect(text).to.contain('flounder_samples_total{name="http://x/\\"quoted\\" kept",url="http://x/\\"quoted\\"",connection="kept",outcome="refused"} 2');
    expect(text).to.contain("flounder_observer_faults_total 3");
    for (const line of text.trim().split("\n")) expect(line).to.match(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? [\d.e+-]+)$/);
  });
});
