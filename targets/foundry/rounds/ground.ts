/**
 * Where rounds are played: a state home of its own, on a file system of its own where we may mount one (so that it can be full), and one foundation in it, which
 * commands bring up and end as a person would.
 */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderOf } from "../../../harness/keeper/folder.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { connect } from "../../../harness/keeper/start.js";
import { root } from "../../../harness/paths.js";
import type { EngineName } from "../../../harness/registry.js";
import type { FoundationFacts } from "../../../harness/scenario.js";
import { passingName } from "../../../harness/state/foundation.js";
import { prepare } from "../workload/prepare.js";
import { Eye } from "./look.js";

/** Containers keep all that they write there, and are not begun on less than 1000 MB. */
const diskMb: Readonly<Record<EngineName, number>> = { local: 96, compose: 1400 };

export interface Said {
  readonly words: string;
  /** null: it did not end within its deadline, and was killed. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly text: string;
  readonly tookMs: number;
}
export interface Command {
  readonly pid: number;
  /** What it has said so far. */
  readonly said: () => string;
  readonly done: Promise<Said>;
}

export class Ground {
  readonly #dir: string;
  readonly #home: string;
  readonly #earlier = process.env.XDG_STATE_HOME;
  /** False: the state folder lies on a disk that is not ours to fill. */
  readonly ownDisk: boolean;
  id = "";
  eye = new Eye("", "local");
  facts: FoundationFacts | undefined;
  before: Readonly<Record<string, string>> = {};

  constructor(readonly engine: EngineName) {
    this.#dir = mkdtempSync(join(tmpdir(), "flounder-rounds-"));
    this.#home = join(this.#dir, "state");
    mkdirSync(this.#home, { mode: 0o700 });
    this.ownDisk =
      process.geteuid?.() === 0 && spawnSync("mount", ["-t", "tmpfs", "-o", `size=${diskMb[engine]}m,mode=0700`, "tmpfs", this.#home]).status === 0;
    process.env.XDG_STATE_HOME = this.#home;
  }
  close(): void {
    if (this.#earlier === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = this.#earlier;
    if (this.ownDisk) spawnSync("umount", ["-l", this.#home]);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  get folder(): string {
    return folderOf(this.id);
  }
  /** A folder for what rounds write beside the foundation. */
  get scratch(): string {
    return this.#dir;
  }
  get isUp(): boolean {
    return this.id !== "";
  }

  /** `flounder up`, with its sample apps; what it is then is what it must be again after each round. */
  async up(): Promise<void> {
    const id = passingName(`rounds-${this.engine}`);
    const said = await this.run(["up", "--profile", "micro", "--engine", this.engine, "--name", id], 240_000).done;
    if (said.status !== 0) throw new Error(`flounder up: ${said.status}: ${said.text}`);
    this.id = id;
    this.eye = new Eye(id, this.engine);
    this.facts = await this.withKeeper((client) => client.facts());
    await prepare(this.facts, () => {});
    this.before = await this.look();
  }
  /** The foundation is no more. */
  ended(): void {
    this.id = "";
  }
  async withKeeper<T>(ask: (client: KeeperClient) => Promise<T>): Promise<T> {
    const client = await connect(this.id);
    try {
      return await ask(client);
    } finally {
      client.hangUp();
    }
  }
  /** What the keeper says of it, and what we see ourselves. */
  async look(): Promise<Readonly<Record<string, string>>> {
    const keepers = await this.withKeeper(async (client) => {
      const [words, { stopped, injections }] = await Promise.all([client.fingerprint(), client.status()]);
      const gate = stopped === null ? "are let in" : `are refused: ${stopped}`;
      return { ...words, "new injections": gate, injected: injections.map(({ id }) => id).join(" ") };
    });
    return { ...keepers, ...(await this.eye.look(this.facts!)) };
  }

  /** One command of ours; it is killed after the deadline. */
  run(words: readonly string[], deadlineMs: number): Command {
    const fromMs = performance.now();
    const child = spawn(process.execPath, [join(root, "bin", "flounder.mjs"), ...words], { cwd: this.#dir, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        text += chunk;
      });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, deadlineMs);
    const done = new Promise<Said>((resolve) => {
      child.once("close", (status, signal) => {
        clearTimeout(timer);
        const shown = words.join(" ");
        resolve({ words: shown, status: late ? null : status, signal: late ? null : signal, text, tookMs: performance.now() - fromMs });
      });
    });
    return { pid: child.pid!, said: () => text, done };
  }

  /** Leaves no room on the disk; the returned function gives it back. */
  fill(): () => void {
    const path = join(this.#home, "ballast");
    const file = openSync(path, "w");
    for (let bytes = 1 << 20; bytes >= 1; bytes = Math.floor(bytes / 4))
      try {
        for (;;) if (writeSync(file, Buffer.alloc(bytes)) === 0) break;
      } catch {
        // no room for so much
      }
    closeSync(file);
    return () => rmSync(path, { force: true });
  }

  /** What is needed to understand a round that failed; resolves with the folder, which stays. */
  keep(seed: number, says: string): string {
    const dir = mkdtempSync(join(tmpdir(), `flounder-round-${seed}-`));
    writeFileSync(join(dir, "round.txt"), says);
    if (this.isUp && existsSync(this.folder))
      cpSync(this.folder, join(dir, "foundation"), {
        recursive: true,
        filter: (path) => !/\/(secret|secrets|token|components|mounts|keeper\.sock)$/.test(path),
        errorOnExist: false,
      });
    return dir;
  }
}
