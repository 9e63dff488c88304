import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { chromium } from "playwright-core";
import { analyse } from "../analysis/analyse.js";
import { five, madeDesign, madeStrips, madeTrials } from "../testing/fixture.js";
import { renderHtml } from "./html.js";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

describe("a comparison's report.html in a browser", function () {
  this.timeout(60_000);
  it("fits 1300 and 420 px, asks nobody for anything, shows one size of each picture", async function () {
    if (!executablePath) return this.skip();
    const dir = mkdtempSync(join(tmpdir(), "flounder-compare-html-"));
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
    try {
      const design = madeDesign(five);
      const trials = madeTrials(design, five);
      const path = join(dir, "report.html");
      writeFileSync(path, renderHtml({ design, comparison: analyse(design, trials, { digest: "d1" }), strips: madeStrips(design, trials) }));
      const url = pathToFileURL(path).href;
      for (const width of [1300, 420]) {
        const page = await browser.newPage({ viewport: { width, height: 900 } });
        const noise: string[] = [];
        page.on("console", (message) => noise.push(message.text()));
        page.on("request", (request) => request.url() !== url && noise.push(request.url()));
        await page.goto(url);
        const { overflow, pictures } = await page.evaluate(() => {
          const { document, innerWidth } = globalThis as unknown as Page0;
          const shown = [...document.querySelectorAll("svg.plot")].filter((svg) => svg.getBoundingClientRect().width > 0);
          return { overflow: document.documentElement.scrollWidth - innerWidth, pictures: shown.length };
        });
        expect({ width, overflow, pictures, noise }).to.deep.equal({ width, overflow: 0, pictures: 3, noise: [] });
        await page.close();
      }
    } finally {
      await browser.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

/** The part of a page's globals that is used above; the project is compiled without the DOM's types. */
interface Page0 {
  readonly innerWidth: number;
  readonly document: {
    readonly documentElement: { readonly scrollWidth: number };
    querySelectorAll(selector: string): Iterable<{ getBoundingClientRect(): { readonly width: number } }>;
  };
}
