/** Blobs go when nobody refers to them any more, and never before: whatever is pushed, deleted, backed up and restored meanwhile. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { sleep, until } from "../../base/until.js";
import { chanceOf } from "../../router/chance.js";
import { type AppFile, type Developer, resourceOf, zipOf } from "../testing/developer.js";
import { luns, Rig } from "../testing/rig.js";
import type { Matches } from "../testing/rig-types.js";

const graceMs = 2000;
/** Shorter than an upload takes, so that blobs are on their way out at every step of it. */
const raceMs = 300;
const seeds = [1, 2, 3];
const server: AppFile = { path: "server.js", content: "require('node:http').createServer((q, s) => s.end('x')).listen(process.env.PORT)" };
const manifest: AppFile = { path: "package.json", content: '{"scripts":{"start":"node server.js"}}' };
const files = (own: string): readonly AppFile[] => [manifest, server, { path: "own.txt", content: own }];
const sha1 = (text: string | Buffer) => createHash("sha1").update(text).digest("hex");
const lunIn = async (rig: Rig, name: string) => (await rig.ccdb.rows<{ lun: string }>(`select lun from blobs where sha1 = '${name}'`))[0]?.lun;

describe("cc: blobs that nobody refers to", function () {
  this.timeout(120_000);
  let rig: Rig;
  let cf: Developer;
  let space: string;
  before(async () => {
    rig = await Rig.open({ timers: { blobGrace: graceMs } });
    cf = await rig.loggedIn();
    space = await cf.space();
  });
  after(() => rig?.close());

  const lunOf = (name: string) => lunIn(rig, name);
  /** Everything below blobs/ of all LUNs. */
  const there = () =>
    luns.flatMap((lun) => {
      const blobs = join(rig.lun(lun), "blobs");
      return existsSync(blobs) ? readdirSync(blobs).flatMap((shard) => readdirSync(join(blobs, shard)).map((name) => `${lun}/${name}`)) : [];
    });
  const has = (name: string) => there().some((path) => path.endsWith(`/${name}`));
  const gone = (name: string) => until(`${name} to be removed`, () => !has(name), 20_000);
  const remove = async (guid: string) => void (await cf.job(await cf.send("DELETE", `/v3/apps/${guid}`)));
  const ask = (path: string) => rig.ccs.get("cc-1")!.ask(path, {});
  const rests = () => sleep(2 * graceMs);
  const dropletOf = async (guid: string) => (await cf.get<{ checksum: { value: string } }>(`/v3/apps/${guid}/droplets/current`)).json.checksum.value;

  it("go with their app, as do drafts that a crash left; what another app has stays, and files without a row", async () => {
    const [one, other] = [await cf.push(space, "one", files("one")), await cf.push(space, "other", files("other"))];
    const droplet = await dropletOf(one);
    const stranger = rig.blobPath("lun-1", "0".repeat(40));
    mkdirSync(dirname(stranger), { recursive: true });
    writeFileSync(stranger, "a tenant's");
    const draft = `${rig.blobPath((await lunOf(sha1("one")))!, sha1("one"))}.00ff.part`;
    writeFileSync(draft, "o");
    await rests();
    expect([has(sha1("one")), has(droplet)], "while it lives").to.deep.equal([true, true]);
    await remove(one);
    await gone(sha1("one"));
    await gone(droplet);
    expect(existsSync(draft)).to.equal(false);
    expect([has(sha1("other")), has(sha1(server.content)), existsSync(stranger)]).to.deep.equal([true, true, true]);
    expect(await rig.ccdb.rows(`select 1 from blobs where sha1 = '${sha1("one")}'`)).to.deep.equal([]);
    expect(await ask("/storage/verify")).to.deep.include({ missing: [], torn: [] });
    await remove(other);
    await gone(sha1(server.content));
    await until("all rows to be gone", async () => (await rig.ccdb.rows("select 1 from blobs")).length === 0, 20_000);
    expect(there()).to.deep.equal([`lun-1/${"0".repeat(40)}`]);
  });

  it("stay while the last backup needs them: restored, its apps have them", async () => {
    const app = await cf.push(space, "backed-up", files("backed-up"));
    const droplet = await dropletOf(app);
    await ask("/ccdb/backup");
    await remove(app);
    const later = await cf.push(space, "later", files("later"));
    await rests();
    expect([has(sha1("backed-up")), has(droplet)]).to.deep.equal([true, true]);
    await ask("/ccdb/restore");
    expect(await dropletOf(app)).to.equal(droplet);
    expect((await cf.get(`/v3/apps/${later}`)).status).to.equal(404);
    expect(await ask("/storage/verify")).to.deep.include({ missing: [], torn: [] });
    await gone(sha1("later"));
    expect(has(droplet)).to.equal(true);
    await remove(app);
    await ask("/ccdb/backup");
    await gone(droplet);
  });

  // seed: CCDB and its backup <- two Cloud Controllers back up the CCDB at once
  it("stay while a slow backup needs them that another Cloud Controller's would not", async () => {
    const slow = rig.ccs.get("cc-1")!;
    const app = await cf.push(space, "slow", files("slow"));
    const droplet = await dropletOf(app);
    // All that cc-1 may do at once on the LUN of backups is to read what never ends.
    const endless = ["e", "f"].map((digit) => ({ sha1: digit.repeat(40), path: rig.blobPath("lun-4", digit.repeat(40)) }));
    for (const { sha1, path } of endless) {
      mkdirSync(dirname(path), { recursive: true });
      execFileSync("mkfifo", [path]);
      await rig.ccdb.rows("insert into blobs (sha1, size, lun, used_at) values ($1, 0, 'lun-4', now() + interval '1 hour')", [sha1]);
    }
    const verified = slow.ask("/storage/verify", {}).catch(() => {});
    const writers: number[] = [];
    for (const { path } of endless)
      await until(
        "it to be read",
        () => {
          try {
            return writers.push(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)) > 0;
          } catch {
            return false; // nobody reads yet
          }
        },
        10_000,
      );
    try {
      const backedUp = slow.ask("/ccdb/backup", {});
      await until("it to have read the CCDB", () => existsSync(join(slow.dataDir, "scratch", "backup")), 10_000);
      await remove(app);
      const other = rig.ccs.get("cc-2")!.ask("/ccdb/backup", {});
      expect(JSON.stringify(await other.catch(String))).to.contain("another Cloud Controller is making a backup");
      await rests();
      for (const writer of writers.splice(0)) closeSync(writer);
      expect(await backedUp).to.include({ lun: "lun-4" });
    } finally {
      for (const writer of writers) closeSync(writer);
    }
    await verified;
    await ask("/ccdb/restore");
    for (const { sha1, path } of endless) {
      rmSync(path);
      await rig.ccdb.rows("delete from blobs where sha1 = $1", [sha1]);
    }
    expect(await dropletOf(app)).to.equal(droplet);
    expect(await ask("/storage/verify")).to.deep.include({ missing: [], torn: [] });
    await remove(app);
    await rig.ccs.get("cc-2")!.ask("/ccdb/backup", {});
    await gone(droplet);
  });

  it("that come again while a Cloud Controller that has died was removing them go to another LUN, where a late removal does no harm", async () => {
    const app = await cf.push(space, "again", files("again"));
    const old = (await lunOf(sha1("again")))!;
    await remove(app);
    await rig.ccdb.rows(`update blobs set doomed_by = 'cc-9' where sha1 = '${sha1("again")}'`);
    const again = await cf.push(space, "again", files("again"));
    const now = (await lunOf(sha1("again")))!;
    expect(now).to.not.equal(old);
    expect(readFileSync(rig.blobPath(now, sha1("again")), "utf8")).to.equal("again");
    await remove(again);
    await until("the new one to be removed", () => !there().includes(`${now}/${sha1("again")}`), 20_000);
  });
});

describe("cc: blobs that go and come at once", function () {
  this.timeout(120_000);
  let rig: Rig;
  let space: string;
  before(async () => {
    rig = await Rig.open({ timers: { blobGrace: raceMs } });
    space = await (await rig.loggedIn()).space();
  });
  after(() => rig?.close());
  const lunOf = (name: string) => lunIn(rig, name);

  for (const seed of seeds)
    it(`pushes of the same bits beside deletions: whatever was acknowledged is whole (seed ${seed})`, async () => {
      const chance = chanceOf(`blobs ${seed}`);
      const bits = Array.from({ length: 3 }, (_, i) => files(`bits ${seed} ${i}`));
      let acknowledged = 0;
      const client = async (n: number) => {
        const mine = await rig.loggedIn(n % 2 ? "cc-1" : "cc-2");
        for (let round = 0; round < 12; round++) {
          const app = await mine.app(`race-${seed}-${n}-${round}`, space);
          const chosen = bits[Math.floor(chance() * bits.length)]!;
          const known = (await mine.post<Matches>("/v3/resource_matches", { resources: chosen.map(resourceOf) })).json.resources;
          // So long that what was matched is on its way out.
          await sleep(chance() * 1.5 * raceMs);
          const rest = chosen.filter((file) => !known.some((one) => one.path === file.path));
          const uploaded = await mine.upload(app, known, rest.length > 0 ? await zipOf(rest) : undefined);
          if (uploaded.status !== 200) expect(uploaded.error.detail, uploaded.text).to.contain("push again");
          else {
            acknowledged++;
            await sleep(chance() * 2 * raceMs);
            let built = (await mine.build(uploaded.json.guid)).json;
            // Its droplet may take longer than the grace to be referred to; the package stays.
            while (built.error?.includes("push again")) built = (await mine.build(uploaded.json.guid)).json;
            expect(built.state, `${built.error}`).to.equal("STAGED");
            const { value } = (await mine.get<{ checksum: { value: string } }>(`/v3/droplets/${built.droplet!.guid}`)).json.checksum;
            await sleep(chance() * 2 * raceMs);
            expect(sha1(readFileSync(rig.blobPath((await lunOf(value))!, value)))).to.equal(value);
          }
          await mine.job(await mine.send("DELETE", `/v3/apps/${app}`));
        }
      };
      await Promise.all(Array.from({ length: 6 }, (_, n) => client(n)));
      expect(acknowledged).to.be.above(10);
      expect(await rig.ccs.get("cc-1")!.ask("/storage/verify", {})).to.deep.include({ missing: [], torn: [] });
    });
});
