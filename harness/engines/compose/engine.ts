/** The compose engine: the same topology in containers. LUNs are FUSE mounts, links go through Toxiproxy, each in a container of its own. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine, FoundationSpec, TargetSystem, Topology } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { loadTarget } from "../../registry.js";
import { type Block, retakeBlock, takeBlock } from "../local/ports.js";
import { targetList } from "../target-list.js";
import { wire } from "../wiring.js";
import { problems } from "./check.js";
import { Docker } from "./docker.js";
import { composeFile } from "./file.js";
import { imageTag } from "./images.js";
import { ComposeFoundation, mountWays, removeProject } from "./running.js";
import { readSaved } from "./saved.js";
import { printed } from "./yaml.js";

const blockAtLeast = 600;

const projectOf = ({ id, dir, secret }: FoundationSpec, image: string) => ({
  name: `flounder-${id.toLowerCase().replace(/[^a-z0-9_-]/g, "-")}`,
  file: join(dir, "compose.json"),
  env: { FLOUNDER_ID: id, FLOUNDER_DIR: dir, FLOUNDER_IMAGE: image, FOUNDATION_SECRET: secret },
});

/** `load` finds a target system by name. */
export function composeEngine(load: (name: string) => Promise<TargetSystem>): Engine {
  const build = (spec: FoundationSpec, system: TargetSystem, topology: Topology, block: Block, image: string) => {
    const wiring = wire(topology, block.base);
    return new ComposeFoundation({ spec, system, topology, wiring, block, image, document: composeFile(topology, wiring), project: projectOf(spec, image) });
  };
  return {
    name: "compose",
    check: () => problems(),
    print: printed,

    async facts() {
      return { image: imageTag(), mounts: `sshfs in the containers: ${mountWays.join(", ")}` };
    },
    async targets(topology, system) {
      return targetList(topology, system, mountWays);
    },

    async start(spec, say, signal) {
      const image = imageTag();
      const system = await load(spec.system);
      const topology = system.topology(spec.profile, spec.timeFactor, spec.policy);
      const project = projectOf(spec, image);
      // What an earlier keeper left half started.
      if (existsSync(project.file)) await removeProject(project, new Docker(spec.id));
      const block = await takeBlock(Math.max(blockAtLeast, wire(topology, 0).count), spec.portBase);
      let foundation: ComposeFoundation | undefined;
      try {
        for (const folder of ["run", "logs"]) mkdirSync(join(spec.dir, folder), { recursive: true, mode: 0o700 });
        foundation = build(spec, system, topology, block, image);
        writeFileSync(project.file, JSON.stringify(composeFile(topology, wire(topology, block.base)), null, 1), { mode: 0o600 });
        say(`ports from ${block.base} on, ${topology.components.length} components in containers of ${image}`);
        const aborted = new Promise<never>((_, reject) => {
          const stop = () => reject(new FlounderError("aborted", "the start was aborted", "start again when you like"));
          if (signal.aborted) stop();
          signal.addEventListener("abort", stop, { once: true });
        });
        await Promise.race([foundation.start(say, signal), aborted]);
        return foundation;
      } catch (error) {
        if (foundation) await foundation.reap();
        else block.release();
        throw error;
      }
    },

    async attach(dir) {
      const saved = readSaved(dir);
      const spec: FoundationSpec = { ...saved.spec, dir, secret: readFileSync(join(dir, "secret"), "utf8").trim() };
      const system = await load(spec.system);
      const topology = system.topology(spec.profile, spec.timeFactor, spec.policy);
      const block = await retakeBlock(saved.portBase, Math.max(blockAtLeast, wire(topology, 0).count));
      const foundation = build(spec, system, topology, block, saved.image);
      await foundation.attach(saved);
      return foundation;
    },
  };
}

export default composeEngine(loadTarget);
