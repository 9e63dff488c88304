/**
 * A tab that nobody looks at, in a real browser: hidden, or asleep. Much happens meanwhile, and the page's server is started again. When
 * it is shown again it has everything, each thing once. `npm run soak -- gameday-tab --minutes 5` leaves it so for longer.
 */
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { sleep } from "../clock.js";
import type { MarkKind } from "./protocol.js";
import { type PageServer, servePage } from "./server.js";
import { executablePath, launch, openTab } from "./testing/browser.js";
import { fakeGame } from "./testing/fake-game.js";

const awayMs = Number(process.env.FLOUNDER_TAB_MINUTES ?? 0) * 60_000;
/** The made-up game is not over before the tab is back. */
const quick = awayMs > 60_000 ? 15_000 / awayMs : 1;
const each = 25;

/** How a tab goes away, and comes back. */
const ways: Readonly<Record<string, (page: Page) => Promise<() => Promise<unknown>>>> = {
  hidden: async (page) => {
    const show = (state: "hidden" | "visible") =>
      page.evaluate(
        `for (const [name, value] of [["hidden", ${state === "hidden"}], ["visibilityState", "${state}"]]) Object.defineProperty(document, name, { value, configurable: true });
         document.dispatchEvent(new Event("visibilitychange"));`,
      );
    await show("hidden");
    return () => show("visible");
  },
  // The browser's own way to freeze a tab does nothing without a screen: its processes are stopped, as all are when a laptop sleeps.
  stopped: async (page) => {
    const session = await page.context().browser()!.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const pids = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    await session.detach();
    return async () => {
      for (const pid of pids) process.kill(pid, "SIGCONT");
    };
  },
};

describe("a tab of a game day that nobody looks at", function () {
  this.timeout(120_000 + awayMs);
  let browser: Browser;
  let game: ReturnType<typeof fakeGame>;
  let server: PageServer;
  let back: () => Promise<unknown>;
  before(async function () {
    if (!executablePath) return this.skip();
    browser = await launch();
  });
  after(() => browser?.close());
  beforeEach(async () => {
    game = fakeGame({ quick });
    server = await serve(0);
    back = async () => {};
  });
  afterEach(async () => {
    await back().catch(() => {}); // whoever is stopped could not be closed
    for (const context of browser.contexts()) await context.close();
    game.end();
    await server.close();
  });
  const serve = (port: number) => servePage({ game, gameId: "hidden-tab", secret: "0123456789abcdef".repeat(4), port });

  let marks = 0;
  const happen = async () => {
    for (let i = 0; i < each; i++)
      await game.mark((["wrong", "cause", "fixed"] satisfies MarkKind[])[i % 3]!, `thing ${++marks}.`, {
        role: "player",
        name: "Cem",
        seat: game.truth.seats[0],
      });
  };
  const seen = (page: Page) => page.waitForSelector(`.feed li:has-text("thing ${marks}.")`);
  const things = async (page: Page): Promise<readonly string[]> =>
    ((await page.locator(".feed li").allTextContents()) as string[]).flatMap((text) => /thing \d+\./.exec(text) ?? []);

  for (const [how, away] of Object.entries(ways))
    it(`${how}, has everything once when it is shown again, also where the server was restarted meanwhile`, async () => {
      marks = 0;
      const { page } = await openTab(browser, server.link("facilitator"), { name: "Ann", screen: "laptop" });
      await page.click("#go:not([aria-disabled=true])", { timeout: 60_000 });
      await page.waitForSelector("text=steady");
      await happen();
      await seen(page);
      back = await away(page);
      await happen();
      const { port } = server;
      await server.close();
      await happen();
      server = await serve(port);
      await happen();
      await sleep(awayMs);
      // Whoever sleeps cannot be asked.
      if (how === "hidden") expect(await things(page), "it was away").to.have.lengthOf(each);
      await back();
      await seen(page);
      await page.waitForSelector(".live:not(.stale)");
      await game.mark("wrong", `thing ${++marks}.`, { role: "player", name: "Cem", seat: game.truth.seats[0] });
      await seen(page);
      expect(await things(page)).to.deep.equal(Array.from({ length: marks }, (_, i) => `thing ${marks - i}.`));
    });
});
