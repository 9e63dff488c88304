/** One eye per container from which somebody looks, started when it is first needed; a container that was started again has another namespace, and gets another eye. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { within } from "../../clock.js";
import { dist } from "../../paths.js";
import type { Look, Seen } from "./eye.js";

const entry = join(dist, "harness", "engines", "attached", "eye.js");
/** Longer than any look takes, shorter than a witness may. */
const lookMs = 2400;

interface Eye {
  readonly pid: number;
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly waiting: Map<number, (value: number) => void>;
}

export class Eyes {
  readonly #eyes = new Map<string, Eye>();
  #nextId = 1;
  #ended = false;

  /** `foundation` marks its processes for the reaper. */
  constructor(private readonly foundation: string) {}

  /** From the namespace of the process `pid` of that container. Infinity, or 0 for what counts: nobody answered. Rejects where it cannot be looked. */
  async look(from: string, pid: number, what: Omit<Look, "id">): Promise<number> {
    const eye = this.#eyeOf(from, pid);
    const id = this.#nextId++;
    const answer = new Promise<number>((resolve, reject) => {
      eye.waiting.set(id, resolve);
      eye.child.once("exit", () => reject(new Error(`whoever looks from ${from} has ended`)));
      eye.child.stdin.write(`${JSON.stringify({ id, ...what } satisfies Look)}\n`);
    });
    return within(lookMs, `a look from ${from}`, answer).finally(() => eye.waiting.delete(id));
  }
  /** The container has ended: its namespace stays as long as we look from it. */
  close(from: string): void {
    this.#eyes.get(from)?.child.kill("SIGKILL");
    this.#eyes.delete(from);
  }
  end(): void {
    this.#ended = true;
    for (const from of [...this.#eyes.keys()]) this.close(from);
  }

  #eyeOf(from: string, pid: number): Eye {
    const known = this.#eyes.get(from);
    if (known?.pid === pid && known.child.exitCode === null && known.child.signalCode === null) return known;
    this.close(from);
    if (this.#ended) throw new Error("the foundation has ended");
    const env = { ...process.env, FLOUNDER_FOUNDATION: this.foundation };
    const child = spawn("nsenter", [`--net=/proc/${pid}/ns/net`, process.execPath, entry], { cwd: "/", env, stdio: ["pipe", "pipe", "inherit"] });
    child.setMaxListeners(0);
    child.on("error", () => {});
    child.stdin.on("error", () => {}); // its exit says so
    const waiting = new Map<number, (value: number) => void>();
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { id, value } = JSON.parse(line) as Seen;
      waiting.get(id)?.(value ?? Number.POSITIVE_INFINITY);
    });
    const eye = { pid, child, waiting };
    this.#eyes.set(from, eye);
    return eye;
  }
}
