/** The operator's verbs on a foundation that is live: asked from outside what they cost, and what they put right. */
import { expect } from "chai";
import { sleep, until } from "../../../harness/clock.js";
import type { AuditLine } from "../../../harness/core.js";
import { answered, askEdge } from "../adapters/edge-ask.js";
import { frontDoor } from "../front-door.js";
import { liveFoundation } from "../testing/live-foundation.js";
import { type Operator, operator } from "./operator.js";

const shape = { cc: 1, dea: 1, router: 2, lb: 2, dns: 1, firewall: 1, cabinets: ["cabinet-a"], lunsPerCabinet: 1 };

describe("an operator at a live foundation", function () {
  this.timeout(60_000);
  const live = liveFoundation({ name: "operator", profile: "operator", shape });
  let hands: Operator;
  const lines: AuditLine[] = [];

  const outside = async (): Promise<string> => {
    const { component, port } = frontDoor(live.running.topology);
    const said = await askEdge(live.running.direct(component, port), { host: "api.flounder.test" });
    return answered(said) ? String(said.status) : said;
  };
  const pids = async (role: string) => {
    const names = live.running.topology.components.filter((one) => one.role === role).map((one) => one.name);
    return Promise.all(names.map(async (name) => ((await live.running.call(name, "/varz")) as { pid: number }).pid));
  };
  const serves = () =>
    until("every part to serve", async () => (await Promise.all(Array.from({ length: 8 }, outside))).every((said) => said === "200"), 20_000, 100);

  before(async () => {
    hands = operator(live.running.call, live.running.topology, "ann", (line) => lines.push(line));
    await serves();
  });

  it("restarts one router after the other, and nobody at the front door notices", async () => {
    const before = await pids("router");
    const all: string[] = [];
    let over = false;
    /** Several who ask one question after the other. */
    const asking = Array.from({ length: 3 }, async () => {
      while (!over) {
        all.push(await outside());
        await sleep(15);
      }
    });
    const seen: boolean[][] = [];
    const watching = (async () => {
      while (!over) {
        seen.push(
          await Promise.all(
            ["router-1", "router-2"].map((name) =>
              live.running.call(name, "/healthz").then(
                () => true,
                () => false,
              ),
            ),
          ),
        );
        await sleep(30);
      }
    })();
    try {
      expect(await hands.restart("router", 1)).to.equal("router-1, router-2 restarted, 1 at once");
    } finally {
      await sleep(500); // what follows from it follows soon
      over = true;
      await Promise.all([...asking, watching]);
    }
    const after = await pids("router");
    for (const [i, pid] of after.entries()) expect(pid).to.not.equal(before[i]);
    expect(
      seen.some(([first]) => !first),
      "router-1 was away",
    ).to.equal(true);
    expect(
      seen.some(([first, second]) => !first && !second),
      "both were never away together",
    ).to.equal(false);
    const lost = all.filter((said) => said !== "200");
    console.log(`      ${all.length} requests, ${lost.length} lost${lost.length > 0 ? `: ${lost.join(", ")}` : ""}`);
    expect(all.length).to.be.above(50);
    expect(lost).to.deep.equal([]);
    expect(lines.at(-1)).to.include({ who: "ann", verb: "restart", on: "router", ok: true });
  });

  it("restores the configs of the front end: names those that were wiped, no others, and all is served again", async () => {
    await serves();
    for (const name of ["lb-2", "firewall-1"]) await live.running.call(name, "/config/wipe", {});
    await until("the door to be shut", async () => (await outside()) === "refused", 5000);
    expect(await hands.restoreEdge()).to.equal("restored from the saved configs: firewall-1, lb-2");
    await serves();
    expect(await hands.restoreEdge()).to.equal("no config was wiped");
    expect(lines.at(-1)).to.include({ verb: "restoreEdge", on: "front end", ok: true });
  });
});
