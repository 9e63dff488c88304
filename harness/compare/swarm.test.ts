/**
 * The stack file that `--print swarm` prints, on a swarm of one node, with whatever Docker there is: which share each task takes, and that a task that is started
 * again goes on where it was. In its image a few lines of shell stand in for Flounder: they keep what they were asked for, and run no trial.
 * An engine that is in a swarm is somebody's: then it is skipped.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { until } from "../clock.js";
import { printed } from "./print.js";

const shards = 3;
const name = `flounder-swarm-${process.pid}`;
const image = `${name}:test`;
const volume = `${name}_results`;

const docker = (...words: string[]): string => execFileSync("docker", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
const state = (): string => {
  try {
    return docker("info", "--format", "{{.Swarm.LocalNodeState}}");
  } catch {
    return "no Docker";
  }
};
const networks = () => lines(docker("network", "ls", "--format", "{{.Name}}")).sort();

/** Without a registry: this machine's shell, what it is linked to, and the stand-in. */
function makeImage(dir: string): void {
  const put = (from: string, to: string) => {
    mkdirSync(join(dir, dirname(to)), { recursive: true });
    copyFileSync(realpathSync(from), join(dir, to));
  };
  const programs = ["/bin/sh", "/bin/mkdir"];
  for (const program of programs) put(program, program);
  for (const library of new Set(execFileSync("ldd", programs, { encoding: "utf8" }).match(/\/\S*\.so\S*/g))) put(library, library);
  mkdirSync(join(dir, "results"));
  // Folders stay; what a task logged goes with its container, as soon as Swarm likes.
  const standIn = `#!/bin/sh\nmkdir -p "$8/2011-compare-day-1" "$8/asked/$6$9"\n`;
  mkdirSync(join(dir, "usr/local/bin"), { recursive: true });
  writeFileSync(join(dir, "usr/local/bin/flounder"), standIn, { mode: 0o755 });
  const tar = execFileSync("tar", ["-C", dir, "-c", "."], { maxBuffer: 2 ** 28 });
  execFileSync("docker", ["import", "--change", "ENV PATH=/usr/local/bin:/bin", "-", image], { input: tar, stdio: ["pipe", "ignore", "pipe"] });
}

describe("a comparison as a job of a swarm of one node", function () {
  this.timeout(180_000);
  const gateway = "docker_gwbridge";
  let dir = "";
  let networksBefore: string[] = [];
  let isOurs = false;
  before(function () {
    if (state() !== "inactive") return this.skip();
    networksBefore = networks();
    dir = mkdtempSync(join(tmpdir(), "flounder-swarm-"));
    makeImage(join(dir, "root"));
    docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:0");
    isOurs = true;
  });
  after(async () => {
    if (!isOurs) return;
    docker("stack", "rm", name);
    docker("swarm", "leave", "--force");
    // Swarm keeps what is left of a job's tasks.
    const ours = () => lines(docker("ps", "--all", "--quiet", "--filter", `label=com.docker.stack.namespace=${name}`));
    if (ours().length > 0) docker("rm", "--force", ...ours());
    docker("volume", "rm", volume);
    docker("image", "rm", image);
    if (!networksBefore.includes(gateway)) docker("network", "rm", gateway);
    rmSync(dir, { recursive: true, force: true });
    await until("no network of ours to be left", () => networks().every((one) => networksBefore.includes(one) || !one.startsWith(name)), 30_000, 200);
    expect(state()).to.equal("inactive");
  });

  it("each task takes its share in a folder of its own, and goes on there when it is started again", async () => {
    const words = ["compare", "day-1", "--playbooks", "none,as it was"];
    writeFileSync(join(dir, "stack.yaml"), printed("swarm", { words, shards, image, results: "results" }));
    docker("stack", "deploy", "--compose-file", join(dir, "stack.yaml"), name);
    const shares = (more = "") => Array.from({ length: shards }, (_, i) => `/results/${i + 1}/asked/${i + 1}/${shards}${more}`);
    const look = 'for one in /results/*/asked/*/*; do test -e "$one" && echo "$one"; done; true';
    const said = () => lines(docker("run", "--rm", "--network", "none", "--volume", `${volume}:/results`, image, "/bin/sh", "-c", look)).sort();
    await until("every task to have taken its share", () => said().length >= shards, 60_000, 300);
    expect(said()).to.deep.equal(shares());
    docker("service", "update", "--force", "--detach", `${name}_compare`);
    await until("every task to have begun again", () => said().length >= 2 * shards, 60_000, 300);
    expect(said()).to.deep.equal([...shares(), ...shares("--resume")].sort());
  });
});
