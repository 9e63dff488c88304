import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { probeKey } from "../../core.js";
import { bySchedule } from "../../judge/judge.js";
import { lostSeconds } from "../../measure/lost.js";
import { fixtureRun } from "../testing/fixture.js";
import { bothParsed, canParse } from "../testing/scraper.js";
import { serveMetrics } from "./exposition.js";
import { RunMetrics } from "./run-metrics.js";

/** Value of a line by what stands before it. */
function figureOf(text: string, name: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  if (!line) throw new Error(`there is no ${name} in\n${text}`);
  return Number(line.slice(name.length + 1));
}

describe("metrics of a live run", () => {
  const { plan, events, samples: slow } = fixtureRun();
  /** No prober waits longer than a deadline. */
  const samples = slow.map((one) => {
    const { deadlineMs } = plan.probes.find((probe) => probeKey(probe) === probeKey(one))!;
    return { ...one, endUs: Math.min(one.endUs, one.sentUs + deadlineMs * 1000) };
  });
  /** As a run has them: events as they happen, samples as they end, a batch each 100 ms. */
  const fed = (untilUs: number) => {
    const metrics = new RunMetrics(plan);
    const ended = [...samples].sort((a, b) => a.endUs - b.endUs);
    let [e, s] = [0, 0];
    for (let nowUs = 0; nowUs <= untilUs; nowUs += 100_000) {
      while (e < events.length && events[e]!.atUs <= nowUs) metrics.event(events[e++]!);
      const from = s;
      while (s < ended.length && ended[s]!.endUs <= nowUs) s++;
      metrics.samples(ended.slice(from, s));
    }
    return { metrics, seen: ended.slice(0, s) };
  };
  const turbulenceUs = events.find((event) => event.kind === "phase" && event.phase === "turbulence")!.atUs;

  it("counts lost seconds as a judge would at that moment, in the order in which samples came", () => {
    for (const untilS of [18, 25, 40, 60, 80, 95]) {
      const { metrics, seen } = fed(untilS * 1e6);
      const now = lostSeconds(plan.probes, bySchedule(seen), { fromUs: turbulenceUs, toUs: Number.POSITIVE_INFINITY });
      const text = metrics.text();
      for (const plane of ["control", "data"] as const)
        for (const from of ["outside", "inside"] as const)
          for (const bound of ["lo", "hi"] as const)
            expect(figureOf(text, `flounder_lost_seconds{plane="${plane}",vantage="${from}",bound="${bound}"}`), `${untilS} s`).to.be.closeTo(
              now[plane][from][bound],
              1e-6,
            );
    }
  });
  it("loses nothing before turbulence", () => {
    const { metrics } = fed(10e6);
    expect(metrics.text()).to.match(/flounder_lost_seconds\{plane="control",vantage="outside",bound="hi"\} 0\n/);
  });
  it("says of each act that it has begun, that it bit, that it is healed", () => {
    const states = (untilS: number) => {
      const text = fed(untilS * 1e6).metrics.text();
      return ["lun", "node"].map((act) => {
        const { fault } = plan.acts.find(({ id }) => id === act)!;
        return ["begun", "bit", "healed"].map((state) => figureOf(text, `flounder_act_state{act="${act}",fault="${fault}",state="${state}"}`)).join("");
      });
    };
    expect([18, 19.05, 25, 36, 95].map(states)).to.deep.equal([
      ["000", "000"],
      ["100", "000"],
      ["110", "000"],
      ["111", "000"],
      ["111", "111"],
    ]);
  });
  it("counts samples by probe, plane, vantage and outcome, and the observer's faults; as Prometheus reads it, over HTTP", async () => {
    const { metrics, seen } = fed(95e6);
    const served = await serveMetrics(0, () => metrics.text());
    const response = await fetch(`http://127.0.0.1:${served.port}/metrics`);
    const text = await response.text();
    const other = await fetch(`http://127.0.0.1:${served.port}/`);
    served.close();
    expect(response.headers.get("content-type")).to.contain("version=0.0.4");
    expect(other.status).to.equal(404);
    for (const line of text.trim().split("\n")) expect(line).to.match(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [\d.e+-]+)$/);
    const logins = seen.filter((one) => one.probe === "login" && one.from === "inside" && one.outcome === "http-5xx").length;
    expect(logins).to.be.above(10);
    expect(figureOf(text, 'flounder_samples_total{probe="login",plane="control",vantage="inside",outcome="http-5xx"}')).to.equal(logins);
    expect(figureOf(text, "flounder_observer_faults_total")).to.equal(seen.filter((one) => one.outcome === "observer").length);
    const late = events.findLast((event) => event.kind === "observer")!;
    expect(figureOf(text, "flounder_schedule_lateness_seconds")).to.equal(late.latenessP99Us / 1e6);
  });
  it("is what Prometheus' strict parsers take", function () {
    if (!canParse()) this.skip();
    const text = fed(95e6).metrics.text();
    for (const families of bothParsed(text)) expect(families).to.include.members(["flounder_samples counter", "flounder_lost_seconds gauge"]);
  });
  it("answers no web page, and takes nothing", async () => {
    const served = await serveMetrics(0, () => "flounder_up 1\n");
    const ask = (headers: Record<string, string>, method = "GET") =>
      new Promise<number>((resolve, reject) => {
        const asking = request({ host: "127.0.0.1", port: served.port, path: "/metrics", method, headers, agent: false }, (answer) => {
          answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
        });
        asking.once("error", reject).end();
      });
    const got = [
      await ask({}),
      await ask({ host: "localhost:1" }),
      await ask({ host: "evil.example" }),
      await ask({ origin: "http://evil.example" }),
      await ask({}, "POST"),
    ];
    served.close();
    expect(got).to.deep.equal([200, 200, 403, 403, 405]);
  });
  it("refuses a port that is taken, and one that is none", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as AddressInfo;
    const why = async (wanted: number) => serveMetrics(wanted, () => "").then(String, (error: Error) => error.message);
    expect(await why(port)).to.equal(`port ${port} for /metrics: it is taken`);
    expect(await why(65_536)).to.equal("--metrics 65536 is not a port");
    taken.close();
  });
});
