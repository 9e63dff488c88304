/** The keeper's side of the helper process: one question at a time per mount, each with a deadline; a question that hangs stays out until it is answered. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { nowUs, within } from "../clock.js";
import type { Capabilities } from "../core.js";

export type MountState = "usable" | "error" | "hung" | "read-only";
const deadlineMs = 1000;
/** The helper itself takes this long to begin, on a busy machine. */
const beginMs = 5000;

interface Answer {
  /** Absent in the first line, which only says that the helper has begun. */
  readonly ask?: number;
  readonly state: MountState;
}
interface Question {
  readonly answered: Promise<MountState>;
  readonly answer: (state: MountState) => void;
}

type Helper = ChildProcessByStdio<Writable, Readable, null>;

/** The helper's program. */
export const mountProberScript = join(fileURLToPath(new URL(".", import.meta.url)), "mount-prober.js");
/** Threads of the helper: more than mounts, since each hung one takes its own. */
export const helperThreads = (mounts: number): string => String(Math.min(1024, mounts * 2 + 4));
/** The helper as a process here. */
export const mountProber = (env: Readonly<Record<string, string>>, cwd: string, mounts: number): Helper =>
  spawn(process.execPath, [mountProberScript], {
    cwd,
    env: { ...env, UV_THREADPOOL_SIZE: helperThreads(mounts) },
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });

/** How long it takes to prove a mount; Infinity if it is not usable. */
export async function proofMs(state: Capabilities["mount"]["state"]): Promise<number> {
  const fromUs = nowUs();
  return (await state()) === "usable" ? (nowUs() - fromUs) / 1000 : Number.POSITIVE_INFINITY;
}

export class MountHelper {
  #child: Helper | undefined;
  #began: Promise<void> = Promise.resolve();
  #next = 0;
  readonly #open = new Map<number, Question>();
  readonly #byPath = new Map<string, Question>();

  /** `start` starts mount-prober.js where the mounts are, with pipes for stdin and stdout. */
  constructor(private readonly start: () => Helper) {}

  async state(path: string, volume: string, marker: string): Promise<MountState> {
    const pending = this.#byPath.get(path);
    if (pending) {
      // An old question still hangs. What it will say is about then: ask anew once it is out of the way.
      const gone = await within(deadlineMs, "the former question", pending.answered).then(
        () => true,
        () => false,
      );
      if (!gone) return "hung";
      return this.state(path, volume, marker);
    }
    const question = this.#ask(path, volume, marker);
    await within(beginMs, "the helper that asks mounts", this.#began);
    return within(deadlineMs, path, question.answered).catch(() => "hung" as const);
  }

  #ask(path: string, volume: string, marker: string): Question {
    const child = this.#begin();
    const ask = ++this.#next;
    let answer: (state: MountState) => void = () => undefined;
    const answered = new Promise<MountState>((resolve) => {
      answer = resolve;
    });
    const question = {
      answered,
      answer: (state: MountState) => {
        this.#open.delete(ask);
        this.#byPath.delete(path);
        answer(state);
      },
    };
    this.#open.set(ask, question);
    this.#byPath.set(path, question);
    child.stdin.write(`${JSON.stringify({ ask, path, volume, marker })}\n`);
    return question;
  }

  #begin(): Helper {
    if (this.#child) return this.#child;
    const child = this.start();
    this.#child = child;
    let begun: () => void = () => undefined;
    this.#began = new Promise((resolve) => {
      begun = resolve;
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { ask, state } = JSON.parse(line) as Answer;
      if (ask === undefined) begun();
      else this.#open.get(ask)?.answer(state);
    });
    child.stdin.on("error", () => undefined);
    const gone = () => {
      if (this.#child === child) this.#child = undefined;
      begun();
      // Whoever still waits does so for an answer that will not come.
      for (const question of [...this.#open.values()]) question.answer("error");
    };
    child.on("error", gone).on("exit", gone);
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    (child.stdout as unknown as { unref(): void }).unref();
    return child;
  }

  end(): void {
    this.#child?.kill("SIGKILL");
  }
}
