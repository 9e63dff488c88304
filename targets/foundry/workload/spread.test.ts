/** Where the instances of an app land: a DEA that dies must not take all of them with it. */
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import { root } from "../../../harness/paths.js";
import type { Instance } from "../readings/fingerprint.js";
import { liveFoundation } from "../testing/live-foundation.js";
import { appFiles } from "./app-bits.js";
import { prober } from "./prepare.js";

const deas = ["dea-1", "dea-2", "dea-3"];
const pushes = 10;

describe("an app with three instances", function () {
  this.timeout(120_000);
  const live = liveFoundation({ name: "spread", profile: "org" });

  it(`has one on each of three DEAs, ${pushes} times of ${pushes}`, async () => {
    const { client, spaceGuid } = await prober(live.facts);
    const files = await appFiles(join(root, "targets", "foundry", "apps", "static"));
    /** Which DEAs have it, running or on its way: a DEA once for each instance. */
    const where = async (name: string) => {
      const found = deas.map(async (dea) =>
        ((await live.running.call(dea, "/instances")) as readonly Instance[]).filter((one) => one.name === name).map(() => dea),
      );
      return (await Promise.all(found)).flat();
    };
    for (let push = 1; push <= pushes; push++) {
      const name = `spread-${push}`;
      const guid = await client.push(spaceGuid, { name, instances: 3, memoryMb: 16, buildpack: "staticfile_buildpack", route: false }, files);
      await client.start(guid);
      await until(`three instances of ${name}`, async () => (await where(name)).length === 3, 10_000, 20);
      expect(await where(name), name).to.deep.equal(deas);
      await client.remove(guid);
    }
  });
});
