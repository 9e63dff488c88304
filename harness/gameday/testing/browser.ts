/** Tabs of a game day's page in a real browser, for tests: who joins, on which screen, and what the tab complained of. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

export const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
export const launch = (): Promise<Browser> => chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

export const screens = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  laptop: { viewport: { width: 1300, height: 900 } },
  wall: { viewport: { width: 1920, height: 1080 } },
} as const;

export interface OpenTab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors and warnings of the console, and what a script threw. */
  readonly noise: string[];
  /** What the server answered, as text; the event stream is not among it. */
  readonly bodies: string[];
}

/** Opens a link, types a name, takes the seat, and waits for the view. */
export async function openTab(
  browser: Browser,
  link: string,
  how: { readonly name: string; readonly screen: keyof typeof screens; readonly dark?: boolean; readonly seat?: string },
): Promise<OpenTab> {
  const context = await browser.newContext({ ...screens[how.screen], colorScheme: how.dark ? "dark" : "light", reducedMotion: "reduce" });
  const page = await context.newPage();
  const tab: OpenTab = { page, context, noise: [], bodies: [] };
  page.on("console", (message) => {
    if (message.type() !== "log") tab.noise.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => tab.noise.push(`thrown: ${error.message}`));
  page.on("response", (response) => {
    if (response.url().includes("/api/") && !response.url().includes("/api/stream"))
      response.text().then(
        (text) => tab.bodies.push(text),
        () => {},
      );
  });
  await page.goto(link);
  await page.fill("#name", how.name);
  await page.keyboard.press("Enter");
  if (how.seat) await page.click(`#seat-${how.seat}`);
  await page.waitForSelector(".deck");
  return tab;
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** What axe-core finds that is serious or critical: rule and the elements, a line each. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => (globalThis as unknown as WithAxe).axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ""}`));
}
interface WithAxe {
  readonly axe: {
    run(): Promise<{
      readonly violations: readonly {
        readonly id: string;
        readonly impact: string;
        readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
      }[];
    }>;
  };
}

/** How far the page sticks out of its screen to the right, px. */
export const overflow = (page: Page): Promise<number> => page.evaluate("document.documentElement.scrollWidth - innerWidth");

/** Holds a finger on something for so long. */
export async function touch({ page, context }: OpenTab, selector: string, forMs: number): Promise<void> {
  const box = (await page.locator(selector).boundingBox())!;
  const session = await context.newCDPSession(page);
  const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [point] });
  await page.waitForTimeout(forMs);
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await session.detach();
}
