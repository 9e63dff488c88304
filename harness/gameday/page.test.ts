import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser } from "playwright-core";
import type { PeopleFigures, Verdict } from "../core.js";
import { dist } from "../paths.js";
import { type PageServer, servePage } from "./server.js";
import { executablePath, launch, type OpenTab, openTab, overflow, screens, seriousFindings, touch } from "./testing/browser.js";
import { fakeGame } from "./testing/fake-game.js";

const gameId = "page-test";
const secret = "0123456789abcdef".repeat(4);
/** The made-up game goes so many times as fast. */
const quick = 4;

describe("the page of a game day in a browser", function () {
  this.timeout(120_000);
  let browser: Browser;
  let game: ReturnType<typeof fakeGame>;
  let server: PageServer;
  before(async function () {
    if (!executablePath) return this.skip();
    browser = await launch();
  });
  after(() => browser?.close());
  beforeEach(async () => {
    game = fakeGame({ quick });
    server = await servePage({ game, gameId, secret, port: 0 });
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    game.end();
    await server.close();
  });

  const facilitator = (screen: keyof typeof screens = "laptop") => openTab(browser, server.link("facilitator"), { name: "Ann", screen });
  const player = (name: string, screen: keyof typeof screens, seat: string, dark = false) =>
    openTab(browser, server.link("player"), { name, screen, seat, dark });
  const room = (dark = false) => openTab(browser, server.link("room"), { name: "Wall", screen: "wall", dark });
  const go = async ({ page }: OpenTab) => {
    await page.click("#go:not([aria-disabled=true])");
    await page.waitForSelector("text=turbulence: acts begin");
  };
  const sees = ({ page }: OpenTab, text: string) => page.locator(`text=${text}`).first().waitFor();

  it("is lived through by a facilitator, a phone, a laptop and the room's screen, from link to debrief, and nothing secret reaches who is blind", async () => {
    const ann = await facilitator();
    const bo = await player("Bo", "phone", "support", true);
    const cem = await player("Cem", "laptop", "operations");
    const wall = await room(true);
    const all = [ann, bo, cem, wall];
    await sees(bo, "Ready. The facilitator starts the run.");
    expect((await Promise.all(all.map(({ page }) => seriousFindings(page)))).flat()).to.deep.equal([]);
    await go(ann);
    await bo.page.waitForSelector(".plane.down");
    await bo.page.fill("#mark-note", "nobody gets <b>in</b>");
    await bo.page.tap("#mark-wrong");
    await sees(wall, "Bo: Something is wrong: nobody gets <b>in</b>");
    await sees(cem, "front-door lb-1");
    expect((await Promise.all(all.map(({ page }) => seriousFindings(page)))).flat(), "while it runs").to.deep.equal([]);
    for (const { page } of [bo, cem, wall]) {
      const known = await page.content();
      for (const word of ["edge-wipe", "20110425", "day-2", "broken", "slow-bus"]) expect(known, word).not.to.contain(word);
    }
    for (const body of [bo, cem, wall].flatMap(({ bodies }) => bodies)) expect(body).not.to.match(/"injections?"|edge-wipe|day-2|20110425/);
    await cem.page.click("#mark-cause");
    await cem.page.selectOption("#verb", "restoreEdge");
    await cem.page.click("#do-verb");
    await sees(cem, "restoreEdge: restored from the saved configs");
    await bo.page.tap("#mark-fixed");
    for (const { page } of all) await page.waitForSelector("#moment");
    const told = (await game.debrief()).verdict as Verdict & { readonly people: PeopleFigures };
    for (const { page } of all) {
      expect(await page.textContent("[data-path=result]")).to.equal(told.result.toUpperCase());
      const { lo, hi } = told.lostS.data.outside;
      expect(await page.textContent('[data-path="lostS.data.outside"]')).to.contain(`bounds ${lo.toFixed(1)}–${hi.toFixed(1)}`);
      const [clock] = told.people.clocks;
      for (const name of ["noticedS", "namedS", "firstActionS", "healedS", "saidFixedS"] as const) {
        const of = clock![name];
        expect(await page.textContent(`[data-path="people.${name}"]`), name).to.contain(of ? `${of.lo.toFixed(1)}–${of.hi.toFixed(1)} s` : "–");
      }
      expect(clock!.noticedS, "Bo noticed").not.to.equal(null);
      expect(await page.textContent('[data-path="people.falseAlarms"] b')).to.equal(String(told.people.falseAlarms));
    }
    expect((await Promise.all(all.map(({ page }) => seriousFindings(page)))).flat(), "in the debrief").to.deep.equal([]);
    expect(all.flatMap(({ noise }) => noise)).to.deep.equal([]);
  });

  it("fits a phone, a laptop and a wall in every view", async () => {
    const tabs = [await facilitator(), await player("Cem", "laptop", "operations"), await room()];
    await go(tabs[0]!);
    const out: string[] = [];
    const look = async (when: string) => {
      for (const [i, { page }] of tabs.entries())
        for (const width of [320, 390, 1300, 1920]) {
          await page.setViewportSize({ width, height: 900 });
          await page.waitForFunction("[...document.querySelectorAll('svg.lanes')].every((svg) => svg.getBoundingClientRect().width <= innerWidth)");
          const px = await overflow(page);
          if (px > 0) out.push(`${when}, view ${i}: ${px} px too wide at ${width}`);
        }
    };
    await sees(tabs[0]!, "front-door lb-1");
    await look("running");
    await tabs[1]!.page.setViewportSize(screens.laptop.viewport);
    await tabs[1]!.page.click("#do-verb");
    for (const { page } of tabs) await page.waitForSelector("#moment");
    await look("debrief");
    expect(out).to.deep.equal([]);
  });

  it("aborts at one click of the room's screen, and shows the proof of each heal", async () => {
    const ann = await facilitator();
    const wall = await room();
    await go(ann);
    await ann.page.waitForSelector("text=4 injections held");
    const before = await wall.page.locator("#abort").boundingBox();
    await wall.page.click("#abort");
    await sees(wall, "everything is healed, and proved");
    for (const target of ["firewall-1", "lb-1", "router-1", "router-2"]) await sees(ann, `${target} reads intact`);
    expect(await wall.page.locator("#abort").boundingBox(), "it has not moved").to.deep.equal(before);
    expect(await wall.page.textContent("#abort")).to.equal("Abort");
  });

  it("aborts on touch only when it is held, by keyboard at once", async () => {
    const ann = await facilitator("phone");
    await go(ann);
    await touch(ann, "#abort", 200);
    await ann.page.waitForTimeout(1000); // a click that a browser makes of a touch would have come by now
    expect(game.truth.abort).to.equal(null);
    await touch(ann, "#abort", 700);
    await sees(ann, "Abort asked by Ann");
    const again = fakeGame({ quick });
    const other = await servePage({ game: again, gameId, secret, port: 0 });
    try {
      const { page } = await openTab(browser, other.link("facilitator"), { name: "Ann", screen: "laptop" });
      await page.focus("#abort");
      await page.keyboard.press("Enter");
      await page.waitForSelector("text=Aborted by Ann");
    } finally {
      again.end();
      await other.close();
    }
  });

  it("comes back after a reload, and after the server was restarted, with everything that was said", async () => {
    const ann = await facilitator();
    const bo = await player("Bo", "phone", "support");
    await go(ann);
    await bo.page.tap("#mark-wrong");
    await sees(bo, "Bo: Something is wrong");
    await bo.page.reload();
    await sees(bo, "Bo: Something is wrong");
    const { port } = server;
    await server.close();
    await bo.page.waitForSelector(".live.stale");
    await game.mark("cause", "while nobody could see it", { role: "player", name: "Cem", seat: game.truth.seats[0] });
    server = await servePage({ game, gameId, secret, port });
    await sees(bo, "Cem: I know what: while nobody could see it");
    await bo.page.waitForSelector(".live:not(.stale)");
    const lines = await bo.page.locator(".feed li:has-text('Something is wrong')").count();
    expect(lines, "nothing is there twice").to.equal(1);
  });

  it("is live in five tabs of one browser at once", async () => {
    const ann = await facilitator();
    const first = await player("Bo", "laptop", "operations");
    const others = [];
    for (let i = 0; i < 4; i++) {
      const page = await first.context.newPage();
      await page.goto(`http://127.0.0.1:${server.port}/player`);
      others.push(page);
    }
    await go(ann);
    // A browser has six connections per host: marks pass only if no tab holds more than one, and hidden tabs none.
    await others[3]!.bringToFront();
    await others[3]!.click("#mark-wrong");
    await sees(ann, "Bo: Something is wrong");
    for (const page of [...others, first.page]) {
      await page.bringToFront();
      await page.waitForSelector("text=Bo: Something is wrong");
    }
  });

  it("is small and quick: at most 60 kB of script, first paint within 300 ms", async () => {
    expect(readFileSync(join(dist, "harness", "gameday", "page", "page.js")).length).to.be.at.most(60_000);
    const page = await browser.newPage();
    const paints: number[] = [];
    for (let i = 0; i < 5; i++) {
      await page.goto(server.link("player"));
      await page.waitForSelector("#name");
      paints.push(
        await page.evaluate<number>(
          "new Promise((done) => new PerformanceObserver((list) => done(list.getEntries()[0].startTime)).observe({ type: 'paint', buffered: true }))",
        ),
      );
      await page.goto("about:blank");
    }
    expect(Math.min(...paints)).to.be.at.most(300);
    await page.context().close();
  });

  it("refuses a key that opens nothing, in words", async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/facilitator#no-key`);
    expect(page.url(), "the key is not left in the address").to.equal(`http://127.0.0.1:${server.port}/facilitator`);
    await page.fill("#name", "Eve");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=this link or code does not open the game");
    await page.context().close();
  });
});
