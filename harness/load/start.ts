/** A load at work beside the probes: started with the run, ended with it, its points kept as rows in the results folder. */
import { spawn } from "node:child_process";
import { appendFileSync, closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { EventBody, PlannedLoad } from "../core.js";
import { FlounderError } from "../errors.js";
import type { LoadMessage } from "./guard.js";
import { k6Words, needK6, thresholdsOf, withoutK6 } from "./k6.js";
import { pointOf, Rows } from "./points.js";
import { sayLoad } from "./words.js";

export interface LoadPlace {
  /** For load.jsonl and k6's script. */
  readonly dir: string;
  readonly logsDir: string;
  /** What a script or command may know of the foundation. */
  readonly env: Readonly<Record<string, string>>;
  /** The run's zero on the wall clock, ms: k6 stamps by that. */
  readonly zeroWallMs: number;
  note(event: EventBody): void;
}
export interface Load {
  /** Resolves when its first request was answered or failed; a command's at once. At the latest after `firstMs`. Rejects with FlounderError where k6 ended before. */
  readonly begun: Promise<void>;
  /** Interrupts it, and resolves when nothing of it is left; again and again the same. */
  end(): Promise<void>;
}

const firstMs = 15_000;
const flushMs = 500;
const guard = fileURLToPath(new URL("./guard.js", import.meta.url));

/** k6's last complaint; it has its summary behind it. */
function lastWords(file: string): string {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.findLast((line) => line.includes("level=error")) ?? (lines.at(-1) || "it said nothing");
}

export function startLoad(load: PlannedLoad, { dir, logsDir, env, zeroWallMs, note }: LoadPlace): Load {
  const rows = new Rows(zeroWallMs);
  const rowsFile = join(dir, "load.jsonl");
  const summary = join(logsDir, "k6-summary.json");
  writeFileSync(rowsFile, "");
  const isK6 = load.tool === "k6";
  const script = join(dir, "load.js");
  if (isK6) writeFileSync(script, load.script);
  const words = isK6 ? [needK6(), ...k6Words(script, summary)] : ["/bin/sh", "-c", load.script];
  const logFile = join(logsDir, "load.log");
  const log = openSync(logFile, "a");
  const child = spawn(process.execPath, [guard, ...words], {
    env: { ...withoutK6(process.env), ...env },
    detached: true,
    stdio: ["ignore", isK6 ? "pipe" : log, log, "ipc"],
  });

  let first = () => {};
  let failed = (_: Error) => {};
  const answered = new Promise<void>((resolve, reject) => {
    first = resolve;
    failed = reject;
  });
  answered.catch(() => {}); // whoever awaits it sees it; nobody need
  const late = setTimeout(() => {
    note({ kind: "trouble", from: "load", says: `no request was made within ${firstMs / 1000} s` });
    first();
  }, firstMs);
  void answered.catch(() => {}).then(() => clearTimeout(late));
  const flush = () => {
    const text = rows.take().map((row) => `${JSON.stringify(row)}\n`);
    if (text.length > 0) appendFileSync(rowsFile, text.join(""));
  };
  const timer = setInterval(flush, flushMs);
  const lines = child.stdout ? createInterface({ input: child.stdout }) : undefined;
  const drained = new Promise<void>((resolve) => (lines ? lines.once("close", resolve) : resolve()));
  lines?.on("line", (line) => {
    const point = pointOf(line);
    if (point) {
      rows.add(point);
      first();
    } else if (!line.startsWith('{"')) writeSync(log, `${line}\n`); // its summary in words
  });

  let told = false;
  let exitCode: number | null = null;
  child.on("message", (message: LoadMessage) => {
    if ("pid" in message) {
      note({ kind: "load-began", says: sayLoad(load) });
      if (!isK6) first();
    } else if ("cannot" in message) note({ kind: "trouble", from: "load", says: message.cannot });
    else exitCode = message.exitCode;
  });
  const gone = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      note({ kind: "trouble", from: "load", says: error.message });
      resolve();
    });
    child.once("exit", () => resolve());
  });
  const over = (async () => {
    await gone;
    await drained;
    clearInterval(timer);
    flush();
    closeSync(log);
    if (isK6 && !told && exitCode !== 0)
      failed(
        new FlounderError(
          "environment",
          `k6 ended with ${exitCode ?? "a signal"} before its first request: ${lastWords(logFile)}`,
          "its log is logs/load.log in the results folder",
        ),
      );
    first();
    note({ kind: "load-ended", byItself: !told, exitCode, thresholds: isK6 ? thresholdsOf(summary) : [] });
  })();

  return {
    begun: answered,
    async end() {
      if (!told && child.connected) child.send("end");
      told = true;
      await over;
    },
  };
}
