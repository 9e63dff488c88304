/**
 * One watch on 50 endpoints of ten kinds: its memory stays flat, its schedule is kept, and after kill -9 what it measured can be read as docs/watch.md says.
 * Some seconds here; npm run soak -- watch --minutes 30 for as long as you like.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import YAML from "yaml";
import { sleep, until } from "../clock.js";
import { dist, root } from "../paths.js";
import { punctual } from "../probes/schedule/priority.js";
import type { WatchResult } from "./result.js";
import type { ManyPorts } from "./testing/many-servers.js";

const minutes = Number(process.env.FLOUNDER_WATCH_MINUTES || 0.2);
const each = 5;
describe("a watch on 50 endpoints of ten kinds", function () {
  this.timeout(minutes * 60_000 + 120_000);
  let dir: string;
  let child: ChildProcess | undefined;
  let servers: ChildProcess | undefined;
  const file = (name: string) => join(dir, name);

  before(async function () {
    if (spawnSync("openssl", ["version"]).error) {
      console.log("      skipped: there is no openssl here to make a certificate");
      this.skip();
    }
    dir = mkdtempSync(join(tmpdir(), "flounder-fifty-"));
    const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost -days 30";
    execFileSync("openssl", [...words.split(" "), "-addext", "subjectAltName=DNS:localhost"], { cwd: dir, stdio: "pipe" });
    // A process of its own, as punctual as the prober: what it is late by would be taken for the watch's error.
    servers = spawn(process.execPath, [...punctual, join(dist, "harness/watch/testing/many-servers.js"), dir], { stdio: ["pipe", "pipe", "inherit"] });
    const [said] = (await once(servers.stdout!, "data")) as [Buffer];
    const ports = JSON.parse(said.toString()) as ManyPorts;
    const http = `http://127.0.0.1:${ports.http}`;
    const kinds: Readonly<Record<string, object>> = {
      fresh: { url: `${http}/`, expect: { text: "well" } },
      kept: { url: `${http}/`, connection: "kept", expect: { text: "well" } },
      tls: { url: `https://localhost:${ports.https}/`, cacert: file("cert.pem"), resolve: [`localhost:${ports.https}:127.0.0.1`] },
      moved: { url: `${http}/moved`, expect: { text: "well" } },
      gzip: { url: `${http}/gzip`, expect: { pattern: "is w.ll" } },
      stream: { url: `${http}/stream`, expect: { text: "well" } },
      flaps: { url: `${http}/flaps` },
      tcp: { tcp: `127.0.0.1:${ports.tcp}`, send: "PING\r\n", expect: { text: "PONG" } },
      dns: { dns: `app.test@127.0.0.1:${ports.udp}`, expect: { text: "10.0.0.7" } },
      exec: { exec: "true", period: "1s" },
    };
    const endpoints = Object.entries(kinds).flatMap(([kind, one]) =>
      Array.from({ length: each }, (_, i) => ({ name: `${kind} ${i}`, period: "100ms", ...one })),
    );
    writeFileSync(file("watch.yaml"), YAML.stringify({ endpoints }));
  });
  after(() => {
    if (child?.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    servers?.stdin?.end();
    if (dir) rmSync(dir, { recursive: true, force: true });
  });

  it("is flat, on time, and readable after kill -9", async () => {
    const words = ["watch", "--config", file("watch.yaml"), "--json", file("out.json"), "--samples", file("samples.gz"), "--slow", "900ms"];
    child = spawn(process.execPath, [join(root, "bin/flounder.mjs"), ...words], {
      stdio: "ignore",
      env: { ...process.env, XDG_STATE_HOME: file("state") },
    });
    const found = () => JSON.parse(readFileSync(file("out.json"), "utf8")) as WatchResult;
    await until("it samples", () => found().endpoints.every((one) => one.samples > 0), 20_000);
    const pids = [child.pid!, ...childrenOf(child.pid!)];
    const memory: number[] = [];
    const endMs = performance.now() + minutes * 60_000;
    while (performance.now() < endMs) {
      memory.push(pids.reduce((sum, pid) => sum + rssBytes(pid), 0) / 2 ** 20);
      await sleep(Math.min(2000, Math.max(0, endMs - performance.now())));
    }
    const killedMs = Date.now();
    child.kill("SIGKILL");
    await until("the prober has ended by itself", () => pids.every((pid) => !existsSync(`/proc/${pid}`)), 10_000);

    const result = found();
    const { endpoints, observer, seconds } = result;
    const half = memory.slice(Math.floor(memory.length / 2));
    const [early, late] = [half.slice(0, half.length / 2), half.slice(half.length / 2)].map((part) => part.reduce((sum, mb) => sum + mb, 0) / part.length);
    console.log(
      `      ${endpoints.length} endpoints, ${seconds.toFixed(0)} s, ${endpoints.reduce((sum, one) => sum + one.samples, 0)} samples: ${memory[0]!.toFixed(0)} MB at first, ${Math.max(...memory).toFixed(0)} at most, ${early!.toFixed(0)} in the third quarter, ${late!.toFixed(0)} in the last; answers after p50 ${Math.max(...endpoints.map((one) => one.latencyMs.p50)).toFixed(1)} ms at most; late by p50 ${observer.latenessMs.p50.toFixed(2)} p99 ${observer.latenessMs.p99.toFixed(2)} max ${observer.latenessMs.max.toFixed(1)} ms, observer faults ${(100 * observer.share).toFixed(3)} %, ${(100 * observer.cpuShare).toFixed(1)} % of a core`,
    );
    // Outages are kept: each flap is one more. In some seconds a heap is still growing to its size, and what else the machine does weighs more.
    const isSoak = minutes >= 5;
    if (isSoak) expect(late! / early!).to.be.below(1.1);
    expect(observer.share).to.be.below(isSoak ? 0.01 : 0.02);
    expect(observer.shed).to.equal(0);
    for (const { name, samples, rateHz, deadlineMs, counts } of endpoints) {
      // What is on its way is no sample yet.
      expect(samples, name).to.be.at.least(rateHz * (seconds - deadlineMs / 1000) - 2);
      if (!name.startsWith("flaps")) expect((counts.ok ?? 0) / samples, `${name}: ${JSON.stringify(counts)}`).to.be.above(isSoak ? 0.98 : 0.95);
    }
    // What was measured until then is there: in the JSON to the last second, in the samples to the last that came.
    expect(result.complete).to.equal(false);
    expect(Date.parse(result.startedIso) + seconds * 1000).to.be.within(killedMs - 6000, killedMs + 1000);
    const rows = execFileSync("zcat", [file("samples.gz")], { maxBuffer: 2 ** 30 })
      .toString()
      .trimEnd()
      .split("\n");
    const { columns, targets } = JSON.parse(rows[0]!) as { columns: readonly string[]; targets: readonly { name: string }[] };
    expect(columns.slice(0, 3)).to.deep.equal(["target", "seq", "dueUs"]);
    expect(targets.map(({ name }) => name)).to.deep.equal(endpoints.map(({ name }) => name));
    const kept = new Map<number, number>();
    for (const row of rows.slice(1)) {
      const target = Number(/^\[(\d+),/.exec(row)![1]);
      kept.set(target, (kept.get(target) ?? 0) + 1);
    }
    for (const [i, { name, samples }] of endpoints.entries()) expect(kept.get(i), name).to.be.at.least(samples);
  });
});

const rssBytes = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const those = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim();
    return those === "" ? [] : those.split(" ").map(Number);
  });
}
