/** The embedded engine: components are child processes on 127.0.0.1, links go through Toxiproxy, mounts through sshfs where FUSE works. Linux only. */
import { join } from "node:path";
import type { Engine, Topology } from "../../core.js";
import { loadTarget } from "../../registry.js";
import { blockAtLeast, type Ground, groundAgain, type Load, newGround, startOrReap } from "../ground.js";
import { ProcessTable } from "../process-table.js";
import { readState } from "../saved.js";
import { targetList } from "../target-list.js";
import { appsRunAs } from "../tools/confine-check.js";
import { ensureTools } from "../tools/ensure.js";
import { findTool } from "../tools/find.js";
import { servers, tools } from "../tools/pins.js";
import { toolVersions } from "../tools/versions.js";
import { uidsOf } from "../uids.js";
import { wire } from "../wiring.js";
import { type FuseVerdict, fuseVerdict } from "./mounts/fuse-check.js";
import { passOn } from "./mounts/mount-table.js";
import { makeOpenFolder, openFolders, unprivilegedUser, usersOf } from "./mounts/open-folder.js";
import { Place } from "./place.js";
import { controlGroups, findGroups, makeGroup, removeGroup } from "./processes/control-group.js";
import { reapAll, removeFolder } from "./processes/reap.js";
import { LocalFoundation } from "./running.js";
import { saved } from "./saved.js";
import { toolbox } from "./toolbox.js";
import { ownRights, type Who, whoFor } from "./who.js";

const noFuse: FuseVerdict = { works: false, ways: ["detach"], why: "" };

/** `load` finds a target system by name; `fuse` says whether volumes can be mounted here. */
export function localEngine(load: Load, fuse: () => Promise<FuseVerdict> = fuseVerdict): Engine {
  /** By marks, folders and users alone: what an earlier keeper wrote down may be damaged. */
  const clear = async (id: string, dir: string) => {
    const open = openFolders(id);
    const dirs = [dir, ...open];
    const users = new Set(open.flatMap(usersOf));
    let first = Number.POSITIVE_INFINITY;
    try {
      const { uidsFrom, portBase } = readState(dir, saved);
      if (uidsFrom !== undefined && portBase >= 1024) first = uidsFrom + portBase;
    } catch {
      // Nothing was saved, or it is no good: whose the folders are says it.
    }
    const owned = (uid: number) => (users.has(uid) || (uid >= first && uid < first + blockAtLeast) ? "?" : undefined);
    await reapAll(new ProcessTable(id, () => dirs, owned), dirs);
    for (const one of open) await removeFolder(one);
  };
  const needsOpenFolder = (topology: Topology, { from }: Who) =>
    from !== undefined || (topology.components.some((component) => component.unprivileged) && unprivilegedUser() !== undefined);
  const build = async ({ spec, system, topology, block }: Ground, openDir: string, verdict: FuseVerdict, who: Who) => {
    const wiring = wire(topology, block.base);
    const uids = who.from === undefined ? undefined : uidsOf(topology, wiring, block.base, { from: who.from, shared: !verdict.works });
    const tools = await toolbox(topology, { openDir, uids, names: who.names });
    // Without FUSE a mount is a link to the folder itself: whoever keeps the folder must know that nothing stands between.
    const box = verdict.works ? tools : { ...tools, env: { ...tools.env, MOUNTS: "linked" } };
    const place = new Place(spec, wiring, box, { openDir, uids, names: who.names, group: makeGroup(spec.id) });
    place.makeFolders(topology.components);
    return new LocalFoundation({ place, system, topology, block, fuse: verdict, who });
  };

  return {
    name: "local",
    says: "child processes on 127.0.0.1",

    async check() {
      if (process.platform !== "linux")
        return [{ what: `the local engine runs on Linux only; this is ${process.platform}`, hint: "use a Linux VM (Lima, WSL 2), or the compose engine" }];
      return servers.filter((name) => !findTool(name)).map((name) => ({ what: `${name} was not found`, hint: tools[name].hint }));
    },

    async obtain(say) {
      await ensureTools(servers, say);
    },

    async facts() {
      const found = [...servers, "sshfs" as const].map((name): [string, string] => [name, findTool(name) ?? "not found"]);
      const { works, ways, why } = await fuse();
      return { ...Object.fromEntries(found), mounts: works ? `sshfs: ${ways.join(", ")}` : `symlinks, detach alone: ${why}` };
    },

    versions: toolVersions,

    async users() {
      const { from, says } = whoFor(ownRights());
      const group = controlGroups();
      const [isRoot, bounded] = [process.geteuid?.() === 0, "no_new_privs, bounded"];
      const apps = await appsRunAs();
      if (!isRoot) return { everything: says, components: bounded, apps, "control group": group };
      return {
        "keeper, sshfs": "root: mounts volumes, asks mounts, ends whatever is left",
        prober: "root: real-time, so that it is woken in time",
        components: from === undefined ? `${says}; Postgres as nobody` : `${says}; no capabilities, ${bounded}`,
        "Toxiproxy servers": from === undefined ? "root" : "the same",
        apps,
        "control group": group,
      };
    },

    async targets(topology, system) {
      return targetList(topology, system, (await fuse()).ways);
    },

    async start(spec, say, signal) {
      await clear(spec.id, spec.dir);
      const verdict = await fuse();
      if (!verdict.works) say(`mounts are symlinks, which can be detached and nothing else: ${verdict.why}`);
      const who = whoFor(ownRights());
      if (who.from === undefined && process.geteuid?.() === 0) say(`components run as ${who.says}`);
      const ground = await newGround(spec, load);
      const { block, topology } = ground;
      let openDir = "";
      let foundation: LocalFoundation;
      try {
        openDir = needsOpenFolder(topology, who) ? makeOpenFolder(spec.id) : "";
        foundation = await build(ground, openDir, verdict, who);
        if (verdict.works && who.names && topology.components.some(({ slots, mounts }) => slots && Object.keys(mounts).length > 0))
          await passOn(join(openDir, "mounts")).catch((error: Error) =>
            say(`apps will not see a volume that is mounted anew while they run: ${error.message}`),
          );
      } catch (error) {
        await removeFolder(openDir);
        for (const group of findGroups(spec.id)) await removeGroup(group).catch(() => {});
        block.release();
        throw error;
      }
      say(`ports from ${block.base} on, ${topology.components.length} components`);
      return startOrReap(foundation, () => foundation.start(say), signal);
    },

    clear,

    async attach(dir) {
      const state = readState(dir, saved);
      const ground = await groundAgain(dir, state, load);
      const who = { ...whoFor(ownRights()), from: state.uidsFrom };
      const foundation = await build(ground, state.openDir, state.mounts === "fuse" ? await fuse() : noFuse, who);
      await foundation.attach(state);
      return foundation;
    },
  };
}

export default localEngine(loadTarget);
