import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { findTool } from "../tools/find.js";
import { problems } from "./check.js";
import { imageTag } from "./image/image-content.js";

const fine = { fuseDevice: "/dev/null", leastBytes: 1 };

describe("what keeps a foundation in containers from starting", () => {
  const saved = { ...process.env };
  const tools = (["nats-server", "flounder-toxiproxy"] as const).map((name) => dirname(findTool(name)!));
  let dir: string;
  let bin: string;
  let engine: Server | undefined;

  const program = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  /** Speaks as much of Docker's API as is asked for. */
  async function docker(answers: { version?: object; info?: object; images?: readonly string[] } = {}): Promise<void> {
    const { version = {}, info = {}, images = [imageTag()] } = answers;
    const routes: Readonly<Record<string, unknown>> = {
      "/version": { ApiVersion: "1.41", ...version },
      "/info": {
        OSType: "linux",
        OperatingSystem: "Debian",
        KernelVersion: release(),
        DockerRootDir: dir,
        SecurityOptions: ["name=seccomp,profile=default"],
        ...info,
      },
      "/images/json": [{ Id: "sha256:0", RepoTags: images }],
    };
    engine = createServer((request, answer) => {
      const found = routes[request.url!.split("?")[0]!];
      if (found === undefined) answer.writeHead(404);
      answer.end(JSON.stringify(found ?? {}));
    }).listen(join(dir, "docker.sock"));
    await once(engine, "listening");
  }

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-check-"));
    bin = join(dir, "bin");
    mkdirSync(bin);
    process.env.PATH = [bin, ...tools].join(":");
    process.env.XDG_STATE_HOME = dir;
    process.env.DOCKER_HOST = `unix://${join(dir, "docker.sock")}`;
    program("docker", "exit 0");
  });
  afterEach(() => {
    for (const name of ["PATH", "XDG_STATE_HOME", "DOCKER_HOST"]) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
    engine?.closeAllConnections();
    engine?.close();
    engine = undefined;
    rmSync(dir, { recursive: true, force: true });
  });

  it("nothing, where all is here", async () => {
    await docker();
    expect(await problems(fine)).to.deep.equal([]);
  });

  const cases: readonly [string, () => Promise<void>, string, string, typeof fine?][] = [
    [
      "no docker command",
      async () => {
        await docker();
        rmSync(join(bin, "docker"));
        program("docker-compose", "exit 0");
      },
      "docker command is not on PATH",
      "docker.io",
    ],
    [
      "no compose",
      async () => {
        await docker();
        program("docker", "exit 1");
      },
      "neither docker compose nor docker-compose",
      "docker-compose",
    ],
    [
      "another machine's Docker",
      async () => {
        process.env.DOCKER_HOST = "tcp://192.0.2.1:2375";
      },
      "DOCKER_HOST is tcp://192.0.2.1:2375",
      "unset DOCKER_HOST",
    ],
    ["an engine that is too old", () => docker({ version: { ApiVersion: "1.40" } }), "API 1.40; 1.41 is needed", "20.10"],
    ["a rootless engine", () => docker({ info: { SecurityOptions: ["name=rootless"] } }), "rootless", "DOCKER_HOST="],
    ["an engine in a virtual machine", () => docker({ info: { KernelVersion: "5.15.0-linuxkit" } }), "another system", "on this machine itself"],
    ["no image", () => docker({ images: [] }), "is missing", "flounder images build"],
    ["an image of other bundles", () => docker({ images: ["flounder/platform:dev"] }), "is stale", "flounder images build"],
    ["no FUSE device", () => docker(), "there is no /dev/absent", "modprobe fuse", { ...fine, fuseDevice: "/dev/absent" }],
  ];
  for (const [name, given, what, hint, machine] of cases)
    it(`${name}: said once, with what to do`, async () => {
      await given();
      const found = await problems(machine ?? fine);
      expect(found.map((one) => one.what)).to.have.length(1);
      expect(found[0]!.what).to.contain(what);
      expect(found[0]!.hint).to.contain(hint);
    });

  it("a full disk: Docker's and the foundations' own are two", async () => {
    await docker();
    const found = await problems({ ...fine, leastBytes: 1e18 });
    expect(found.map((one) => one.what)).to.have.length(2);
    for (const { what } of found) expect(what).to.match(/^the disk is full: \d+ MB are free for .*flounder-check-/);
  });

  it("nobody at the socket", async () => {
    const [found, ...more] = await problems(fine);
    expect(more).to.deep.equal([]);
    expect(found!.what).to.match(/does not answer at .*docker\.sock: ENOENT/);
  });

  it("an engine that accepts and never answers is given up", async function () {
    this.timeout(30_000);
    engine = createServer(() => undefined).listen(join(dir, "docker.sock"));
    await once(engine, "listening");
    const [found, ...more] = await problems(fine);
    expect(more).to.deep.equal([]);
    expect(found!.what).to.contain("does not answer");
  });

  it("a socket that is not for us", async function () {
    if (process.geteuid?.() !== 0) return this.skip();
    await docker();
    chmodSync(dir, 0o755);
    chmodSync(join(dir, "docker.sock"), 0o600);
    process.seteuid!(65_534);
    try {
      const [found] = await problems(fine);
      expect(found!.what).to.contain("no rights on Docker's socket");
      expect(found!.hint).to.contain("usermod");
    } finally {
      process.seteuid!(0);
    }
  });
});
