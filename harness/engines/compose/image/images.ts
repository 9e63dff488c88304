/** The image that every container of a foundation is made of: chosen base, built, listed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { within } from "../../../clock.js";
import { run } from "../docker/command.js";
import { dockerEnv, dockerSocket } from "../docker/socket.js";
import { Steps } from "../steps.js";
import { debianBase, storedDebianBase } from "./debian-base.js";
import { collect, imageTag, newestImage, publicBase, repository } from "./image-content.js";

export { imageTag } from "./image-content.js";

const registryMs = 10_000;
const pullMs = 600_000;
const buildMs = 900_000;
/** Foundations that still run keep theirs anyway. */
const keptImages = 5;

/** Loaded late: no other command needs what it brings along. */
async function docker(): Promise<Docker> {
  const { default: Client } = await import("dockerode");
  return new Client({ socketPath: dockerSocket() });
}

export interface BuildOptions {
  /** This image is the base, and no other. */
  readonly base?: string;
  /** Debian packages, without asking a registry. */
  readonly airGapped?: boolean;
}

const reason = (error: unknown) =>
  (error instanceof Error ? error.message : String(error))
    .trim()
    .split("\n")
    .at(-1)!
    .replace(/^\(HTTP code.*?\) .*? - /, "");

/** What is in the store, the public base first; else the public base if a registry answers soon, else one of Debian packages. */
async function chooseBase(client: Docker, { base, airGapped }: BuildOptions, steps: Steps): Promise<string> {
  if (base) return base;
  const wanted = publicBase();
  const image = client.getImage(wanted);
  const isStored = () =>
    image.inspect().then(
      () => true,
      () => false,
    );
  if (!airGapped && (await isStored())) return wanted;
  const stored = await storedDebianBase(client);
  if (stored) return stored;
  if (airGapped) return debianBase(steps);
  try {
    await steps.take("asking the registry for the public base", () => within(registryMs, "the registry's answer", image.distribution()));
    await steps.take(`docker pull: ${wanted}`, () =>
      run("docker", ["pull", "-q", wanted], { what: "pulling the public base", hint: "flounder images build --air-gapped", limitMs: pullMs, env: dockerEnv() }),
    );
    return wanted;
  } catch (error) {
    steps.say(`the public base cannot be had: ${reason(error)}`);
    return debianBase(steps);
  }
}

/** Builds what imageTag() names; resolves with it, and says in between which base it is made on. */
export async function buildImage(options: BuildOptions, say: (line: string) => void): Promise<string> {
  const steps = new Steps(say);
  const client = await docker();
  imageTag(); // a missing tool is said before a base is made
  const base = await chooseBase(client, options, steps);
  const tag = imageTag();
  const folder = mkdtempSync(join(tmpdir(), "flounder-image-"));
  try {
    await steps.take("collecting tools and bundles", async () => collect(folder));
    const proxies = ["http_proxy", "https_proxy", "no_proxy"].filter((name) => process.env[name]).flatMap((name) => ["--build-arg", name]);
    await steps.take(`docker build: ${tag} on ${base}`, () =>
      run("docker", ["build", "--build-arg", `BASE_IMAGE=${base}`, ...proxies, "-t", tag, "-t", newestImage, folder], {
        what: `building ${tag} on ${base}`,
        hint: "the base must be Debian or Ubuntu, with Node 20 or newer: flounder images build --base IMAGE",
        limitMs: buildMs,
        env: dockerEnv(),
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await forget(client, tag);
  return tag;
}

/** Takes away the names of images that are older than the newest few; Docker itself keeps what a container is made of. */
async function forget(client: Docker, tag: string): Promise<void> {
  const named = (await listImages()).filter(({ name }) => name !== tag && name !== newestImage && name.startsWith(`${repository}:`));
  for (const { name } of named.slice(keptImages - 1))
    await client
      .getImage(name)
      .remove()
      .catch(() => undefined);
}

export interface ListedImage {
  readonly name: string;
  readonly id: string;
  readonly bytes: number;
  readonly createdMs: number;
}

/** Flounder's images in Docker's store, newest first. */
export async function listImages(): Promise<readonly ListedImage[]> {
  const images = await (await docker()).listImages();
  return images
    .flatMap(({ RepoTags, Id, Size, Created }) =>
      (RepoTags ?? []).filter((name) => name.startsWith("flounder/")).map((name) => ({ name, id: Id, bytes: Size, createdMs: Created * 1000 })),
    )
    .sort((a, b) => b.createdMs - a.createdMs || a.name.localeCompare(b.name));
}
