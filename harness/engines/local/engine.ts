/** The embedded engine: components are child processes on 127.0.0.1, links go through Toxiproxy, mounts through sshfs where FUSE works. Linux only. */
import type { Engine, FoundationSpec, Topology } from "../../core.js";
import { loadTarget } from "../../registry.js";
import { type Ground, groundAgain, type Load, newGround, startOrReap } from "../ground.js";
import { readState } from "../saved.js";
import { targetList } from "../target-list.js";
import { findTool } from "../tools/find.js";
import { type ToolName, tools } from "../tools/pins.js";
import { wire } from "../wiring.js";
import { type FuseVerdict, fuseVerdict } from "./fuse-check.js";
import { makeOpenFolder, unprivilegedUser } from "./open-folder.js";
import { Place } from "./place.js";
import { ProcessTable } from "./process-table.js";
import { reapAll, removeFolder } from "./reap.js";
import { LocalFoundation } from "./running.js";
import { saved } from "./saved.js";
import { toolbox } from "./toolbox.js";

const noFuse: FuseVerdict = { works: false, ways: ["detach"], why: "" };

/** What takes part whatever is started: sshfs may be absent, mounts are symlinks then. */
const always: readonly ToolName[] = ["toxiproxy-server", "nats-server", "postgres", "sftp-server"];

/** `load` finds a target system by name; `fuse` says whether LUNs can be mounted here. */
export function localEngine(load: Load, fuse: () => Promise<FuseVerdict> = fuseVerdict): Engine {
  const folders = (dir: string, openDir: string) => (openDir ? [dir, openDir] : [dir]);
  /** Ends what an earlier keeper left half started in this folder. */
  const clear = async (spec: FoundationSpec) => {
    let openDir = "";
    try {
      openDir = readState(spec.dir, saved).openDir;
    } catch {
      // Nothing was saved: the marks are enough.
    }
    const dirs = folders(spec.dir, openDir);
    await reapAll(new ProcessTable(spec.id, () => dirs), dirs);
    await removeFolder(openDir);
  };
  const needsOpenFolder = (topology: Topology) => topology.components.some((component) => component.unprivileged) && unprivilegedUser() !== undefined;
  const build = async ({ spec, system, topology, block }: Ground, openDir: string, verdict: FuseVerdict) => {
    const tools = await toolbox(topology, openDir);
    // Without FUSE a mount is a link to the folder itself: whoever keeps the folder must know that nothing stands between.
    const box = verdict.works ? tools : { ...tools, env: { ...tools.env, LUNS: "linked" } };
    const place = new Place(spec, wire(topology, block.base), box, openDir, openDir ? unprivilegedUser() : undefined);
    place.makeFolders(topology.components);
    return new LocalFoundation({ place, system, topology, block, fuse: verdict });
  };

  return {
    name: "local",

    async check() {
      if (process.platform !== "linux")
        return [{ what: `the local engine runs on Linux only; this is ${process.platform}`, hint: "use a Linux VM (Lima, WSL 2), or the compose engine" }];
      return always.filter((name) => !findTool(name)).map((name) => ({ what: `${name} was not found`, hint: tools[name].hint }));
    },

    async facts() {
      const found = always.concat("sshfs").map((name): [string, string] => [name, findTool(name) ?? "not found"]);
      const { works, ways, why } = await fuse();
      return { ...Object.fromEntries(found), mounts: works ? `sshfs: ${ways.join(", ")}` : `symlinks, detach alone: ${why}` };
    },

    async targets(topology, system) {
      return targetList(topology, system, (await fuse()).ways);
    },

    async start(spec, say, signal) {
      await clear(spec);
      const verdict = await fuse();
      if (!verdict.works) say(`mounts are symlinks, which can be detached and nothing else: ${verdict.why}`);
      const ground = await newGround(spec, load);
      const { block, topology } = ground;
      let openDir = "";
      let foundation: LocalFoundation;
      try {
        openDir = needsOpenFolder(topology) ? makeOpenFolder(spec.id) : "";
        foundation = await build(ground, openDir, verdict);
      } catch (error) {
        await removeFolder(openDir);
        block.release();
        throw error;
      }
      say(`ports from ${block.base} on, ${topology.components.length} components`);
      return startOrReap(foundation, () => foundation.start(say), signal);
    },

    async attach(dir) {
      const state = readState(dir, saved);
      const ground = await groundAgain(dir, state, load);
      const foundation = await build(ground, state.openDir, state.mounts === "fuse" ? await fuse() : noFuse);
      await foundation.attach(state);
      return foundation;
    },
  };
}

export default localEngine(loadTarget);
