/**
 * Builds dist/: every .ts is transpiled by itself (same folders, .js), and the entry files of targets/<name>/platform/ are bundled,
 * so that components start without a loader and without walking node_modules. Writes only what changed, atomically: builds may overlap.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const sources = ["harness", "faults", "targets", "bench", "examples", "fuzz"];

/** All files below a folder that are ours to build. */
function* walk(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      // Sample apps of a target run as they are.
      if (entry.name !== "node_modules" && !/^targets\/[^/]+\/apps$/.test(relative(root, path))) yield* walk(path);
    } else if (/\.ts$/.test(entry.name) && !entry.name.endsWith(".d.ts")) yield path;
  }
}
const exists = (path) => statSync(path, { throwIfNoEntry: false }) !== undefined;

function write(path, text) {
  if (exists(path) && readFileSync(path, "utf8") === text) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

let failed = 0;
const report = (path, error) => {
  failed++;
  console.error(`build: ${relative(root, path)}: ${error.message}`);
};

const require =
  "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);import{fileURLToPath as __fu}from'node:url';const __filename=__fu(import.meta.url);const __dirname=__filename.replace(/\\/[^/]*$/,'');";
/**
 * Packages that every command, keeper and prober loads, each as one file with the names that are used: a hundred small ones cost 0.2 s, one a part
 * of it. Types come from the package.
 */
const vendored = {
  zod: 'export * from "zod";',
  undici: 'export { Agent, request } from "undici";',
  nats: 'export { connect, createInbox, headers, jwtAuthenticator } from "nats";',
  "dns-packet": 'export { default, streamDecode, streamEncode, AUTHORITATIVE_ANSWER, decode, encode, RECURSION_DESIRED } from "dns-packet";',
  yazl: 'export { default } from "yazl";',
  dockerode: 'export { default } from "dockerode";',
};
/** Parts of dockerode that nobody here uses, and that would compile C++ or read files when they are installed or loaded: ssh to Docker, and BuildKit. */
const absent = ["ssh2", "@grpc/grpc-js", "@grpc/proto-loader", "protobufjs"];
const leaveOut = {
  name: "leave out",
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(${absent.join("|")})$`) }, ({ path }) => ({ path, namespace: "absent" }));
    build.onLoad({ filter: /./, namespace: "absent" }, () => ({ contents: "module.exports = {};" }));
  },
};
const vendor = (name) => join(dist, "vendor", `${name}.js`);
const wanted = new Set(Object.keys(vendored).map(vendor));
for (const [name, contents] of Object.entries(vendored)) {
  const built = await esbuild.build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20",
    minify: true,
    plugins: [leaveOut],
    banner: { js: require },
    legalComments: "none",
    logLevel: "silent",
  });
  write(vendor(name), built.outputFiles[0].text);
}
const imported = new RegExp(`(from ?|import\\()"(${Object.keys(vendored).join("|")})"`, "g");
const fromVendor = (code, out) => code.replace(imported, (_, before, name) => `${before}"./${relative(dirname(out), vendor(name))}"`);
for (const top of sources.filter((dir) => exists(join(root, dir)))) {
  for (const path of walk(join(root, top))) {
    const out = join(dist, relative(root, path)).replace(/\.ts$/, ".js");
    wanted.add(out);
    try {
      const { code, map } = await esbuild.transform(readFileSync(path, "utf8"), {
        loader: "ts",
        format: "esm",
        target: "node20",
        // Beside the code: a package leaves them out, and is half as large.
        sourcemap: "external",
        // Relative: what is built is the same in every checkout, and so is the image that is made of it.
        sourcefile: relative(dirname(out), path).split(sep).join("/"),
      });
      write(out, `${fromVendor(code, out)}//# sourceMappingURL=${basename(out)}.map\n`);
      write(`${out}.map`, map);
    } catch (error) {
      report(path, error);
    }
  }
}
// The page of a game day: markup and style are served as they stand, its modules as one small file.
const served = join("harness", "gameday", "page");
for (const name of readdirSync(join(root, served)).filter((name) => /\.(html|css)$/.test(name))) {
  const out = join(dist, served, name);
  wanted.add(out);
  write(out, readFileSync(join(root, served, name), "utf8"));
}
try {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(root, served, "main.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none",
    logLevel: "silent",
  });
  const out = join(dist, served, "page.js");
  wanted.add(out);
  write(out, outputFiles[0].text);
} catch (error) {
  report(join(root, served), error);
}
// Remove what has no source any more: a deleted fault must not stay in the registry.
if (exists(dist)) {
  const stale = (dir) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) stale(path);
      else if ((/\.js(\.map)?$/.test(path) || (dir === join(dist, served) && !path.endsWith(".tmp"))) && !wanted.has(path.replace(/\.map$/, "")))
        rmSync(path, { force: true });
    }
  };
  for (const top of [...sources, "vendor"].filter((dir) => exists(join(dist, dir)))) stale(join(dist, top));
}

for (const target of readdirSync(join(root, "targets"))) {
  const platform = join(root, "targets", target, "platform");
  if (!exists(platform)) continue;
  const entries = readdirSync(platform).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const outdir = join(dist, "targets", target, "platform");
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: entries.map((name) => join(platform, name)),
      outdir,
      bundle: true,
      // What several components share is there once, in files beside them.
      splitting: true,
      chunkNames: "shared-[hash]",
      outExtension: { ".js": ".mjs" },
      write: false,
      platform: "node",
      format: "esm",
      target: "node20",
      banner: { js: require },
      external: ["pg-native"],
      // Names stay, and lines short enough: a stack that a component logs is read by people.
      minifySyntax: true,
      minifyWhitespace: true,
      lineLimit: 160,
      legalComments: "none",
      logLevel: "silent",
    });
    const shared = (path) => basename(path).startsWith("shared-");
    // Shared ones first: a component that starts just now finds all that it asks for.
    for (const { path, text } of [...outputFiles].sort((a, b) => Number(shared(b.path)) - Number(shared(a.path)))) write(path, text);
    const made = new Set(outputFiles.map(({ path }) => path));
    for (const name of readdirSync(outdir)) if (name.endsWith(".mjs") && !made.has(join(outdir, name))) rmSync(join(outdir, name), { force: true });
  } catch (error) {
    report(platform, error);
  }
}
if (failed > 0) process.exit(1);
