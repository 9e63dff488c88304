/**
 * Pushes of all sizes by many clients at once: whatever ordinary clients do, the foundation stays up, keeps its storage, and holds no more memory than before.
 * `npm run soak -- pushes --minutes 30 --seed 7` is the same for longer.
 * alone: eight clients take all of the machine, and time-outs are the platform's own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { expect } from "chai";
import { sleep } from "../../../harness/clock.js";
import { seeded } from "../../../harness/random.js";
import { frontDoor } from "../front-door.js";
import { liveFoundation } from "../testing/live-foundation.js";
import { type Pushed, type Pusher, pusher } from "./pusher.js";
import { Watch } from "./watch.js";

const minutes = Number(process.env.FLOUNDER_PUSH_MINUTES || 1);
const seed = Number(process.env.FLOUNDER_PUSH_SEED || 1);
const clients = Number(process.env.FLOUNDER_PUSH_CLIENTS || 8);
const [leastBytes, mostBytes] = [1000, (process.env.FLOUNDER_PUSH_MINUTES ? 200 : 100) * 2 ** 20];
/** A process that holds a body of the largest size, whole, holds more than this. */
const mostMb = 400;
/** What may come for good in a long soak: caches, tables, fragments. */
const growthMb = 60;

const line = ({ name, bytes, uploadMs, stageMs, startMs }: Pushed) =>
  `${name}: ${(bytes / 2 ** 20).toFixed(1)} MiB, upload ${(uploadMs / 1000).toFixed(1)} s, staging ${(stageMs / 1000).toFixed(1)} s, start ${(startMs / 1000).toFixed(1)} s`;

describe("pushes", function () {
  this.timeout(minutes * 60_000 + 900_000);
  const live = liveFoundation({ name: "pushes", profile: "org", mounts: true });
  const client = (space: string) => {
    const door = frontDoor(live.running.topology);
    const { host, port } = live.running.direct(door.component, door.port);
    return pusher(`http://${host}:${port}`, `api.${live.facts.domain}`, live.facts, space);
  };
  const say = (text: string) => console.log(`      ${text}`);
  const judge = (watch: Watch, failed: readonly string[]) => {
    for (const { name, mostMb: most, earlyMb, lateMb } of watch.memories()) say(`${name}: at most ${most} MiB; held ${earlyMb}, then ${lateMb} MiB`);
    say(`the longest proof of a LUN: ${watch.longestProofMs} ms`);
    expect(watch.seen).to.deep.equal([]);
    expect(failed).to.deep.equal([]);
    for (const { name, mostMb: most, earlyMb, lateMb } of watch.memories()) {
      expect(most, `${name}, MiB`).to.be.lessThan(mostMb);
      expect(lateMb, `${name}, MiB for good, from ${earlyMb}`).to.be.lessThan(earlyMb + growthMb);
    }
  };

  it("a proof of a mount goes past a large file on its way", async () => {
    // In its state folder, or where its own users reach it: both have its id in their name.
    const path = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .map((mounted) => mounted.split(" ")[1] ?? "")
      .find((at) => at.includes(live.spec.id) && at.endsWith("/cc-1/lun-1"));
    expect(path, "the mount of cc-1").to.be.a("string");
    const { mount } = live.running.target("cc-1:lun-1", ["mount"]).can;
    // Not flushed before its end: all that the mount takes is under way at once.
    const writer = spawn("dd", ["if=/dev/zero", `of=${path}/large`, "bs=1M", "count=256"], { stdio: "ignore" });
    const ended = once(writer, "exit");
    const proofs: number[] = [];
    while (writer.exitCode === null) {
      proofs.push(Math.round(await mount.proofMs()));
      await Promise.race([ended, sleep(50)]);
    }
    rmSync(`${path}/large`);
    expect(writer.exitCode).to.equal(0);
    say(`proofs beside a file of 256 MiB: ${proofs.join(", ")} ms`);
    expect(Math.max(...proofs)).to.be.lessThan(1000);
  });

  // seed: LUN <- three developers push 57 MiB each
  it("of 57 MiB by three at once take no storage away, and end", async () => {
    const watch = new Watch(live.running);
    const failed: string[] = [];
    // One after the other: the first makes the org.
    const mines = new Map<number, Pusher>();
    for (const i of [1, 2, 3]) mines.set(i, await client(`big-${i}`));
    const one = async (i: number) => {
      const mine = mines.get(i)!;
      const pushed = await mine.push(`big-${i}`, 57 * 2 ** 20);
      say(line(pushed));
      await mine.remove(pushed.guid);
    };
    await Promise.all([1, 2, 3].map((i) => one(i).catch((error: Error) => failed.push(error.message))));
    await watch.end();
    judge(watch, failed);
  });

  it(`of 1 kB to ${mostBytes / 2 ** 20} MiB by ${clients} clients for ${minutes} min: no restart, no loss, no memory`, async () => {
    const watch = new Watch(live.running);
    const failed: string[] = [];
    let pushes = 0;
    let bytes = 0;
    const endMs = performance.now() + minutes * 60_000;
    const mines: Pusher[] = [];
    for (let i = 1; i <= clients; i++) mines.push(await client(`soak-${i}`));
    const one = async (mine: Pusher, i: number) => {
      const chance = seeded(1000 * seed + i);
      for (let n = 1; performance.now() < endMs; n++) {
        const pushed = await mine.push(`soak-${i}-${n}`, Math.round(leastBytes * (mostBytes / leastBytes) ** chance()));
        pushes++;
        bytes += pushed.bytes;
        if (pushed.bytes > 20 * 2 ** 20) say(line(pushed));
        await mine.remove(pushed.guid);
      }
    };
    await Promise.all(mines.map((mine, i) => one(mine, i + 1).catch((error: Error) => failed.push(`client ${i + 1}: ${error.message}`))));
    await watch.end();
    say(`${pushes} pushes, ${Math.round(bytes / 2 ** 20)} MiB, seed ${seed}`);
    judge(watch, failed);
  });
});
