/** k6: where it is, how it is run, what a script says of itself before anything is started, and what its summary says in the end. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { LoadEnd, PlannedLoad, Threshold } from "../core.js";
import { findTool } from "../engines/tools/find.js";
import { FlounderError } from "../errors.js";

const execute = promisify(execFile);
const inspectMs = 30_000;

/** Throws FlounderError "environment" where there is none. */
export function needK6(): string {
  const path = findTool("k6");
  if (path) return path;
  throw new FlounderError("environment", "k6 is not here: the load cannot be run", "flounder setup k6 builds it; or install it so that it is on PATH");
}

/** A setting of k6's in the environment would change what the plan says. */
export const withoutK6 = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("K6_")));

const inspected = z.looseObject({ thresholds: z.record(z.string(), z.array(z.union([z.string(), z.looseObject({ threshold: z.string() })]))).nullish() });

/** A script of one's own → what is planned of it. Rejects with FlounderError "usage" that has k6's or the build's own words. */
export async function plannedK6(path: string): Promise<PlannedLoad> {
  if (!existsSync(path)) throw new FlounderError("usage", `--load ${path}: there is no such file`, "give a k6 script (.ts, .js), or a command that makes load");
  const k6 = needK6();
  const script = await bundled(path);
  const name = basename(path).replace(/\.(ts|m?js)$/, "");
  const dir = mkdtempSync(join(tmpdir(), "flounder-load-"));
  try {
    const file = join(dir, `${name}.js`);
    writeFileSync(file, script);
    const { stdout } = await execute(k6, ["inspect", file], { timeout: inspectMs, env: withoutK6(process.env) });
    const thresholds = Object.entries(inspected.parse(JSON.parse(stdout)).thresholds ?? {}).flatMap(([metric, all]) =>
      all.map((one): Threshold => ({ metric, expression: typeof one === "string" ? one : one.threshold })),
    );
    return { tool: "k6", name, script, thresholds };
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const says = (stderr?.trim() || message).replaceAll(`file://${dir}/`, "").replaceAll(`${dir}/`, "");
    throw new FlounderError(
      "usage",
      `--load ${path}: k6 refuses it: ${says}`,
      "k6 run FILE shows the same; a load is one file with what it imports: import data instead of open()",
      { cause: error },
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** TypeScript or JavaScript, with all that it imports but k6's own modules: a plan holds the whole of it. */
async function bundled(path: string): Promise<string> {
  const esbuild = await import("esbuild");
  try {
    const built = await esbuild.build({
      entryPoints: [resolve(path)],
      bundle: true,
      write: false,
      platform: "neutral",
      format: "esm",
      target: "es2020",
      external: ["k6", "k6/*", "https://*"],
      logLevel: "silent",
    });
    return built.outputFiles[0]!.text;
  } catch (error) {
    throw new FlounderError("usage", `--load ${path} cannot be read: ${(error as Error).message}`, "it must be a k6 script: docs/load.md", { cause: error });
  }
}

/** The words behind `k6`: its points go to stdout, its summary to that file as well. No REST API: two runs would want the same port. */
export const k6Words = (script: string, summary: string): readonly string[] => [
  "run",
  "--quiet",
  "--no-color",
  "--no-usage-report",
  "--address",
  "",
  "--out",
  "json=-",
  "--summary-export",
  summary,
  script,
];

/** In k6's summary a threshold is true when it was crossed. */
const summarySchema = z.looseObject({ metrics: z.record(z.string(), z.looseObject({ thresholds: z.record(z.string(), z.boolean()).optional() })) });

/** Empty where k6 wrote no summary. */
export function thresholdsOf(summary: string): LoadEnd["thresholds"] {
  if (!existsSync(summary)) return [];
  const { metrics } = summarySchema.parse(JSON.parse(readFileSync(summary, "utf8")));
  return Object.entries(metrics).flatMap(([metric, { thresholds = {} }]) =>
    Object.entries(thresholds).map(([expression, crossed]) => ({ metric, expression, held: !crossed })),
  );
}
