/**
 * Processes as /proc shows them. Identity is pid + start time (field 22 of stat): pids are re-used.
 * Everything of a foundation carries FLOUNDER_FOUNDATION in its environment, or has its cwd or executable below the foundation's folders (Postgres' children
 * overwrite their environment with their title), or runs as a user of its own, or is below one of those: what hides (no mark, other folder, other session) still
 * has parents.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface Living {
  readonly pid: number;
  /** Clock ticks after boot. */
  readonly start: number;
}
export interface Stat extends Living {
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  /** 0: no controlling terminal. */
  readonly tty: number;
}
export interface Found extends Stat {
  readonly component: string | undefined;
  /** Set for the sshfs process of that mount. */
  readonly mount: string | undefined;
}

function parse(text: string): Stat | undefined {
  // The command's name may hold blanks and brackets: fields are counted from the last bracket.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid: Number.parseInt(text, 10),
    state: fields[0]!,
    parent: Number(fields[1]),
    session: Number(fields[3]),
    tty: Number(fields[4]),
    start: Number(fields[19]),
  };
}
export function statOf(pid: number): Stat | undefined {
  try {
    return parse(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}
const allPids = () => readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

/** A dead main thread does not end a process of which another thread hangs in the kernel: such a one still holds its ports. */
function hangsInKernel(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some((task) => parse(readFileSync(`/proc/${pid}/task/${task}/stat`, "latin1"))?.state === "D");
  } catch {
    return false;
  }
}
const isDead = (stat: Stat) => stat.state === "X" || (stat.state === "Z" && !hangsInKernel(stat.pid));

export function isAlive({ pid, start }: Living): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.start === start && !isDead(stat);
}
/** It and all below it. */
export function withDescendants(pid: number): readonly Stat[] {
  const stat = statOf(pid);
  return stat ? [stat, ...childrenOf(pid).flatMap(withDescendants)] : [];
}
/** It, and what it started for itself: those below it in its session. What it started for others, to outlive it, leads a session of its own. */
export function familyOf(leader: Living): readonly Stat[] {
  const head = statOf(leader.pid);
  if (!head || head.start !== leader.start) return [];
  const found: Stat[] = [];
  const add = (stat: Stat) => {
    found.push(stat);
    for (const child of childrenOf(stat.pid)) {
      const below = statOf(child);
      if (below && below.session === head.session && below.parent === stat.pid) add(below);
    }
  };
  add(head);
  return found;
}
function childrenOf(pid: number): readonly number[] {
  try {
    const text = readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "latin1"));
    return text.join(" ").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // it has ended meanwhile
  }
}
/** Signals it if it is still the same process; false if it is gone. */
export function signal(one: Living, name: NodeJS.Signals): boolean {
  const stat = statOf(one.pid);
  if (!stat || stat.start !== one.start) return false;
  try {
    process.kill(one.pid, name);
    return true;
  } catch {
    return false;
  }
}

const keyOf = ({ pid, start }: Living) => `${pid}:${start}`;

function ancestry(): Set<number> {
  const own = new Set<number>();
  for (let pid = process.pid; pid > 0 && !own.has(pid); pid = statOf(pid)?.parent ?? 0) own.add(pid);
  return own;
}

interface Marks {
  readonly foundation: string | undefined;
  readonly component: string | undefined;
  readonly mount: string | undefined;
}
function marksOf(pid: number): Marks {
  let text = "";
  try {
    text = readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    // Somebody else's, or gone.
  }
  const value = (name: string) => new RegExp(`(?:^|\\0)${name}=([^\\0]*)`).exec(text)?.[1];
  return { foundation: value("FLOUNDER_FOUNDATION"), component: value("FLOUNDER_COMPONENT"), mount: value("FLOUNDER_MOUNT") };
}
/** Whom it runs as (the effective user); NaN: it is gone. Everybody may read that, unlike marks and folders. */
function uidOf(pid: number): number {
  try {
    return Number(/^Uid:\s*\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
  } catch {
    return Number.NaN;
  }
}
function linkOf(pid: number, what: "cwd" | "exe"): string {
  try {
    return readlinkSync(`/proc/${pid}/${what}`);
  } catch {
    return "";
  }
}

/** The processes of one foundation. */
export class ProcessTable {
  /** Marks once seen are kept: reading the environment of a process that hangs in a page fault may hang as well. */
  readonly #known = new Map<string, Marks>();

  constructor(
    readonly foundation: string,
    /** Folders that belong to the foundation alone. */
    private readonly folders: () => readonly string[],
    /** Whose process one is by its user, where each component has a user of its own; undefined: nobody's of the foundation. */
    private readonly componentOf?: (uid: number) => string | undefined,
  ) {}

  #inside(path: string): { component: string | undefined } | undefined {
    const folder = this.folders().find((dir) => path.startsWith(`${dir}/`));
    if (!folder) return undefined;
    return { component: /^\/(?:components|mounts)\/([^/]+)/.exec(path.slice(folder.length))?.[1] };
  }
  /** Whoever runs as a user of the foundation's own belongs to it, whatever became of its marks. */
  #owned(pid: number): Marks | undefined {
    const owner = this.componentOf?.(uidOf(pid));
    if (owner === undefined) return undefined;
    const { component, mount } = marksOf(pid);
    return { foundation: this.foundation, component: component ?? owner, mount };
  }
  #classify(stat: Stat): Marks | undefined {
    const key = keyOf(stat);
    const known = this.#known.get(key);
    const marks = known ?? this.#owned(stat.pid) ?? marksOf(stat.pid);
    if (marks.foundation === this.foundation) {
      this.#known.set(key, marks);
      return marks;
    }
    // A person's shell may stand in the folder; nothing that a foundation starts has a terminal.
    if (stat.tty !== 0) return undefined;
    const where = this.#inside(linkOf(stat.pid, "cwd")) ?? this.#inside(linkOf(stat.pid, "exe"));
    return where && { foundation: this.foundation, component: where.component, mount: undefined };
  }

  /** Everything alive that belongs to the foundation; never this process itself, nor whoever started it. */
  all(): Found[] {
    const own = ancestry();
    const stats = new Map<number, Stat>();
    for (const pid of allPids()) {
      const stat = own.has(pid) ? undefined : statOf(pid);
      if (stat) stats.set(pid, stat);
    }
    const marked = new Map<number, Marks | undefined>();
    const marks = (stat: Stat): Marks | undefined => {
      if (marked.has(stat.pid)) return marked.get(stat.pid);
      marked.set(stat.pid, undefined);
      const parent = stats.get(stat.parent);
      const found = this.#classify(stat) ?? this.#below(stat, parent && marks(parent));
      marked.set(stat.pid, found);
      return found;
    };
    const found: Found[] = [];
    for (const stat of stats.values()) {
      const { component, mount, foundation } = (isDead(stat) ? undefined : marks(stat)) ?? {};
      if (foundation !== undefined) found.push({ ...stat, component, mount });
    }
    const seen = new Set([...stats.values()].map(keyOf));
    for (const key of this.#known.keys()) if (!seen.has(key)) this.#known.delete(key);
    return found;
  }
  /** Kept as a mark is: whoever belonged to it once, still does when the parent is gone. */
  #below(stat: Stat, parent: Marks | undefined): Marks | undefined {
    if (parent) this.#known.set(keyOf(stat), { ...parent, foundation: this.foundation });
    return parent;
  }
  /** A component's processes, apps included; the daemons of its mounts only if asked for. */
  of(component: string, withMounts = false): Found[] {
    return this.all().filter((one) => one.component === component && (withMounts || one.mount === undefined));
  }
}
