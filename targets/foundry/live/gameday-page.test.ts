/** `day-2` on `org`, lived through in a real browser from link to debrief: a facilitator and two players, one of them on a phone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { ended, startFlounder } from "../../../harness/cli/testing/program.js";
import { until } from "../../../harness/clock.js";
import type { Event, Verdict } from "../../../harness/core.js";
import { executablePath, launch, openTab, overflow, seriousFindings } from "../../../harness/gameday/testing/browser.js";
import { openHome } from "../testing/live-foundation.js";

const bounds = ({ lo, hi }: { readonly lo: number; readonly hi: number }) => `${lo.toFixed(1)}–${hi.toFixed(1)}`;

describe("a game day's page, at a live foundation", function () {
  this.timeout(400_000);
  let browser: Browser;
  let home: ReturnType<typeof openHome>;
  before(async function () {
    if (!executablePath) return this.skip();
    browser = await launch();
    home = openHome("gameday-page");
  });
  after(async () => {
    await browser?.close();
    home?.close();
  });

  it("day-2 is noticed, named and restored by verbs, and the debrief says what verdict.json says", async () => {
    const child = startFlounder(["gameday", "day-2", "--blind", "--roles", "operations:console,support", "--seed", "3", "--linger"], { cwd: home.dir });
    const end = ended(child);
    try {
      let out = "";
      child.stdout!.on("data", (chunk) => {
        out += chunk;
      });
      const links = () => [...out.matchAll(/http:\S+/g)].map(([link]) => link);
      await until("the links", () => links().length >= 3 || child.exitCode !== null, 60_000, 50);
      const [forFacilitator, forPlayers] = links();
      const ann = await openTab(browser, forFacilitator!, { name: "Ann", screen: "laptop" });
      const bo = await openTab(browser, forPlayers!, { name: "Bo", screen: "phone", seat: "support", dark: true });
      const cem = await openTab(browser, forPlayers!, { name: "Cem", screen: "laptop", seat: "operations" });
      const all = [ann, bo, cem];
      await ann.page.click("#go:not([aria-disabled=true])", { timeout: 180_000 });
      await bo.page.waitForSelector(".plane.down", { timeout: 120_000 });
      await bo.page.fill("#mark-note", "nobody gets in");
      await bo.page.tap("#mark-wrong");
      await cem.page.waitForSelector('.feed li:has-text("Bo: Something is wrong: nobody gets in")');
      for (const { page } of [bo, cem]) expect(await page.content()).not.to.match(/edge-wipe|day-2/);
      await cem.page.click("#mark-cause");
      await cem.page.selectOption("#verb", "restoreEdge");
      await cem.page.click("#do-verb");
      await cem.page.waitForSelector(".came.good", { timeout: 60_000 });
      await until("both planes to be up again", async () => (await bo.page.locator(".plane.up").count()) === 2, 60_000, 50);
      await bo.page.tap("#mark-fixed");
      expect((await Promise.all(all.map(({ page }) => seriousFindings(page)))).flat()).to.deep.equal([]);
      for (const { page } of all) await page.waitForSelector("#moment", { timeout: 180_000 });

      const results = join(home.dir, "results", "latest");
      const { result, lostS, people } = JSON.parse(readFileSync(join(results, "verdict.json"), "utf8")) as Verdict;
      expect(people!.marks.map(({ who, mark }) => `${who} ${mark}`)).to.deep.equal(["Bo wrong", "Cem cause", "Bo fixed"]);
      for (const { page } of all) {
        expect(await page.textContent("[data-path=result]")).to.equal(result.toUpperCase());
        for (const plane of ["control", "data"] as const)
          expect(await page.textContent(`[data-path="lostS.${plane}.outside"]`)).to.contain(bounds(lostS[plane].outside));
        for (const name of ["noticedS", "namedS", "firstActionS", "restoredS", "healedS", "saidFixedS"] as const)
          expect(await cells(page, name), name).to.deep.equal(people!.clocks.map((clock) => (clock[name] ? `${bounds(clock[name])} s` : "–")));
        expect(await overflow(page)).to.equal(0);
      }
      const events = readFileSync(join(results, "timeline.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Event);
      const wrong = events.find((event) => event.kind === "mark" && event.mark === "wrong")!;
      expect(await ann.page.textContent(".jumps")).to.contain(
        `Noticed ${Math.floor(wrong.atUs / 60e6)}:${String(Math.floor(wrong.atUs / 1e6) % 60).padStart(2, "0")}`,
      );
      expect((await Promise.all(all.map(({ page }) => seriousFindings(page)))).flat(), "in the debrief").to.deep.equal([]);
      expect(all.flatMap(({ noise }) => noise)).to.deep.equal([]);
    } finally {
      child.kill("SIGINT");
      await end;
    }
  });
});

const cells = (page: Page, name: string): Promise<string[]> =>
  page.locator(`[data-path="people.${name}"] td`).evaluateAll((all) => all.map((cell) => (cell as { readonly textContent: string | null }).textContent ?? ""));
