/** The shop as a compose project of its own, for tests: built, brought up on free ports, taken down with all that it had. */
import { execFile, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { findCompose } from "../../../harness/engines/compose/docker/cli.js";
import { root } from "../../../harness/paths.js";

const execute = promisify(execFile);
export const shopDir = join(root, "examples", "shop");

export type App = "fragile" | "mended";
export interface Shop {
  /** The compose project's name. */
  readonly project: string;
  /** For shoppers. */
  readonly web: string;
  /** For staff. */
  readonly api: string;
  /** Runs `docker-compose WORDS` on it; resolves with stdout. */
  compose(...words: readonly string[]): Promise<string>;
  /** Its containers as they are with that app: those that ran something else, or that ended, are made anew. */
  becomes(app: App): Promise<void>;
  down(): Promise<void>;
}

/** In a before hook: skips where Docker or compose is not here; where FLOUNDER_DOCKER=1 says that they are, that is a failure. */
export async function needsCompose(test: { skip(): void }): Promise<void> {
  const lacks = spawnSync("docker", ["version"], { stdio: "ignore", timeout: 10_000 }).status !== 0 ? "Docker" : (await findCompose()) ? "" : "compose";
  if (!lacks) return;
  if (process.env.FLOUNDER_DOCKER === "1") throw new Error(`FLOUNDER_DOCKER=1, but ${lacks} is not here`);
  test.skip();
}

/** Below the range that the kernel takes ports of clients from: what is free now is free when a container restarts. */
async function freePorts(): Promise<[number, number]> {
  const ports = new Set<number>();
  while (ports.size < 2) {
    const port = 10_000 + Math.floor(Math.random() * 8_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (isFree) ports.add(port);
    await new Promise((resolve) => server.close(resolve));
  }
  return [...ports] as [number, number];
}

let count = 0;

/** Builds what is not built yet; resolves when both doors answer. Rejects after having taken down what was up by then. */
export async function shopUp(app: App): Promise<Shop> {
  const project = `flounder-test-${process.pid}-${++count}`;
  const [webPort, apiPort] = await freePorts();
  const [program, ...first] = (await findCompose())!;
  const { stdout: base } = await execute("sh", [join(shopDir, "base.sh")], { timeout: 300_000 });
  let env: NodeJS.ProcessEnv = { ...process.env, BASE_IMAGE: base.trim(), SHOP_WEB_PORT: String(webPort), SHOP_API_PORT: String(apiPort), SHOP_APP: app };
  const compose = async (...words: readonly string[]) =>
    (
      await execute(program!, [...first, "-p", project, "-f", join(shopDir, "compose.yaml"), ...words], {
        cwd: shopDir,
        env,
        timeout: 300_000,
        maxBuffer: 1 << 24,
      })
    ).stdout;
  const shop: Shop = {
    project,
    web: `http://127.0.0.1:${webPort}`,
    api: `http://127.0.0.1:${apiPort}`,
    compose,
    becomes: async (next) => {
      env = { ...env, SHOP_APP: next };
      await compose("build", "--quiet");
      await compose("up", "-d");
      await Promise.all([answers(shop.web), answers(`${shop.api}/shipping`)]);
    },
    down: async () => void (await compose("down", "-v", "-t", "1", "--remove-orphans")),
  };
  try {
    await shop.becomes(app);
  } catch (error) {
    await shop.down().catch(() => undefined);
    throw error;
  }
  return shop;
}

/** Resolves once it says 200; rejects with what it said last after `limitMs`. */
export async function answers(url: string, limitMs = 30_000): Promise<string> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const said = await ask(url);
    if (said.status === 200) return said.text;
    if (Date.now() > endMs) throw new Error(`${url}: ${said.status || said.text} after ${limitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Status 0: no answer within the limit. */
export async function ask(url: string, options: RequestInit = {}, limitMs = 2000): Promise<{ status: number; text: string }> {
  try {
    const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(limitMs) });
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    return { status: 0, text: String((error as Error).cause ?? error) };
  }
}
