/** The compose engine: the same topology in containers. volumes are FUSE mounts, links go through Toxiproxy, each in a container of its own. */
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { within } from "../../clock.js";
import type { Engine, FoundationSpec } from "../../core.js";
import { loadTarget } from "../../registry.js";
import { type Ground, groundAgain, type Load, newGround, startOrReap } from "../ground.js";
import { guardOf, labelsOf } from "../guard.js";
import { blockSize } from "../ports.js";
import { readState } from "../saved.js";
import { grant, type Owner } from "../secrets.js";
import { targetList } from "../target-list.js";
import { appsRunAs } from "../tools/confine-check.js";
import { ensureTools } from "../tools/ensure.js";
import { servers } from "../tools/pins.js";
import { toolVersions } from "../tools/versions.js";
import { uidsFrom, uidsOf } from "../uids.js";
import { wire } from "../wiring.js";
import { problems } from "./check.js";
import { freeNet, netVariable } from "./docker/addresses.js";
import { Docker } from "./docker/docker.js";
import { composeFile, proxyService } from "./file.js";
import { imageTag } from "./image/images.js";
import { type Need, rights } from "./rights.js";
import { ComposeFoundation, mountWays, removeProject } from "./running.js";
import { saved } from "./saved.js";
import { printed } from "./yaml.js";

/** Whom components run as: a user of the foundation's own if we are root, else ourselves. The machine's own users in any case: containers have no others. */
function userOf({ topology, block }: Ground): Owner {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const { base } = uidsOf(topology, wire(topology, block.base), block.base);
  return { uid: base, gid: base };
}

/** `net` and `user` are wanted for starting alone. */
const projectOf = ({ id, dir }: Pick<FoundationSpec, "id" | "dir">, image: string, { net, user }: { readonly net?: string; readonly user?: Owner } = {}) => ({
  name: `flounder-${id.toLowerCase().replace(/[^a-z0-9_-]/g, "-")}`,
  file: join(dir, "compose.json"),
  env: {
    FLOUNDER_ID: id,
    FLOUNDER_DIR: dir,
    FLOUNDER_IMAGE: image,
    FOUNDATION_SECRET: "",
    ...(net ? { [netVariable]: net } : {}),
    ...(user ? { FLOUNDER_USER: `${user.uid}:${user.gid}` } : {}),
  },
});

const answerMs = 10_000;

/** Folders that supervisors and agents write into. Root in a container may not override permissions there (see rights.ts), so all may; their parent lets nobody else in. */
const shared = ["run", "logs"] as const;
function openToContainers(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
}

/** `load` finds a target system by name. */
export function composeEngine(load: Load): Engine {
  const build = (ground: Ground, image: string, start: { readonly net?: string; readonly user?: Owner } = {}) => {
    const wiring = wire(ground.topology, ground.block.base);
    return new ComposeFoundation({ ...ground, wiring, image, document: composeFile(ground.topology, wiring), project: projectOf(ground.spec, image, start) });
  };
  return {
    name: "compose",
    says: "Docker containers on this machine",
    check: () => problems(),
    async obtain(say) {
      await ensureTools(servers, say);
    },
    print: printed,

    async facts() {
      return { image: imageTag(), mounts: `sshfs in the containers: ${mountWays.join(", ")}` };
    },
    // The image is made of the tools that are here: with another one of them it is another image.
    versions: async () => ({ ...(await toolVersions()), image: imageTag() }),
    async users() {
      const uid = process.geteuid?.() ?? 0;
      const own = uid === 0 ? `a user of the foundation's own, uid ${uidsFrom} + its first port` : `you (uid ${uid})`;
      const of = (need: Need) => Object.keys(rights[need].caps).join(", ");
      return {
        keeper: uid === 0 ? "root" : own,
        containers: `${own}; no capabilities, no_new_privs, bounded`,
        "those with mounts": `the component as that user; its supervisor and sshfs as root with ${of("mounts")} alone`,
        apps: await appsRunAs(),
        "those with apps": `the component as that user; its supervisor as root with ${of("namespaces")} alone`,
        "packet filter": `the component as that user with NET_ADMIN alone; its supervisor as root with ${of("packets")}`,
      };
    },
    async targets(topology, system) {
      return targetList(topology, system, mountWays);
    },

    async start(spec, say, signal) {
      const image = imageTag();
      const project = projectOf(spec, image);
      // What an earlier keeper left half started.
      if (existsSync(project.file)) await removeProject(project, new Docker(spec.id));
      const ground = await newGround(spec, load);
      const { block, topology } = ground;
      let foundation: ComposeFoundation;
      try {
        for (const folder of shared) openToContainers(join(spec.dir, folder));
        const net = freeNet(await new Docker(spec.id).subnets(), Math.floor(block.base / blockSize));
        const user = userOf(ground);
        const wiring = wire(topology, block.base);
        const grants = [
          ...topology.components.map((component) => ({ name: component.name, secrets: labelsOf(component) })),
          ...[...wiring.servers.keys()].map((of) => ({ name: proxyService(of), secrets: guardOf(of, wiring).secrets })),
        ];
        for (const one of grants) if (one.secrets.length > 0) grant(join(spec.dir, "secrets"), one, spec.secret, user);
        foundation = build(ground, image, { net, user });
        foundation.writeFile();
      } catch (error) {
        block.release();
        throw error;
      }
      say(`ports from ${block.base} on, ${topology.components.length} components in containers of ${image}`);
      return startOrReap(foundation, () => foundation.start(say, signal), signal);
    },

    async clear(id, dir) {
      const project = projectOf({ id, dir }, "");
      const docker = new Docker(id);
      try {
        await within(answerMs, "Docker's answer", docker.all());
      } catch (error) {
        // Without Docker there are no containers; a foundation that had some cannot be ended without it.
        if (existsSync(project.file)) throw error;
        return;
      }
      await removeProject(project, docker);
    },

    async attach(dir) {
      const state = readState(dir, saved);
      const foundation = build(await groundAgain(dir, state, load), state.image);
      await foundation.attach(state);
      return foundation;
    },
  };
}

export default composeEngine(loadTarget);
