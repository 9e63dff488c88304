import { execFileSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../base/until.js";
import { type Developer, inSpace, zipOf } from "../testing/developer.js";
import { luns, Rig } from "../testing/rig.js";
import type { App } from "../testing/rig-types.js";

const files = [
  { path: "package.json", content: "{}" },
  { path: "server.js", content: "require('node:http').createServer((q, s) => s.end()).listen(process.env.PORT)" },
];

interface State {
  readonly readOnly: boolean;
  readonly lostLuns: readonly string[];
  readonly mounts: Readonly<Record<string, string>>;
}
const stateOf = (rig: Rig, cc: string) => rig.ccs.get(cc)!.ask("/state") as Promise<State>;
const verifyBy = (rig: Rig, cc: string) => rig.ccs.get(cc)!.ask("/storage/verify", {}) as Promise<{ checked: number; missing: string[]; torn: string[] }>;
const refusal = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => "was not refused",
    (error: Error) => error.message,
  );
/** A LUN that hangs: whoever opens a FIFO waits in the kernel for somebody at its other end. Gives what ends it. */
function hang(rig: Rig, lun: string): () => void {
  const marker = join(rig.lun(lun), ".lun");
  const proofs = [...rig.ccs.keys()].map((cc) => join(rig.lun(lun), `.proof-${cc}`));
  for (const path of [marker, ...proofs]) {
    execFileSync("mkfifo", [`${path}.fifo`]);
    renameSync(`${path}.fifo`, path);
  }
  return () => {
    for (const proof of proofs) {
      const reader = openSync(proof, constants.O_RDONLY | constants.O_NONBLOCK);
      rmSync(proof);
      closeSync(reader);
    }
    // Whoever waits gets the LUN's name, and the next one an ordinary file.
    execFileSync("timeout", ["5", "sh", "-c", `printf '${lun}\\n' > ${marker}`]);
    rmSync(marker);
    writeFileSync(marker, `${lun}\n`);
  };
}

describe("cc: a lost LUN, policy latch", function () {
  this.timeout(90_000);
  let rig: Rig;
  let cf: Developer;
  let space: string;
  let app: string;
  before(async () => {
    rig = await Rig.open();
    cf = await rig.loggedIn();
    space = await cf.space();
    app = await cf.push(space, "runs", files);
  });
  after(() => rig?.close());

  it("proves each mount by overwriting one file in place", async () => {
    const proof = join(rig.lun("lun-1"), ".proof-cc-1");
    const first = readFileSync(proof, "utf8");
    await until("the proof to be overwritten", () => readFileSync(proof, "utf8") !== first, 3000);
    expect(readFileSync(proof, "utf8")).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it("spreads blobs over the LUNs by their digest", async () => {
    const blobs = await rig.ccdb.rows<{ sha1: string; lun: string }>("select sha1, lun from blobs");
    expect(blobs.length).to.be.greaterThan(2);
    for (const { sha1, lun } of blobs) {
      expect(lun).to.equal(luns[Number.parseInt(sha1.slice(0, 8), 16) % luns.length]);
      expect(existsSync(rig.blobPath(lun, sha1))).to.equal(true);
    }
  });

  // seed: LUN <- a LUN goes away
  it("makes every Cloud Controller read-only; who is logged in still reads; running apps hear nothing", async () => {
    const stops = rig.dea.of("dea.stop").length;
    rig.unmount("lun-3");
    for (const cc of ["cc-1", "cc-2"]) await until(`${cc} to be read-only`, async () => (await stateOf(rig, cc)).readOnly, 5000);
    expect(await stateOf(rig, "cc-2")).to.deep.include({
      lostLuns: ["lun-3"],
      mounts: { "lun-1": "usable", "lun-2": "usable", "lun-3": "error", "lun-4": "usable" },
    });
    for (const cc of ["cc-1", "cc-2"]) {
      const other = rig.developer(cc);
      other.token = cf.token;
      const answers = {
        create: await other.post("/v3/apps", { name: "late", ...inSpace(space) }),
        start: await other.post(`/v3/apps/${app}/actions/start`),
        stop: await other.post(`/v3/apps/${app}/actions/stop`),
        scale: await other.post(`/v3/apps/${app}/processes/web/actions/scale`, { instances: 2 }),
        delete: await other.send("DELETE", `/v3/apps/${app}`),
        match: await other.post("/v3/resource_matches", { resources: [] }),
        logout: await other.send("DELETE", "/oauth/token/revoke/x"),
        login: await rig.developer(cc).login(),
      };
      for (const [what, { status, error }] of Object.entries(answers))
        expect([what, status, error.code, error.title]).to.deep.equal([what, 503, 10015, "CF-ServiceUnavailable"]);
      expect((await other.get<App>(`/v3/apps/${app}`)).json.state).to.equal("STARTED");
      expect((await other.get("/")).status).to.equal(200);
    }
    expect(rig.dea.of("dea.stop").length).to.equal(stops);
  });

  it("ignores the Health Manager and takes no work while read-only", async () => {
    const [row] = await rig.ccdb.rows<{ version: string; last_updated: string }>("select version, last_updated from desired_apps where droplet = $1", [app]);
    const before = rig.dea.starts.length;
    rig.dea.say("cloudcontrollers.hm.requests", { droplet: app, op: "START", last_updated: Number(row!.last_updated), version: row!.version, indices: [0] });
    await rig.ccdb.rows(`insert into jobs (guid, operation, payload) values ('held', 'app.delete', '{"guid":"none"}')`);
    await until("a Cloud Controller to say so", () => [...rig.ccs.values()].some((cc) => cc.log().includes("request of the Health Manager ignored")), 5000);
    const held = async () => (await rig.ccdb.rows<{ state: string }>("select state from jobs where guid = 'held'"))[0]!.state;
    // Two polls for work go by.
    const from = performance.now();
    await until("two polls", () => performance.now() - from > 2500, 5000);
    expect(await held()).to.equal("PROCESSING");
    expect(rig.dea.starts.length).to.equal(before);
  });

  it("stays read-only when the mount comes back, and through a restart of a Cloud Controller", async () => {
    rig.remount("lun-3");
    await until("the mount to be usable", async () => Object.values((await stateOf(rig, "cc-1")).mounts).every((state) => state === "usable"), 5000);
    rig.ccs.get("cc-2")!.signal("SIGKILL");
    await rig.ccs.get("cc-2")!.ended;
    await rig.start("cc-2");
    expect((await stateOf(rig, "cc-2")).readOnly).to.equal(true);
    expect((await rig.developer("cc-2").login()).status).to.equal(503);
  });

  it("is released only after a verification, which finds what was torn and what is gone", async () => {
    expect(await refusal(rig.ccs.get("cc-1")!.ask("/storage/release", { reason: "in a hurry" }))).to.match(/409.*no verification/);
    const blobs = await rig.ccdb.rows<{ sha1: string; lun: string; size: string }>("select sha1, lun, size from blobs order by size desc");
    const [torn, missing] = blobs as [(typeof blobs)[0], (typeof blobs)[0]];
    const whole = readFileSync(rig.blobPath(torn.lun, torn.sha1));
    const gone = readFileSync(rig.blobPath(missing.lun, missing.sha1));
    truncateSync(rig.blobPath(torn.lun, torn.sha1), 10);
    rmSync(rig.blobPath(missing.lun, missing.sha1));
    expect(await verifyBy(rig, "cc-2")).to.deep.include({ checked: blobs.length, torn: [torn.sha1], missing: [missing.sha1] });
    writeFileSync(rig.blobPath(torn.lun, torn.sha1), whole);
    writeFileSync(rig.blobPath(missing.lun, missing.sha1), gone);
    expect(await verifyBy(rig, "cc-1")).to.deep.include({ torn: [], missing: [] });
    expect(await refusal(rig.ccs.get("cc-1")!.ask("/storage/release", {}))).to.match(/400/);
    await rig.ccs.get("cc-1")!.ask("/storage/release", { reason: "verified" });
    for (const cc of ["cc-1", "cc-2"]) {
      expect((await stateOf(rig, cc)).readOnly).to.equal(false);
      expect((await rig.developer(cc).login()).status).to.equal(200);
    }
    await until(
      "the work that waited to be done",
      async () => (await rig.ccdb.rows<{ state: string }>("select state from jobs where guid = 'held'"))[0]!.state === "COMPLETE",
      5000,
    );
  });

  // seed: LUN <- a LUN hangs
  it("tells a LUN that hangs; the others stay usable; release is refused while it is not usable", async () => {
    const end = hang(rig, "lun-2");
    await until("it to be found hung", async () => (await stateOf(rig, "cc-1")).mounts["lun-2"] === "hung", 10_000);
    await until("read-only", async () => (await stateOf(rig, "cc-2")).readOnly, 5000);
    expect(Object.values((await stateOf(rig, "cc-1")).mounts).filter((state) => state === "usable")).to.have.length(3);
    expect(await refusal(verifyBy(rig, "cc-1"))).to.match(/409.*lun-2 is hung/);
    expect(await refusal(rig.ccs.get("cc-1")!.ask("/storage/release", { reason: "hope" }))).to.match(/409.*lun-2 is hung/);
    end();
    for (const cc of ["cc-1", "cc-2"]) await until("it to be usable again", async () => (await stateOf(rig, cc)).mounts["lun-2"] === "usable", 20_000);
    // Whoever takes it upon himself need not verify; whoever does not say so must.
    expect(await refusal(rig.ccs.get("cc-1")!.ask("/storage/release", { reason: "in a hurry" }))).to.match(/409.*no verification/);
    await rig.ccs.get("cc-1")!.ask("/storage/release", { reason: "in a hurry", unverified: true });
    expect((await stateOf(rig, "cc-2")).readOnly).to.equal(false);
  });

  it("does its I/O in a helper that has no port, and gets another when that one dies", async () => {
    const helper = async () => ((await rig.ccs.get("cc-1")!.ask("/varz")) as { storageHelper: number }).storageHelper;
    const first = await helper();
    const sockets = execFileSync("sh", ["-c", `ls -l /proc/${first}/fd`], { encoding: "utf8" });
    const tcp = readFileSync(`/proc/${first}/net/tcp`, "utf8").split("\n").slice(1);
    const inodes = [...sockets.matchAll(/socket:\[(\d+)\]/g)].map((match) => match[1]!);
    expect(tcp.filter((line) => inodes.some((inode) => line.split(/\s+/).includes(inode)))).to.deep.equal([]);
    process.kill(first, "SIGKILL");
    await until("another helper", async () => (await helper()) !== first, 5000);
    const zip = await zipOf([
      { path: "server.js", content: "1" },
      { path: "a", content: "another file" },
    ]);
    expect((await cf.upload(app, [], zip)).status).to.equal(200);
    expect((await stateOf(rig, "cc-1")).readOnly).to.equal(false);
  });
});

describe("cc: a lost LUN, policy degrade", function () {
  this.timeout(60_000);
  let rig: Rig;
  before(async () => {
    rig = await Rig.open({ policy: { "cc.onLunLoss": "degrade" } }, ["cc-1"]);
  });
  after(() => rig?.close());

  it("refuses only what needs the lost LUN, and takes it again by itself", async () => {
    const cf = await rig.loggedIn();
    const space = await cf.space();
    const app = await cf.push(space, "runs", files);
    const [blob] = await rig.ccdb.rows<{ lun: string; sha1: string }>("select lun, sha1 from blobs b where exists (select from packages where sha1 = b.sha1)");
    rig.unmount(blob!.lun);
    await until("it to be lost", async () => (await stateOf(rig, "cc-1")).lostLuns.length === 1, 5000);
    expect((await stateOf(rig, "cc-1")).readOnly).to.equal(false);
    expect((await rig.developer().login()).status).to.equal(200);
    expect((await cf.post(`/v3/apps/${app}/actions/restart`)).status).to.equal(200);
    const uploaded = await cf.first(`/v3/packages?app_guids=${app}`);
    const built = await cf.build(uploaded.guid);
    expect(built.json.error).to.match(new RegExp(`Storage ${blob!.lun} is lost`));
    rig.remount(blob!.lun);
    await until("it to be back", async () => (await stateOf(rig, "cc-1")).lostLuns.length === 0, 5000);
    expect((await cf.build(uploaded.guid)).json.state).to.equal("STAGED");
  });
});
