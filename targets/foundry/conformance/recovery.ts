/** Healed, and still broken: what a fault leaves behind is said by each command, with the command that ends it, and that one ends it or says why it cannot. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import type { Ailment, FoundationFacts } from "../../../harness/core.js";
import type { KeeperClient } from "../../../harness/keeper/socket/client.js";
import { connect } from "../../../harness/keeper/start.js";
import { root } from "../../../harness/paths.js";
import type { EngineName } from "../../../harness/registry.js";
import { passingName } from "../../../harness/state/foundation.js";
import type { StorageState } from "../contract/storage.js";
import { openHome } from "../testing/live-foundation.js";

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly says: string;
}

/** Defines the tests. Call it at the top of a test file. */
export function recovery(engine: EngineName): void {
  describe(`healed and still broken on the ${engine} engine`, function () {
    this.timeout(120_000);
    const name = passingName(`recovery-${engine}`);
    const suffers = "still suffers: the platform is read-only (lun-1 is lost";
    const next = `  → flounder recover --foundation ${name}`;
    let home: ReturnType<typeof openHome>;
    let client: KeeperClient;
    let fingerprint: Readonly<Record<string, string>>;

    async function flounder(...words: string[]): Promise<Ended> {
      const child = spawn(process.execPath, [`${root}/bin/flounder.mjs`, ...words], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, NO_COLOR: "1" },
      });
      let [out, says] = ["", ""];
      child.stdout.on("data", (chunk) => {
        out += chunk;
      });
      child.stderr.on("data", (chunk) => {
        says += chunk;
      });
      const [code] = (await once(child, "close")) as [number | null];
      return { code, out, says };
    }
    const here = (...words: string[]) => flounder(...words, "--foundation", name);
    const storage = async () => (await client.call("cc-1", "/state")) as StorageState;
    const asBefore = () =>
      until("the fingerprint to be as before", async () => JSON.stringify(await client.fingerprint()) === JSON.stringify(fingerprint), 15_000, 200);
    async function recovers(): Promise<void> {
      const { code, out, says } = await here("recover");
      expect(code, says).to.equal(0);
      expect(out).to.match(/^recovered in \d+(\.\d)? s from: the platform is read-only/);
      expect(says, "its progress").to.match(/ s {2}verified \d+ blobs/);
      expect((await storage()).readOnly).to.equal(false);
      await asBefore();
    }

    before(async function () {
      this.timeout(300_000);
      home = openHome("recovery");
      const { code, says } = await flounder("up", "--profile", "micro", "--engine", engine, "--name", name);
      expect(code, says).to.equal(0);
      client = await connect(name);
      fingerprint = await client.fingerprint();
    });
    after(async function () {
      this.timeout(120_000);
      await client?.down();
      home?.close();
    });

    it("where nothing is wrong nothing is said, and there is nothing to recover from", async () => {
      const broken = await here("break", "router-flush", "--on", "router", "--for", "1");
      expect(broken.code, broken.says).to.equal(0);
      for (const { out } of [broken, await here("heal"), await here("status")]) expect(out).to.not.match(/suffers|differs|flounder recover/);
      expect(await here("recover")).to.include({ code: 0, out: "nothing to recover from\n" });
    });

    for (const fault of ["storage-cut", "storage-hang"])
      it(`${fault}: break, heal and status say that the platform stays read-only, and recover ends it`, async function () {
        const ways = (await client.targets()).find(({ name: target }) => target === "cc-1:lun-1")?.ways.mount;
        if (fault === "storage-hang" && ways && !ways.includes("hang")) return this.skip();
        const broken = await here("break", fault, "--on", "cc-1:lun-1", "--for", "8");
        expect(broken.code, broken.says).to.equal(0);
        expect(broken.out).to.contain("differs from before: cc-1 storage was writable, is read-only\n");
        expect(broken.out).to.contain(suffers).and.to.contain(next);
        const healed = await here("heal");
        expect(healed.code, healed.says).to.equal(0);
        expect(healed.out).to.contain("nothing is injected, and all is as it was made\n").and.to.contain(suffers).and.to.contain(next);
        const status = await here("status");
        expect(status.out).to.contain(suffers).and.to.contain(next);
        const { ailments } = JSON.parse((await here("status", "--json")).out) as FoundationFacts & { readonly ailments: readonly Ailment[] };
        expect(ailments.map(({ endedBy }) => endedBy)).to.deep.equal(["recover"]);
        await recovers();
        for (const { out } of [await here("heal"), await here("status")]) expect(out).to.not.match(/suffers|flounder recover/);
      });

    it("recover refuses while something is injected, and while writes are frozen; it says what to do first", async () => {
      await here("break", "storage-cut", "--on", "cc-1:lun-1", "--for", "8");
      const flush = { id: "held", act: "recovery", fault: "router-flush", options: { hold: true }, target: "router-1", atS: 0, maxS: 60 };
      await client.inject(flush);
      const injected = await here("recover");
      expect(injected.code).to.equal(2);
      expect(injected.says).to.contain("still injected is router-flush on router-1").and.to.contain(`→ first: flounder heal --foundation ${name}`);
      const { out } = await here("status");
      expect(out)
        .to.contain("injected: router-flush on router-1")
        .and.to.contain(`  → flounder heal --foundation ${name}, then flounder recover --foundation ${name}`);
      await client.heal("held");
      await client.freeze(new Date(Date.now() + 600_000).toISOString(), "paper only");
      const frozen = await here("recover");
      expect(frozen.code).to.equal(2);
      expect(frozen.says).to.contain("is refused: frozen until");
      expect((await storage()).readOnly, "it is still as it was").to.equal(true);
      await client.unfreeze("it is over");
      await recovers();
    });

    it("recover gives up in time, and says what was in the way: a LUN that nobody injected a fault into", async () => {
      await client.call("cabinet-a", "/power/brown-out", { supply: "A", flickerS: 0.1, seed: 3 });
      await until("the CC to be read-only", async () => (await storage()).readOnly, 20_000, 100);
      const { code, out, says } = await here("recover", "--within", "2");
      expect(code).to.equal(2);
      expect(out).to.equal("");
      expect(says)
        .to.contain("not recovered within 2 s: the platform is read-only")
        .and.to.match(/cc-1 cannot use lun-1 \((error|hung)\)/);
      expect((await storage()).readOnly).to.equal(true);
      await client.call("cabinet-a", "/power/restore", {});
      await until("the LUN to be usable", async () => Object.values((await storage()).mounts).every((mount) => mount === "usable"), 20_000, 100);
      await recovers();
    });
  });
}
