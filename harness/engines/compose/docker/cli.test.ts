import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../../clock.js";
import { FlounderError } from "../../../errors.js";
import { composeDown, composeUp, findCompose } from "./cli.js";

const refusal = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected it to be refused");
};

describe("compose's command line", () => {
  const saved = { ...process.env };
  let dir: string;
  const program = (name: string, text: string) => {
    writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(dir, name), 0o755);
  };
  const project = () => ({ name: "flounder-x", file: join(dir, "compose.json"), env: { FLOUNDER_IMAGE: "an-image" } });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-compose-"));
    process.env.PATH = `${dir}:/usr/bin:/bin`;
    process.env.DOCKER_HOST = "unix:///there/docker.sock";
    program("docker", `[ "$1 $2" = "compose version" ] && exit 1; exit 99`);
  });
  afterEach(() => {
    for (const name of ["PATH", "DOCKER_HOST"]) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
    rmSync(dir, { recursive: true, force: true });
  });

  it("the plugin comes first, then docker-compose, else there is none", async () => {
    process.env.PATH = dir;
    expect(await findCompose()).to.equal(undefined);
    program("docker-compose", "exit 0");
    expect(await findCompose()).to.deep.equal(["docker-compose"]);
    program("docker", "exit 0");
    expect(await findCompose()).to.deep.equal(["docker", "compose"]);
  });

  it("up and down name project and file, and pass on what the file's variables are", async () => {
    program("docker-compose", `echo "$*|$FLOUNDER_IMAGE|$DOCKER_HOST|$PWD" >>${dir}/calls; echo "Creating cc-1 ... done" >&2`);
    const said: string[] = [];
    await composeUp(project(), (line) => said.push(line));
    await composeDown(project(), () => undefined);
    const rest = `|an-image|unix:///there/docker.sock|${dir}`;
    expect(readFileSync(join(dir, "calls"), "utf8").trim().split("\n")).to.deep.equal([
      `-p flounder-x -f ${project().file} up -d${rest}`,
      `-p flounder-x -f ${project().file} down -v -t 1 --remove-orphans${rest}`,
    ]);
    expect(said).to.deep.equal(["Creating cc-1 ... done"]);
  });

  it("a failure has the last lines", async () => {
    program("docker-compose", `for i in $(seq 40); do echo "step $i"; done; echo "cc-1: no space left on device" >&2; exit 17`);
    const error = (await refusal(composeUp(project(), () => undefined))) as FlounderError;
    expect(error).to.be.instanceOf(FlounderError);
    expect(error.message).to.match(/^docker-compose up: docker-compose ended with status 17; its last lines:/);
    expect(error.message).to.contain("cc-1: no space left on device").and.not.to.contain("step 2\n");
    expect(error.hint).to.contain(project().file);
  });

  it("an aborted up ends the program", async () => {
    program("docker-compose", `echo $$ >${dir}/pid; exec sleep 60`);
    const abort = new AbortController();
    const up = refusal(composeUp(project(), () => undefined, abort.signal));
    const pid = () => Number(readFileSync(join(dir, "pid"), "utf8"));
    await until("it to run", () => pid() > 0, 10_000);
    const reason = new Error("enough");
    abort.abort(reason);
    expect(await up).to.equal(reason);
    expect(() => process.kill(pid(), 0)).to.throw("ESRCH");
  });
});
