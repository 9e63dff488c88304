/** State files of every kind of damage, under a dead keeper: healing says what it cannot read, and down ends all of it. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../clock.js";
import { FlounderError } from "../errors.js";
import { folderOf } from "./folder.js";
import { clearAway, listFoundations, startKeeper, takeOver } from "./start.js";
import { readFake } from "./testing/engine.js";
import { cut, entry, home, link, specOf } from "./testing/spec.js";

const wounds: Readonly<Record<string, (path: string) => void>> = {
  empty: (path) => truncateSync(path),
  // Half a secret looks like one.
  "cut short": (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  garbage: (path) => writeFileSync(path, Buffer.from([0, 255, 1, 123, 10, 0])),
  "other JSON": (path) => writeFileSync(path, '{"kind":7}\n[]\nnull\n'),
  folder: (path) => {
    rmSync(path);
    mkdirSync(path);
  },
  "symbolic link": (path) => {
    const outside = join(tmpdir(), `flounder-outside-${process.pid}`);
    writeFileSync(outside, "mine");
    rmSync(path);
    symlinkSync(outside, path);
  },
  gone: (path) => rmSync(path),
};

describe("damaged state files", () => {
  home();
  after(() => rmSync(join(tmpdir(), `flounder-outside-${process.pid}`), { force: true }));
  beforeEach(() => {
    process.env.FLAWS = "{}";
    process.env.LIMITS = "{}";
  });
  async function dead(): Promise<string> {
    const client = await startKeeper(specOf(), () => {}, { entry, stays: true });
    await client.freeze(new Date(Date.now() + 60_000).toISOString(), "so that there is a gate.json");
    await client.unfreeze("it is there");
    await client.inject(cut(link));
    process.kill(client.keeper.pid, "SIGKILL");
    await until("the keeper to be gone", () => client.socket.destroyed, 5000);
    return client.id;
  }

  for (const file of ["gate.json", "journal.jsonl", "token", "secret", "foundation.json"])
    for (const [name, wound] of Object.entries(wounds))
      it(`${file}: ${name}`, async () => {
        const id = await dead();
        const dir = folderOf(id);
        wound(join(dir, file));
        const says: string[] = [];
        const taken = await takeOver(id, (line) => says.push(line), { entry }).catch((error: Error) => error);
        if (file === "secret" || file === "foundation.json") {
          expect(taken).to.be.instanceOf(FlounderError);
          expect((taken as FlounderError).message, "one sentence, no stack")
            .to.include(file)
            .and.not.include("    at ");
          await clearAway(id, (line) => says.push(line), { entry });
        } else {
          if (taken instanceof Error) throw taken;
          if (file !== "journal.jsonl") expect(readFake(dir, link).cut).to.equal(undefined);
          if (file === "gate.json" && name !== "gone") expect((await taken.status()).stopped).to.include("damaged");
          if (name === "folder" || name === "symbolic link") expect(readdirSync(dir).filter((one) => one.startsWith(`${file}.damaged`))).to.have.length(1);
          await taken.down();
        }
        expect(existsSync(dir)).to.equal(false);
        expect(await listFoundations()).to.deep.equal([]);
      }).timeout(30_000);

  it("an empty folder: down ends what there is", async () => {
    const id = await dead();
    const dir = folderOf(id);
    for (const name of readdirSync(dir)) renameSync(join(dir, name), join(tmpdir(), `flounder-moved-${process.pid}-${name}`));
    await clearAway(id, () => {}, { entry });
    expect(existsSync(dir)).to.equal(false);
    for (const name of readdirSync(tmpdir())) if (name.startsWith(`flounder-moved-${process.pid}-`)) rmSync(join(tmpdir(), name), { recursive: true });
  }).timeout(30_000);
});
