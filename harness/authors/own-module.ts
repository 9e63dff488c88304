/** Somebody's own scenario, playbook or fault as a module: TypeScript or JavaScript, wherever it lies; "flounder" is this package. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildFailure, Message, Plugin } from "esbuild";
import { z } from "zod";
import { FlounderError } from "../errors.js";
import { dist } from "../paths.js";

/** file: any of the three; what it exports tells. */
export type OwnKind = "scenario" | "fault" | "playbook" | "file";

/** Ends like a file of one's own, so it is a path and not a name. */
export const isOwnFile = (nameOrPath: string): boolean => /\.(ts|m?js)$/.test(nameOrPath);

/** "flounder" and what is below it, as package.json's exports say, for a file outside of the package. Zod is ours: schemas must be of one kind. */
const ownModule = (spec: string): string => (spec === "zod" ? pathToFileURL(join(dist, "vendor", "zod.js")).href : import.meta.resolve(spec));
const flounder: Plugin = {
  name: "flounder",
  setup: (build) => void build.onResolve({ filter: /^(flounder(\/.*)?|zod)$/ }, ({ path }) => ({ path: ownModule(path), external: true })),
};

/** The default export of a .ts, .js or .mjs file. Rejects with FlounderError "usage" that has every error of the build, or the line that threw. */
export async function importOwn(path: string, what: OwnKind): Promise<unknown> {
  if (!existsSync(path))
    throw new FlounderError(
      "usage",
      `${named(what)} ${path} does not exist`,
      `give the path of an existing .ts, .js or .mjs file${what === "file" ? "" : `, or a name: flounder list ${what}s`}`,
    );
  const hint =
    what === "file"
      ? "it must be a module that default-exports a scenario, a playbook or a fault: docs/scenarios.md, docs/playbooks.md, docs/faults.md"
      : `it must be a module that default-exports a ${what}: docs/${what}s.md`;
  const dir = await mkdtemp(join(tmpdir(), "flounder-own-"));
  try {
    const out = join(dir, "own.mjs");
    await writeFile(out, await bundled(path));
    process.setSourceMapsEnabled(true); // so that what it throws has the author's lines
    const module = (await import(pathToFileURL(out).href)) as { readonly default?: unknown };
    if (module.default === undefined) throw new FlounderError("usage", `${named(what)} ${path} exports nothing by default`, hint);
    return module.default;
  } catch (error) {
    if (error instanceof FlounderError) throw new FlounderError(error.code, place(error, path) + error.message, error.hint, { cause: error });
    throw new FlounderError("usage", `${named(what)} ${path} cannot be read: ${says(error, path)}`, hint, { cause: error });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const named = (what: OwnKind): string => (what === "file" ? "file" : `${what} file`);

async function bundled(path: string): Promise<string> {
  const esbuild = await import("esbuild");
  const built = await esbuild.build({
    entryPoints: [path],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    outdir: "/", // sources are named by their own paths
    logLevel: "silent",
    plugins: [flounder],
  });
  return built.outputFiles[0]!.text;
}

/** All that the build complained about, a line each, with file, line and column; or what was thrown, and where. */
function says(error: unknown, path: string): string {
  const { errors } = error as Partial<BuildFailure>;
  if (Array.isArray(errors)) return errors.map(sayMessage).join("\n  ");
  if (error instanceof z.ZodError) return `${place(error, path)}${z.prettifyError(error)}`;
  return error instanceof Error ? `${place(error, path)}${error.message}` : String(error);
}
function sayMessage({ text, location, notes }: Message): string {
  const where = location ? `${relative(process.cwd(), location.file) || location.file}:${location.line}:${location.column + 1}: ` : "";
  const line = location?.lineText.trim() ? `\n      ${location.lineText.trim()}` : "";
  return `${where}${text}${line}${notes.map((note) => `\n      ${note.text}`).join("")}`;
}
/** "file:line: " of the author's own line that threw; empty where none is on the stack. */
function place(error: Error, path: string): string {
  const name = path.split("/").at(-1)!;
  const found = new RegExp(`\\b${name.replaceAll(".", "\\.")}:(\\d+)`).exec(error.stack ?? "");
  return found && extname(name) !== "" ? `${name}:${found[1]}: ` : "";
}
