/**
 * Risk check: a FUSE mount hangs with a writer and a reader blocked on it, one of them is killed with -9 in the middle, and the hang is undone; again and again.
 * After each round no process may be left with a thread in state D, and the mount must be usable.
 * node scripts/build.mjs && node scripts/hang-rounds.mjs [rounds, default 100]. Every third round ends by reaping alone's first step (sshfs killed), not by mending.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";

const rounds = Number(process.argv[2] ?? 100);
const here = new URL("../dist/harness/", import.meta.url);
const { localEngine } = await import(new URL("engines/local/engine.js", here).href);
const { fixtureSystem } = await import(new URL("engines/local/testing/system.js", here).href);
const { fuseVerdict } = await import(new URL("engines/local/mounts/fuse-check.js", here).href);
const { until } = await import(new URL("clock.js", here).href);

const verdict = await fuseVerdict();
if (!verdict.works) {
  console.log(`nothing to check: FUSE does not work here: ${verdict.why}`);
  process.exit(0);
}

/** Threads in uninterruptible sleep, of any of these processes. */
const threadsInD = (pids) =>
  pids.flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/task`).filter((task) => / D /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, "latin1").replace(/^.*\)/s, "")));
    } catch {
      return [];
    }
  });
const isGone = (child) => child.exitCode !== null || child.signalCode !== null;
/** Touches the mount in a loop, as a blob helper would. */
const toucher = (path, writes) =>
  spawn(
    process.execPath,
    [
      "-e",
      `const f=require("fs");const p=process.argv[1];for(;;){try{${writes ? 'const d=f.openSync(p,"w");f.writeSync(d,"x");f.fsyncSync(d);f.closeSync(d)' : "f.readdirSync(p)"};if(!globalThis.said){globalThis.said=1;f.writeSync(1,"touching")}}catch{}Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,5)}`,
      path,
    ],
    { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, FLOUNDER_FOUNDATION: id } },
  );

const id = `hang-${process.pid}`;
const dir = mkdtempSync(join(tmpdir(), "flounder-hang-"));
writeFileSync(join(dir, "secret"), "a secret", { mode: 0o600 });
const engine = localEngine(async () => fixtureSystem);
const spec = { id, system: "tiny", profile: "tiny", timeFactor: 20, policy: {}, engine: "local", dir, secret: "a secret" };
const running = await engine.start(spec, () => undefined, new AbortController().signal);
const undoMs = [];
let sawD = 0;
let leftInD = 0;
try {
  const { mount } = running.target("cc-1:lun-1", ["mount"]).can;
  const { MOUNT_LUN_1: path } = await running.call("cc-1", "/env");
  for (let round = 1; round <= rounds; round++) {
    const touchers = [toucher(join(path, "held"), true), toucher(path, false)];
    const pids = touchers.map((child) => child.pid);
    await Promise.all(touchers.map((child) => new Promise((resolve) => child.stdout.once("data", resolve))));
    await mount.cut("hang");
    if ((await mount.state()) !== "hung") throw new Error(`round ${round}: the mount does not hang`);
    touchers[round % 2].kill("SIGKILL");
    if (threadsInD(pids).length > 0) sawD++;
    const began = performance.now();
    if (round % 3 === 0) await running.escalate("cc-1:lun-1", 1);
    else await mount.mend();
    await until("the killed one to be freed", () => isGone(touchers[round % 2]), 10_000, 5);
    await until("a usable mount", async () => (await mount.state()) === "usable", 10_000, 5);
    undoMs.push(performance.now() - began);
    for (const child of touchers) child.kill("SIGKILL");
    await until("both to be gone", () => touchers.every(isGone), 10_000, 5);
    leftInD += threadsInD(pids).length;
    if (round % 10 === 0) console.log(`round ${round}: ${leftInD} threads left in D; D seen while it hung in ${sawD} rounds`);
  }
  // The last time nothing is mended: the reaper alone must get it down.
  const last = toucher(join(path, "held"), true);
  await new Promise((resolve) => last.stdout.once("data", resolve));
  await mount.cut("hang");
  await mount.state();
  last.kill("SIGKILL");
} finally {
  await running.reap();
  rmSync(dir, { recursive: true, force: true });
}
const sorted = [...undoMs].sort((a, b) => a - b);
const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
console.log(`${undoMs.length} rounds: undone and usable again after ${at(0.5)} ms (median), ${at(0.95)} ms (p95), ${at(1)} ms (worst)`);
console.log(`${sawD} rounds with a thread in state D while it hung, ${leftInD} threads in state D left over`);
process.exitCode = leftInD > 0 || undoMs.length < rounds ? 1 : 0;
