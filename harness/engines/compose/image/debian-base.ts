/** The base of the image where no registry can be reached: this machine's own Debian (or Ubuntu) packages, and the Node that runs here. */
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { FlounderError } from "../../../errors.js";
import { cacheDir } from "../../../paths.js";
import { onPath } from "../../tools/find.js";
import { run } from "../docker/command.js";
import { dockerEnv } from "../docker/socket.js";
import type { Steps } from "../steps.js";
import { packages } from "./image-content.js";

const keyLabel = "org.flounder.base";
const makeMs = 900_000;
const importMs = 300_000;
/** Nobody reads manuals in a container; and what a power failure loses is made again. */
const dpkgOptions = [...["doc", "man", "locale"].map((dir) => `path-exclude=/usr/share/${dir}/*`), "force-unsafe-io"];

interface Release {
  readonly codename: string;
  /** As in sources.list: "deb http://… bookworm main". The release itself first, then its updates. */
  readonly lines: readonly string[];
}

/** From the machine's own package sources, so that a site's mirror is used. */
async function hostRelease(): Promise<Release> {
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  const listed = onPath("apt-get")
    ? await run("apt-get", ["indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"], {
        what: "reading this machine's package sources",
        hint: "apt-get indextargets shows what is wrong",
        limitMs: 30_000,
      })
    : "";
  const wanted = [codename, `${codename}-updates`, `${codename}-security`];
  const found = listed
    .split("\n")
    .map((line) => line.trim().split(" "))
    .filter(([, release]) => wanted.includes(release))
    .sort((a, b) => wanted.indexOf(a[1]) - wanted.indexOf(b[1]));
  if (!codename || found[0]?.[1] !== codename)
    throw new FlounderError(
      "environment",
      "a base of Debian packages is made only on Debian or Ubuntu, from this machine's own package sources",
      "load a base with Node 20 or newer into Docker (docker load), then: flounder images build --base IMAGE",
    );
  return { codename, lines: [...new Set(found.map((words) => `deb ${words.join(" ")}`))] };
}

/** All packages in one go; needs no root where user namespaces are allowed. */
async function mmdebstrap(tar: string, { codename, lines }: Release): Promise<void> {
  const node = ["--customize-hook=upload '" + process.execPath + "' /usr/local/bin/node", '--customize-hook=chmod 755 "$1/usr/local/bin/node"'];
  const options = ["--variant=minbase", "--format=tar", `--include=${packages().join(",")}`, ...dpkgOptions.map((word) => `--dpkgopt=${word}`), ...node];
  await run("mmdebstrap", [...options, codename, tar, ...lines], {
    what: "making a base of Debian packages",
    hint: "flounder images build --base IMAGE uses an image that you have",
    limitMs: makeMs,
  });
}

/** The bare system; the image's own build then installs the packages. Needs root. */
async function debootstrap(tar: string, { codename, lines }: Release): Promise<void> {
  const hint = "as root, or install mmdebstrap (Debian: apt-get install mmdebstrap), which needs no root";
  const limits = { what: "making a base of Debian packages", hint, limitMs: makeMs };
  const scratch = mkdtempSync(join(tmpdir(), "flounder-base-"));
  try {
    const system = join(scratch, "system");
    await run("debootstrap", ["--variant=minbase", codename, system, lines[0]!.split(" ")[1]!], limits);
    copyFileSync(process.execPath, join(system, "usr", "local", "bin", "node"));
    chmodSync(join(system, "usr", "local", "bin", "node"), 0o755);
    await run("tar", ["-C", system, "--one-file-system", "-cf", tar, "."], limits);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Base {
  readonly image: string;
  readonly release: Release;
  /** Of all that it is made of; the image has it as a label, the cached tar in its name. */
  readonly key: string;
}
async function wanted(): Promise<Base> {
  const release = await hostRelease();
  const content = JSON.stringify([release, packages(), process.version, process.arch]);
  const key = createHash("sha256").update(content).digest("hex").slice(0, 12);
  return { image: `flounder/base:${release.codename}`, release, key };
}

/** Its name, if Docker's store has it as it would be made now. */
export async function storedDebianBase(client: Docker): Promise<string | undefined> {
  const base = await wanted().catch(() => undefined);
  const stored =
    base &&
    (await client
      .getImage(base.image)
      .inspect()
      .catch(() => undefined));
  return stored && stored.Config.Labels?.[keyLabel] === base?.key ? base?.image : undefined;
}

/** Makes it, or takes it from the cache, which has the newest one only; resolves with its name in Docker's store. */
export async function debianBase(steps: Steps): Promise<string> {
  const { image, release, key } = await wanted();
  const dir = join(cacheDir(), "images");
  const tar = join(dir, `base-${key}.tar`);
  if (!existsSync(tar)) await make(tar, dir, release, steps);
  const changes = ["--change", `LABEL ${keyLabel}=${key}`, "--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
  await steps.take(`docker import: ${image}`, () =>
    run("docker", ["import", ...changes, tar, image], {
      what: `importing ${image}`,
      hint: `remove ${tar} to make it anew`,
      limitMs: importMs,
      env: dockerEnv(),
    }),
  );
  return image;
}

async function make(tar: string, dir: string, release: Release, steps: Steps): Promise<void> {
  const tool = (onPath("mmdebstrap") && mmdebstrap) || (onPath("debootstrap") && debootstrap);
  if (!tool)
    throw new FlounderError(
      "environment",
      "neither mmdebstrap nor debootstrap is here to make a base of Debian packages",
      "apt-get install mmdebstrap; or, with an image that you have: flounder images build --base IMAGE",
    );
  mkdirSync(dir, { recursive: true });
  const draft = join(dir, `${process.pid}.tmp.tar`);
  try {
    await steps.take(`${tool.name}: a base of ${release.codename}, Node ${process.versions.node}`, () => tool(draft, release));
    // Former bases, and drafts of those who were interrupted.
    for (const name of readdirSync(dir)) {
      const maker = /^(\d+)\.tmp\.tar$/.exec(name)?.[1];
      if (maker === undefined ? name.endsWith(".tar") : !existsSync(join("/proc", maker))) rmSync(join(dir, name), { force: true });
    }
    renameSync(draft, tar);
  } finally {
    rmSync(draft, { force: true });
  }
}
