/** What happens to Flounder itself in a round: a signal to one of its processes, a disk without room, a state file that is no good. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { until } from "../../../harness/clock.js";
import type { Deed, Wound } from "./draw.js";
import type { Ground } from "./ground.js";

const attempt = (read: () => string) => {
  try {
    return read();
  } catch {
    return "";
  }
};
interface Found {
  readonly pid: number;
  readonly parent: number;
  readonly words: readonly string[];
  readonly environ: readonly string[];
}
const processes = (): Found[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({
      pid: Number(pid),
      parent: Number(attempt(() => readFileSync(`/proc/${pid}/stat`, "latin1")).replace(/^.*\) . (\d+).*$/s, "$1")),
      words: attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"))
        .split("\0")
        .slice(0, -1),
      environ: attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8")).split("\0"),
    }));

const keepers = (folder: string) => processes().filter(({ words }) => words.at(-1) === folder && words.some((word) => word.endsWith("keeper.js")));
/** A server of one class is its process of that name, here or in a container: never the shell or the init that started it. */
const servers = (id: string, of: string) =>
  processes().filter(
    ({ words, environ }) =>
      environ.includes(`FLOUNDER_FOUNDATION=${id}`) && environ.includes(`FLOUNDER_COMPONENT=toxiproxy-${of}`) && /toxiproxy/.test(basename(words[0] ?? "")),
  );
/** Of this run: its child, or what runs in containers at the foundation's vantages. */
function probers({ id, engine }: Ground, runner: number): Pick<Found, "pid">[] {
  if (engine === "local") return processes().filter(({ words, parent }) => parent === runner && words.at(-1)?.endsWith("probes/prober.js") === true);
  const labels = [`label=org.flounder.foundation=${id}`, "label=org.flounder.role=prober"].flatMap((one) => ["--filter", one]);
  const found = spawnSync("docker", ["ps", "--quiet", ...labels], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((line) => line !== "");
  if (found.length === 0) return [];
  const inspected = spawnSync("docker", ["inspect", "--format", "{{.State.Pid}}", ...found], { encoding: "utf8" });
  return inspected.stdout.split("\n").flatMap((line) => (Number(line) > 1 ? [{ pid: Number(line) }] : []));
}

const wound: Readonly<Record<Wound, (path: string, outside: string) => void>> = {
  emptied: (path) => writeFileSync(path, ""),
  garbage: (path) => writeFileSync(path, Buffer.from([0, 255, 1, 123, 10, 0])),
  "cut short": (path) => truncateSync(path, Math.floor(Buffer.byteLength(readFileSync(path)) / 2)),
  "a folder": (path) => {
    rmSync(path, { force: true });
    mkdirSync(path);
  },
  "a symbolic link": (path, outside) => {
    writeFileSync(outside, "mine");
    rmSync(path, { force: true });
    symlinkSync(outside, path);
  },
  removed: (path) => rmSync(path, { force: true }),
};

export interface Struck {
  /** False: there was nobody and nothing to strike any more, so the round shows less than it says. */
  readonly hit: boolean;
  /** Takes back what must not outlive the round. */
  restore(): void;
}

/** Does it now. */
export async function strike(ground: Ground, deed: Deed, runner: number): Promise<Struck> {
  const struck = (hit: boolean): Struck => ({ hit, restore: () => {} });
  const send = (found: readonly Pick<Found, "pid">[], signal: NodeJS.Signals) => {
    let hits = 0;
    for (const { pid } of found)
      try {
        process.kill(pid, signal);
        hits++;
      } catch {
        // it ended before
      }
    return struck(hits > 0);
  };
  const killKeeper = async () => {
    const killed = send(keepers(ground.folder), "SIGKILL");
    await until("the keeper to be gone", () => keepers(ground.folder).length === 0, 5000, 5);
    return killed;
  };
  if (deed.to === "disk") return { hit: true, restore: ground.fill() };
  if (deed.to === "file") {
    if (deed.keeperDead) await killKeeper();
    const path = join(ground.folder, deed.file);
    // Of nothing nothing is cut.
    if (!attempt(() => readFileSync(path, "utf8")) && deed.wound === "cut short") return struck(false);
    wound[deed.wound](path, join(ground.scratch, "outside"));
    return struck(true);
  }
  if (deed.to === "runner") return send([{ pid: runner }], deed.signal);
  if (deed.to === "keeper") {
    return deed.signal === "SIGKILL" ? killKeeper() : send(keepers(ground.folder), deed.signal);
  }
  if (deed.to === "prober") return send(probers(ground, runner), deed.signal);
  const found = servers(ground.id, deed.class!);
  if (found.length === 0) throw new Error(`there is no toxiproxy-${deed.class}`);
  return send(found, deed.signal);
}
