/** What no journal has: its keeper was killed and it was cut, emptied or removed, or a stranger did it. Keepers are real processes, the engine a fake one. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../clock.js";
import { folderOf } from "../folder.js";
import type { KeeperClient } from "../socket/client.js";
import { startKeeper, takeOver } from "../start.js";
import { type Flaws, readFake, writeFake } from "../testing/engine.js";
import { cut, entry, home, link, specOf } from "../testing/spec.js";

const mount = "cc-1:lun-1";
/** Within its intent: what is before is whole, what it was to break is not known. */
const cutWithinIntent = (text: string) => text.slice(0, text.indexOf('"target"'));
const damages: Readonly<Record<string, (journal: string) => void>> = {
  emptied: (journal) => writeFileSync(journal, ""),
  removed: (journal) => rmSync(journal),
  "cut within the intent": (journal) => writeFileSync(journal, cutWithinIntent(readFileSync(journal, "utf8"))),
};

describe("keeper: what no journal has", () => {
  let client: KeeperClient;
  home();
  const start = async (flaws: Flaws = {}) => {
    process.env.FLAWS = JSON.stringify(flaws);
    process.env.LIMITS = JSON.stringify({ intactMs: 1000 });
    client = await startKeeper(specOf(), () => {}, { entry, stays: true });
    return folderOf(client.id);
  };
  afterEach(() => client.down());

  for (const [how, damage] of Object.entries(damages))
    it(`its journal ${how}: the next keeper names and mends it, and says so to the first who asks for healing`, async () => {
      const dir = await start();
      await client.inject(cut(link));
      await client.inject(cut(mount, { fault: "storage-hang", options: {} }));
      process.kill(client.keeper.pid, "SIGKILL");
      await until("the keeper to be gone", () => !existsSync(`/proc/${client.keeper.pid}`), 5000);
      damage(join(dir, "journal.jsonl"));
      const says: string[] = [];
      client = await takeOver(client.id, (line) => says.push(line), { entry });
      expect([readFake(dir, link).cut, readFake(dir, mount).cut]).to.deep.equal([undefined, undefined]);
      const named = [
        { injection: "", target: link, proved: true, says: "cut (refuse); no injection recorded it" },
        { injection: "", target: mount, proved: true, says: "cut (hang); no injection recorded it" },
      ];
      for (const one of named) expect(says.join("\n")).to.include(`${one.target}: ${one.says}`);
      expect(await client.heal()).to.deep.equal(named);
      expect(await client.heal(), "it is said once").to.deep.equal([]);
      expect(readFileSync(join(dir, "journal.jsonl"), "utf8")).to.match(/"kind":"mended"/);
    });

  it("what a live injection has made is its own, as long as it lives; what a stranger does beside it is mended", async () => {
    const dir = await start();
    const held = cut(link);
    await client.inject(held);
    writeFake(dir, mount, { cut: "detach" });
    writeFake(dir, "lb-1", { cut: "refuse" });
    const seen = async () => (await client.differences()).map(({ target, says }) => `${target}: ${says}`);
    expect(await seen()).to.deep.equal(["lb-1: cut (refuse)", `${mount}: cut (detach)`]);
    expect(await client.heal(held.id), "one injection alone was asked for").to.have.length(1);
    expect((await client.heal()).map(({ target }) => target)).to.deep.equal(["lb-1", mount]);
    expect(await seen()).to.deep.equal([]);
  });

  it("what cannot be put right stays named, and is not called healed", async () => {
    const dir = await start({ healsAfterStep: 3 });
    writeFake(dir, mount, { cut: "hang" });
    expect(await client.heal()).to.deep.equal([
      { injection: "", target: mount, proved: false, says: "cut (hang); it could not be put right: the proxy does not answer" },
    ]);
    expect(await client.differences()).to.have.length(1);
    writeFake(dir, mount, {});
  });
});
