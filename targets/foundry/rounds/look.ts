/**
 * A foundation seen from /proc, its sockets and its front door, with nothing of the engines, their reaper or the keeper: what must be as before after a round,
 * and what it ever was, so that what is left of it can be found whatever it calls itself then.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { FoundationFacts } from "../../../harness/scenario.js";
import { entrancesOf } from "../front-door.js";
import { CfClient } from "../workload/cf-client.js";
import { send } from "../workload/http.js";
import { sampleApps } from "../workload/sample-apps.js";

const attempt = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise; // it ended meanwhile
  }
};
const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));
/** Fields of /proc/PID/stat behind the command's name: state, parent … */
const statOf = (pid: string) =>
  attempt(() => readFileSync(`/proc/${pid}/stat`, "latin1"), "")
    .replace(/^.*\) /s, "")
    .split(" ");
const uidOf = (pid: string) => Number(/^Uid:\s*\d+\s+(\d+)/m.exec(attempt(() => readFileSync(`/proc/${pid}/status`, "latin1"), ""))?.[1]);
const variable = (environ: string, name: string) =>
  environ
    .split("\0")
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1);

interface Process {
  readonly pid: string;
  readonly start: string;
  readonly state: string;
  readonly component: string;
}

export class Eye {
  /** pid:start of whatever belonged to it at some time, with a word on it. */
  readonly #ever = new Map<string, string>();
  readonly #uids = new Set<number>();
  readonly #ports = new Set<number>();

  constructor(
    readonly id: string,
    /** Users in containers have the same numbers in every foundation; users of a local one are its own. */
    readonly engine: string,
  ) {}

  /** By mark, folder, executable, command line or control group; and what descends from one of these. */
  #processes(): Process[] {
    const own = new Map<string, Process>();
    // Parents are mostly older, and come first; whoever has a younger one is found the next time.
    for (const pid of pids().sort((a, b) => Number(a) - Number(b))) {
      const [state = "", parent = "", ...more] = statOf(pid);
      const start = more[17] ?? "";
      if (state === "" || state === "Z" || state === "X" || Number(pid) === process.pid) continue;
      const environ = attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8"), "");
      const texts = [
        ...["cwd", "exe"].map((link) => attempt(() => readlinkSync(`/proc/${pid}/${link}`), "")),
        ...["cgroup", "cmdline"].map((file) => attempt(() => readFileSync(`/proc/${pid}/${file}`, "utf8"), "")),
      ];
      const marked = variable(environ, "FLOUNDER_FOUNDATION") === this.id || texts.some((text) => text.includes(this.id));
      if (!marked && !own.has(parent)) continue;
      own.set(pid, { pid, start, state, component: variable(environ, "FLOUNDER_COMPONENT") ?? own.get(parent)?.component ?? "" });
      const word = texts[3]!.replaceAll("\0", " ").trim();
      this.#ever.set(`${pid}:${start}`, `process ${pid} ${word}`);
      const uid = uidOf(pid);
      if (this.engine === "local" && uid > 65_535) this.#uids.add(uid);
    }
    return [...own.values()];
  }

  /** Resolves with words, equal when nothing differs. Also remembers whatever is seen. */
  async look(facts: FoundationFacts): Promise<Readonly<Record<string, string>>> {
    const own = this.#processes();
    const words: Record<string, string> = {};
    // Helpers of the keeper come when they are needed first.
    const expected = (component: string) => component.startsWith("toxiproxy-") || facts.components.some(({ name }) => name === component);
    for (const { component } of own) if (expected(component)) words[`${component} runs`] = "yes";
    for (const { pid, state, component } of own) if (/^[Tt]$/.test(state)) words[`${component || "a process"} is stopped`] = pid;
    for (const { pid } of own) for (const path of this.#mounts(pid)) words[`mount ${path}`] = "there";
    const tables = new Map<string, Table>();
    for (const { pid, component } of own) {
      const open = listeners(pid, tables);
      for (const port of open) this.#ports.add(port);
      if (component.startsWith("toxiproxy")) words[`${component} listens at`] = open.sort((a, b) => a - b).join(" ");
    }
    words.login = await login(facts);
    for (const { name } of sampleApps(facts.profile)) words[`${name} answers`] = await answers(facts, `${name}.${facts.domain}`);
    return words;
  }
  /** Of a container all that it has; of a process here what bears the foundation's name: it may see what others mount. */
  #mounts(pid: string): string[] {
    return attempt(() => readFileSync(`/proc/${pid}/mountinfo`, "utf8"), "")
      .split("\n")
      .flatMap((line) => (/ - fuse\S* /.test(line) ? [line.split(" ")[4]!] : []))
      .filter((path) => path.includes(this.id) || (this.engine === "compose" && !isHere(pid)));
  }

  /** Whoever is stopped goes on. */
  resume(): void {
    for (const { pid, state } of this.#processes()) if (state === "T") attempt(() => process.kill(Number(pid), "SIGCONT"), false);
  }
  /** Ends by hand what no `down` ended. */
  kill(): void {
    for (const { pid } of this.#processes()) attempt(() => process.kill(Number(pid), "SIGKILL"), false);
  }

  /** The next foundation may have taken the same ports. */
  #isAnothers(pid: string): boolean {
    const mark = variable(
      attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8"), ""),
      "FLOUNDER_FOUNDATION",
    );
    return mark !== undefined && mark !== this.id;
  }
  /** What was seen once and lives on, also as somebody else's child; users and ports of its own that are in use. */
  left(): string[] {
    const found: string[] = [];
    for (const pid of pids()) {
      const [state, , , , , , , , , , , , , , , , , , , start] = statOf(pid);
      if (state === "Z" || state === undefined) continue;
      const known = this.#ever.get(`${pid}:${start}`);
      if (known) found.push(`${known} (seen before)`);
      else if (this.#uids.has(uidOf(pid))) found.push(`process ${pid} of user ${uidOf(pid)}`);
    }
    const tables = new Map<string, Table>();
    for (const owner of pids())
      for (const port of listeners(owner, tables))
        if (this.#ports.has(port) && isHere(owner) && !this.#isAnothers(owner)) found.push(`listener on port ${port}: process ${owner}`);
    for (const line of attempt(() => readFileSync("/proc/sysvipc/shm", "utf8"), "").split("\n")) {
      const [, shm, , , maker] = line.trim().split(/\s+/);
      if (maker && [...this.#ever.keys()].some((key) => key.startsWith(`${maker}:`))) found.push(`shared memory ${shm}`);
    }
    return found;
  }
}

/** In our own network and mount namespace, not in a container. */
const isHere = (pid: string) => attempt(() => readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync("/proc/self/ns/net"), false);

/** Ports on which this process listens, by proc_net(5): state 0A, inode in field 9. `tables`: those of the networks that were read just now, which costs most. */
function listeners(pid: string, tables: Map<string, Table>): number[] {
  const inodes = new Set(
    attempt(() => readdirSync(`/proc/${pid}/fd`), []).flatMap(
      (fd) => /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ""))?.[1] ?? [],
    ),
  );
  if (inodes.size === 0) return [];
  const network = attempt(() => readlinkSync(`/proc/${pid}/ns/net`), "");
  const all = tables.get(network) ?? tableOf(pid);
  tables.set(network, all);
  return all.flatMap(({ port, inode }) => (inodes.has(inode) ? [port] : []));
}
type Table = readonly { readonly port: number; readonly inode: string }[];
function tableOf(pid: string): Table {
  const lines = ["tcp", "tcp6"].flatMap((table) =>
    attempt(() => readFileSync(`/proc/${pid}/net/${table}`, "utf8"), "")
      .split("\n")
      .slice(1),
  );
  return lines.flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === "0A" && inode !== undefined ? [{ port: Number.parseInt(local!.split(":")[1]!, 16), inode }] : [];
  });
}

/** As a developer does it, through the front door. */
async function login(facts: FoundationFacts): Promise<string> {
  try {
    await new CfClient(entrancesOf(facts).router, new URL(entrancesOf(facts).api).hostname, facts).login();
    return "works";
  } catch (error) {
    return `fails: ${(error as Error).message.slice(0, 100)}`;
  }
}
async function answers(facts: FoundationFacts, host: string): Promise<string> {
  try {
    return String((await send(entrancesOf(facts).router, { headers: { host }, deadlineMs: 3000 })).status);
  } catch (error) {
    return (error as Error).message;
  }
}
