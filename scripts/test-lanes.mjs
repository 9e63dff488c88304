/** Runs test files in mocha processes, some side by side, each with a temp and a state folder of its own. Output of a process is printed when it ends. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

/** Files mostly wait, but each has a foundation that is to be measured: more than there are cores, and the observer is late. */
const lanes = Number(process.env.FLOUNDER_LANES) || availableParallelism();
/** In a log, somebody wants to know that it goes on. */
const sayEveryMs = 60_000;

/** One process for these files; `isShown`: its output is not held back. Resolves with its tally; one that did not get to its end has failed. */
export async function runAlone(files, { root, options, house, env, isShown }) {
  const dir = mkdtempSync(join(tmpdir(), "flounder-tally-"));
  const [tally, log] = [join(dir, "tally.json"), join(dir, "log")];
  const out = isShown ? undefined : openSync(log, "a");
  const startMs = performance.now();
  const name = files.join(",");
  const child = spawn(
    process.execPath,
    ["--enable-source-maps", join(root, "node_modules/mocha/bin/mocha.js"), "--reporter", join(root, "scripts", "reporter.cjs"), ...options, ...files],
    { cwd: root, stdio: isShown ? "inherit" : ["ignore", out, out], env: { ...env, ...house.roomFor(name), FLOUNDER_TALLY: tally } },
  );
  const ended = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? code));
  });
  if (out !== undefined) closeSync(out);
  const found = existsSync(tally) ? JSON.parse(readFileSync(tally, "utf8")) : { passes: 0, pending: 0, failed: [], secondsOf: {} };
  const text = isShown ? "" : readFileSync(log, "utf8");
  rmSync(dir, { recursive: true, force: true });
  const failed =
    ended !== 0 && found.failed.length === 0 ? [{ file: files.length === 1 ? files[0] : "", title: `mocha ended with ${ended}: ${name}` }] : found.failed;
  return { ...found, failed, name, text, seconds: (performance.now() - startMs) / 1000 };
}

/** All runs, those that must be alone at the end. */
export async function runAll(runs, how) {
  const queue = [...runs];
  const under = new Map();
  const done = [];
  const total = runs.length;
  const say = () => {
    const those = [...under].map(([run, sinceMs]) => `${short(run.files)} (${Math.round((performance.now() - sinceMs) / 1000)} s)`);
    console.log(`… ${done.length} of ${total} done, under way: ${those.join(", ")}`);
  };
  const timer = setInterval(say, sayEveryMs);
  const lane = async (wanted) => {
    for (;;) {
      const at = queue.findIndex(wanted);
      if (at === -1 || how.isInterrupted()) return;
      const [run] = queue.splice(at, 1);
      under.set(run, performance.now());
      const result = await runAlone(run.files, how);
      under.delete(run);
      done.push(result);
      process.stdout.write(`── ${short(run.files)}: ${result.seconds.toFixed(1)} s\n${result.text}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, () => lane((run) => !run.isAlone)));
  await lane(() => true);
  clearInterval(timer);
  return done;
}

const short = (files) => (files.length === 1 ? files[0].replace(/^dist\//, "") : `${files.length} short files`);
