/** What `flounder init` would write into a project, and writes: nothing that is there already, and the same however often it is asked. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Starter } from "../core.js";
import { FlounderError } from "../errors.js";
import { type AttachedStart, attachedConfig } from "./attached.js";
import { type Ci, ciJob, mochaConfig } from "./starter.js";

export interface Written {
  readonly path: string;
  /** kept: somebody's own is there, and stays as it is. */
  readonly what: "written" | "kept" | "unchanged";
}
export interface InitOptions {
  readonly suite: Starter;
  /** Default: what the project looks like. */
  readonly ci?: Ci | undefined;
  readonly dryRun?: boolean | undefined;
  readonly force?: boolean | undefined;
  /** The project that the suite is for, where it is not a foundation of our own. */
  readonly attach?: AttachedStart | undefined;
}
export interface Initialised {
  readonly files: readonly Written[];
  /** What to run next, and what is still to be done by hand. */
  readonly next: readonly string[];
}

const mochaConfigs = [".mocharc.js", ".mocharc.cjs", ".mocharc.mjs", ".mocharc.yaml", ".mocharc.yml", ".mocharc.jsonc", ".mocharc.json"];

export function initProject(dir: string, { suite, ci: asked, dryRun = false, force = false, attach }: InitOptions): Initialised {
  const text = (path: string) => (existsSync(join(dir, path)) ? readFileSync(join(dir, path), "utf8") : undefined);
  const isOurs = (path: string) => text(path)?.includes("flounder") ?? false;
  /** The first path, unless somebody else's file is there. */
  const freeOf = (path: string, otherwise: string) => (text(path) === undefined || isOurs(path) ? path : otherwise);

  const foreign = mochaConfigs.some((path) => text(path) !== undefined && !isOurs(path));
  const config = foreign ? ".mocharc.chaos.json" : ".mocharc.json";
  const mocha = foreign ? `npx mocha --config ${config}` : "npx mocha";
  const ci = asked ?? (existsSync(join(dir, ".gitlab-ci.yml")) ? "gitlab" : "github");
  const wanted = [
    { path: join("chaos", suite.file), text: suite.text },
    ...(attach ? [{ path: "flounder.config.mjs", text: attachedConfig(attach) }] : []),
    { path: config, text: mochaConfig },
    ...(ci === "none"
      ? []
      : [
          {
            path: ci === "github" ? join(".github", "workflows", "chaos.yml") : freeOf(".gitlab-ci.yml", "chaos.gitlab-ci.yml"),
            text: ciJob(ci, mocha, attach?.project),
          },
        ]),
  ];
  const files = wanted.map(({ path, text: fresh }): Written => {
    const found = text(path);
    if (found === fresh) return { path, what: "unchanged" };
    if (found !== undefined && !force) return { path, what: "kept" };
    if (!dryRun) put(join(dir, path), fresh);
    return { path, what: "written" };
  });
  const included = files.some(({ path }) => path === "chaos.gitlab-ci.yml");
  return {
    files,
    next: [
      ...(existsSync(join(dir, "package.json")) ? [] : ["npm init -y"]),
      ...(included ? ["add to .gitlab-ci.yml: include: chaos.gitlab-ci.yml"] : []),
      mocha,
    ],
  };
}

function put(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new FlounderError("environment", `${path} cannot be written: ${(error as Error).message}`, "run it in a folder of yours", { cause: error });
  }
}
