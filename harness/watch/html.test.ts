/** --html, as a browser shows it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { type Browser, chromium, type Page } from "playwright-core";
import { watchHtml } from "./html.js";
import type { WatchedEndpoint, WatchResult } from "./result.js";
import { WatchStrips } from "./strips.js";
import { endpoint as goodEndpoint } from "./testing/result.js";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const hostile = `</script><script>console.error("ran")</script><img src="http://127.0.0.1:9/x">`;

const endpoint = (name: string, parts: Partial<WatchedEndpoint> = {}) =>
  goodEndpoint(name, {
    url: "http://***@app.test/with-a-path-that-is-long-enough-to-stick-out-of-a-telephone-if-nobody-breaks-it",
    connection: "kept",
    samples: 400,
    counts: { ok: 400 },
    latencyMs: { p50: 1.234, p99: 22, max: 30 },
    ...parts,
  });
const at = Date.UTC(2026, 3, 25, 12, 45);
const down = endpoint(hostile, {
  counts: { ok: 360, "http-5xx": 40 },
  lostS: { lo: 1.95, hi: 2.05 },
  errorBarS: { lo: 1.9, hi: 2.1 },
  outages: [
    {
      startMs: { lo: at, hi: at + 50 },
      endMs: { lo: at + 2000, hi: at + 2050 },
      startNs: { lo: 0, hi: 0 },
      endNs: { lo: 0, hi: 0 },
      knownMs: at + 150,
      lostS: { lo: 1.95, hi: 2.05 },
      errorBarS: { lo: 1.9, hi: 2.1 },
      cause: "http-5xx",
      badShare: 1,
      samples: 40,
      open: { start: false, end: false },
    },
  ],
  lastBad: { outcome: "http-5xx", note: hostile },
  findings: { "stale-connection": 3 },
  verdict: { result: "fail", says: ["lost 1.95 to 2.05 s, allowed at most 1 s"] },
});
const result: WatchResult = {
  version: 2,
  flounder: "0",
  startedIso: "2026-04-25T12:45:00.000Z",
  seconds: 20,
  complete: true,
  verdict: { result: "fail", says: [`${hostile}: lost 1.95 to 2.05 s, allowed at most 1 s`] },
  command: { argv: ["sh", "-c", hostile], exitCode: 0, signal: null },
  observer: { faults: 0, share: 0, shed: 0, hiccups: 0, cpuShare: 0.01, latenessMs: { p50: 0.1, p99: 1, max: 3 } },
  calibration: { is: "none", says: hostile, errors: [], warnings: [hostile] },
  endpoints: [
    endpoint("front page"),
    down,
    endpoint("nobody asked", { samples: 0, counts: {}, verdict: { result: "inconclusive", says: ["nothing was measured"] } }),
  ],
};
const strips = new WatchStrips();
for (let second = 1; second <= 20; second++) {
  const bad = Math.max(0, Math.min(40, (second - 5) * 20));
  strips.add({
    ...result,
    seconds: second,
    endpoints: [
      endpoint("front page", { counts: { ok: 20 * second } }),
      { ...down, counts: { ok: 20 * second - bad, "http-5xx": bad } },
      endpoint("nobody asked", { counts: {} }),
    ],
  });
}

describe("watch --html in a browser", function () {
  this.timeout(60_000);
  let dir: string;
  let browser: Browser;
  before(async function () {
    if (!executablePath) return this.skip();
    dir = mkdtempSync(join(tmpdir(), "flounder-watch-html-"));
    writeFileSync(join(dir, "watch.html"), watchHtml(result, strips));
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  });
  after(async () => {
    await browser?.close();
    if (dir) rmSync(dir, { recursive: true, force: true });
  });

  async function open(width: number, look: (page: Page) => Promise<void>): Promise<void> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: width === 390 ? "dark" : "light" });
    const noise: string[] = [];
    const url = pathToFileURL(join(dir, "watch.html")).href;
    page.on("console", (message) => noise.push(`console ${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => noise.push(`error: ${error.message}`));
    page.on("request", (request) => {
      if (request.url() !== url) noise.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    await look(page);
    expect(noise).to.deep.equal([]);
    await page.close();
  }

  for (const width of [60, 390, 820, 1200])
    it(`at ${width} px nothing sticks out, one size of the picture is shown, and no name runs`, async () => {
      await open(width, async (page) => {
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).to.be.at.most(0);
        expect(await page.evaluate('[...document.querySelectorAll("svg.plot")].filter((svg) => svg.getBoundingClientRect().width > 0).length')).to.equal(1);
      });
    });
  it("says what was lost, how sure it is, what was found, and embeds the JSON", async () => {
    await open(1200, async (page) => {
      expect(await page.evaluate('JSON.parse(document.querySelector("#watch").textContent)')).to.deep.equal(JSON.parse(JSON.stringify(result)));
      const text = (await page.textContent("main"))!;
      for (const words of [
        "lost 1.950–2.050 s",
        "of nobody asked nothing was measured",
        "(1.900–2.100)",
        "2026-04-25 12:45:00.025Z",
        "stale-connection (3 times)",
        "40 / 400",
        "1.23",
      ])
        expect(text).to.contain(words);
      // Two of the twenty seconds were lost.
      expect(await page.evaluate('[...document.querySelectorAll(".wide svg.plot title")].map((one) => one.textContent.replace(/.*: /s, ""))')).to.deep.equal([
        "100 % lost, 5.0–6.0 s",
        "100 % lost, 6.0–7.0 s",
      ]);
    });
  });
  it("of a long watch holds no more than so much", () => {
    const long = new WatchStrips();
    for (let second = 1; second <= 5000; second++)
      long.add({ ...result, seconds: second, endpoints: [endpoint("a", { counts: { ok: second - (second > 2500 ? 1 : 0), reset: second > 2500 ? 1 : 0 } })] });
    const stretches = long.stretchesOf("a");
    expect(stretches.length).to.be.within(400, 961);
    expect([stretches[0]!.fromUs, stretches.at(-1)!.toUs]).to.deep.equal([0, 5000e6]);
    expect(stretches.filter(({ lost }) => lost !== 0)).to.have.length(1);
    for (let i = 1; i < stretches.length; i++) expect(stretches[i]!.fromUs).to.equal(stretches[i - 1]!.toUs);
  });
});
