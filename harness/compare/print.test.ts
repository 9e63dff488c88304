/** Jobs for other engines: each task gets its share and a folder of its own, and the shell gets what was meant. */
import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { parse } from "yaml";
import { printed } from "./print.js";

const job = { words: ["compare", "day-1", "--playbooks", "none,as it was"], shards: 4, image: "registry.test/flounder:1", results: "results" };
/** What the shell would run, with `flounder` in its place. */
const run = (command: readonly string[], env: Record<string, string>): string =>
  execFileSync(command[0]!, [command[1]!, command[2]!.replace("exec flounder", "printf '%s|'")], { encoding: "utf8", env: { ...process.env, ...env } });

describe("a comparison as a job", () => {
  it("of Docker Swarm: replicated, a task each, counted from 0 there with the node's id for 0, and from 1 here", () => {
    const { services, volumes } = parse(printed("swarm", job));
    expect(services.compare.deploy).to.deep.include({ mode: "replicated-job", replicas: 4 });
    expect(volumes).to.have.property("results");
    const command = services.compare.command.map((word: string) => word.replaceAll("$$", "$"));
    expect(run(command, { SLOT: "3" })).to.equal("compare|day-1|--playbooks|none,as it was|--shard|4/4|--results|/results/4|");
    for (const first of ["0", "ew1u1526t3f58top6qroe3itn", "4u1526t3f58top6qroe3itnew"])
      expect(run(command, { SLOT: first })).to.equal("compare|day-1|--playbooks|none,as it was|--shard|1/4|--results|/results/1|");
  });
  it("of Kubernetes: indexed, counted from 0 there and from 1 here", () => {
    const { apiVersion, kind, spec } = parse(printed("kubernetes", { ...job, results: "/srv/results" }));
    expect({ apiVersion, kind, mode: spec.completionMode, n: spec.completions }).to.deep.equal({ apiVersion: "batch/v1", kind: "Job", mode: "Indexed", n: 4 });
    expect(spec.template.spec.volumes[0].hostPath.path).to.equal("/srv/results");
    expect(run(spec.template.spec.containers[0].command, { JOB_COMPLETION_INDEX: "0" })).to.equal(
      "compare|day-1|--playbooks|none,as it was|--shard|1/4|--results|/results/1|",
    );
  });
});
