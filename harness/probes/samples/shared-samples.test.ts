import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { nowUs, until } from "../../clock.js";
import type { PlannedProbe, Sample, Vantage } from "../../core.js";
import { dist } from "../../paths.js";
import { unpackMembers } from "../../results/gzip-members.js";
import { type KnownServer, knownServer } from "../testing/known-server.js";
import { emptySamples } from "./samples-file.js";

describe("two probers and one file", () => {
  let dir: string;
  let server: KnownServer;
  const children: ChildProcess[] = [];
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "flounder-shared-"));
    server = await knownServer();
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** A real one, which asks a page from there. */
  function start(from: Vantage, samplesFile: string) {
    const child = spawn(process.execPath, [join(dist, "harness/probes/testing/fake-prober.js")], { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    const heard: Sample[] = [];
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const message = JSON.parse(line) as { kind: string; samples: Sample[] };
      if (message.kind === "samples") heard.push(...message.samples);
    });
    const probe: PlannedProbe = { probe: "page", plane: "data", from, target: "app", periodMs: 10, deadlineMs: 250, phaseMs: 0 };
    const route = { from, target: "app", url: `http://127.0.0.1:${server.port}`, host: "app.test", resolvers: [] };
    const ask = { system: "fake", probes: [probe], routes: [route], credentials: { user: "", password: "" } };
    const message = { zeroUs, ask, tell: "samples", samplesFile, warmUpMs: 0 };
    child.stdin.write(`${JSON.stringify({ kind: "start", ...message })}\n`);
    return { child, heard, ended };
  }
  const zeroUs = nowUs();
  const bySchedule = (samples: readonly Sample[]) => [...samples].sort((a, b) => a.dueUs - b.dueUs);

  it("keep every sample of both; when one is killed, its last second alone is missing", async () => {
    const file = join(dir, "samples.jsonl.gz");
    emptySamples(file);
    const outside = start("outside", file);
    const inside = start("inside", file);
    await until("three members of each", () => outside.heard.length > 320 && inside.heard.length > 320, 10_000);
    outside.child.kill("SIGKILL");
    await outside.ended;
    const before = inside.heard.length;
    await until("the other goes on", () => inside.heard.length > before + 120, 5000);
    inside.child.stdin.end();
    await inside.ended;

    const { text, cuts } = unpackMembers(readFileSync(file));
    const stored = text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Sample);
    const from = (vantage: Vantage) => bySchedule(stored.filter((sample) => sample.from === vantage));
    expect(cuts).to.equal(0);
    expect(from("inside")).to.deep.equal(bySchedule(inside.heard));
    const killed = bySchedule(outside.heard);
    expect(from("outside")).to.deep.equal(killed.slice(0, from("outside").length));
    expect(killed.at(-1)!.dueUs - from("outside").at(-1)!.dueUs).to.be.below(1.5e6);
    // They took turns: this is not one file behind the other.
    const turns = stored.filter((sample, i) => i > 0 && sample.from !== stored[i - 1]!.from).length;
    expect(turns).to.be.above(3);
  });
});
