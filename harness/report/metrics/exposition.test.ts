/** Live metrics, read by Prometheus' own strict parsers (Debian's python3-prometheus-client), as a scraper asks for them. */
import { expect } from "chai";
import { canParse, parsed } from "../testing/scraper.js";
import { exposition, openMetrics, serveMetrics } from "./exposition.js";

describe("live metrics for Prometheus", () => {
  before(function () {
    if (!canParse()) this.skip();
  });
  const text = () => {
    const all = exposition();
    all.metric("flounder_samples_total", "counter", 'Samples by "outcome".', [
      [{ name: 'a "quoted\\ name"\nof two lines', outcome: "ok" }, 3],
      [{ name: "b", outcome: "ok" }, 0],
    ]);
    all.metric("flounder_lost_seconds", "gauge", "Lost.", [[{ name: "a", bound: "lo" }, 1e-7]]);
    all.metric("flounder_nothing", "gauge", "Of nobody.", []);
    return all.text();
  };
  for (const [how, accept, type, counter] of [
    [
      "om",
      "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
      "flounder_samples",
    ],
    ["text", "text/plain;version=0.0.4", "text/plain; version=0.0.4; charset=utf-8", "flounder_samples"],
  ] as const)
    it(`${how}: is what a strict parser takes, series by series`, async () => {
      const served = await serveMetrics(0, text);
      try {
        const answer = await fetch(`http://127.0.0.1:${served.port}/metrics`, { headers: { accept } });
        expect(answer.headers.get("content-type")).to.equal(type);
        const families = parsed(how, await answer.text());
        expect(families[0]).to.match(new RegExp(`^${counter} counter 2 `));
        expect(families[0]).to.contain(String.raw`a "quoted\\ name"\nof two lines`);
        expect(families[1]).to.match(/^flounder_lost_seconds gauge 1 /);
        expect(families[2]).to.equal("flounder_nothing gauge 0");
      } finally {
        served.close();
      }
    });
  it("the parser is strict: what does not end is refused", () => {
    expect(() => parsed("om", openMetrics(text()).replace("# EOF\n", ""))).to.throw(/EOF/);
    expect(() => parsed("om", text())).to.throw();
  });
  it("before anything is measured there is an end and nothing else", async () => {
    const served = await serveMetrics(0, () => "");
    try {
      const answer = await fetch(`http://127.0.0.1:${served.port}/metrics`, { headers: { accept: "application/openmetrics-text" } });
      expect(parsed("om", await answer.text())).to.deep.equal([""]);
    } finally {
      served.close();
    }
  });
});
