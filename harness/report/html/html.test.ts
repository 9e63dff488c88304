import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { type Browser, chromium, type Page } from "playwright-core";
import type { Event, Verdict } from "../../core.js";
import { files, writeReports } from "../../results/results.js";
import { fixtureRun, writeFixture } from "../testing/fixture.js";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

describe("report.html in a browser", function () {
  this.timeout(60_000);
  let base: string;
  let dir: string;
  let browser: Browser;
  before(async function () {
    if (!executablePath) return this.skip();
    base = mkdtempSync(join(tmpdir(), "flounder-html-"));
    const run = fixtureRun();
    const hostile: Event = {
      atUs: 30e6,
      by: "platform",
      kind: "alarm",
      from: "hm-1",
      says: `</script><script>console.error("ran")</script><img src="http://127.0.0.1:9/x">`,
    };
    const write = `app </script><b onclick="x">`;
    const events = [
      ...run.events,
      hostile,
      { atUs: 40e6, by: "script", kind: "acked", write },
      { atUs: 89e6, by: "script", kind: "missing", write },
    ] as Event[];
    dir = await writeFixture(base, { ...run, events });
    await writeReports(dir);
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  });
  after(async () => {
    await browser?.close();
    if (base) rmSync(base, { recursive: true, force: true });
  });

  async function open(width: number, look: (page: Page) => Promise<void>, colorScheme: "light" | "dark" = "light"): Promise<void> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const noise: string[] = [];
    const url = pathToFileURL(join(dir, files.html)).href;
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
  const verdict = () => JSON.parse(readFileSync(join(dir, files.verdict), "utf8")) as Verdict;

  it("logs nothing, asks nobody, and embeds verdict.json", async () => {
    await open(1280, async (page) => {
      const embedded = await page.evaluate(() => JSON.parse((globalThis as unknown as Page0).document.querySelector("#verdict")!.textContent));
      expect(embedded).to.deep.equal(verdict());
    });
  });

  it("shows the figures of verdict.json, to the last one and as they round", async () => {
    await open(1280, async (page) => {
      const shown = await page.$$eval("[data-path]", (elements) =>
        elements.map((element) => ({
          path: element.getAttribute("data-path")!,
          value: Number(element.getAttribute("data-value")),
          text: element.textContent ?? "",
        })),
      );
      const at = (path: string) => path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], verdict());
      for (const { path, value, text } of shown) {
        expect(at(path), path).to.equal(value);
        const read = path === "observerFaults" ? Number(text) / 100 : Number(text);
        if (text !== "") expect(Math.abs(read - value), `${path}: ${text}`).to.be.at.most(0.0501);
      }
      const paths = new Set(shown.map((one) => one.path));
      const { matrix, acts, operations, recovery } = verdict();
      const expected = [
        ...["control", "data"].flatMap((plane) =>
          ["outside", "inside"].flatMap((from) =>
            ["lo", "hi"].flatMap((edge) => [`lostS.${plane}.${from}.${edge}`, ...acts.map((_, i) => `acts.${i}.lostS.${plane}.${from}.${edge}`)]),
          ),
        ),
        ...matrix.map((_, i) => `matrix.${i}.seconds`),
        ...Object.keys(operations).flatMap((name) => [`operations.${name}.outside.lo`, `operations.${name}.inside.bad`]),
        ...recovery.flatMap((clock, i) =>
          (["detectedS", "healedS", "stableS"] as const).filter((name) => clock[name] !== null).map((name) => `recovery.${i}.${name}`),
        ),
        "receipts.bit",
        "receipts.healed",
        "receipts.of",
        "ledger.acknowledged",
        "observerFaults",
        "seed",
      ];
      expect(expected.filter((path) => !paths.has(path))).to.deep.equal([]);
    });
  });

  for (const width of [1280, 820, 390])
    it(`fits a screen of ${width} px: nothing sticks out, one size of each picture is shown, its text is readable`, async () => {
      await open(
        width,
        async (page) => {
          const { overflow, pictures, smallest } = await page.evaluate(() => {
            const { document, innerWidth } = globalThis as unknown as Page0;
            const shown = [...document.querySelectorAll("svg.plot")].map((svg) => svg.getBoundingClientRect()).filter((box) => box.width > 0);
            const texts = [...document.querySelectorAll("svg.plot text")].map((text) => text.getBoundingClientRect()).filter((box) => box.height > 0);
            return {
              overflow: document.documentElement.scrollWidth - innerWidth,
              pictures: shown.length,
              smallest: Math.min(...texts.map((box) => box.height)),
            };
          });
          expect(overflow).to.equal(0);
          expect(pictures).to.equal(3);
          expect(smallest).to.be.above(10);
        },
        width === 390 ? "dark" : "light",
      );
    });
});

/** The part of a page's globals that is used above; the project is compiled without the DOM's types. */
interface Page0 {
  readonly innerWidth: number;
  readonly document: {
    readonly documentElement: { readonly scrollWidth: number };
    querySelector(selector: string): { readonly textContent: string } | null;
    querySelectorAll(selector: string): Iterable<{ getBoundingClientRect(): { readonly width: number; readonly height: number } }>;
  };
}
