/** Resource matching lies when a blob is not what the CCDB says: found by a verification, after which the next push uploads it again. */
import { readFileSync, rmSync, truncateSync } from "node:fs";
import { expect } from "chai";
import { type AppFile, type Developer, resourceOf, zipOf } from "../testing/developer.js";
import { Rig } from "../testing/rig.js";
import type { Matches, Resource } from "../testing/rig-types.js";

const files: readonly AppFile[] = [
  { path: "package.json", content: '{"scripts":{"start":"node server.js"}}' },
  { path: "server.js", content: "require('node:http').createServer((q, s) => s.end('matched')).listen(process.env.PORT)" },
  { path: "notes.txt", content: "kept as they are ".repeat(40) },
];

describe("cc: resource matching", function () {
  this.timeout(60_000);
  let rig: Rig;
  let cf: Developer;
  let app: string;
  before(async () => {
    rig = await Rig.open({}, ["cc-1"]);
    cf = await rig.loggedIn();
    app = await cf.push(await cf.space(), "matched", files);
  });
  after(() => rig?.close());

  const matches = async (): Promise<readonly Resource[]> =>
    (await cf.post<Matches>("/v3/resource_matches", { resources: files.map(resourceOf) })).json.resources;
  const sha1Of = (file: AppFile) => resourceOf(file).checksum.value;
  const pathOf = async (file: AppFile) => {
    const [row] = await rig.ccdb.rows<{ lun: string }>("select lun from blobs where sha1 = $1", [sha1Of(file)]);
    return rig.blobPath(row!.lun, sha1Of(file));
  };
  const verify = () => rig.ccs.get("cc-1")!.ask("/storage/verify", {}) as Promise<{ missing: string[]; torn: string[] }>;
  /** As cf does: uploads what is not matched. Resolves with the state of the build. */
  async function push(): Promise<string> {
    const known = await matches();
    const unknown = files.filter((file) => !known.some((one) => one.path === file.path));
    const uploaded = await cf.upload(app, known, unknown.length > 0 ? await zipOf(unknown) : undefined);
    return uploaded.status === 200 ? (await cf.build(uploaded.json.guid)).json.state : uploaded.text;
  }

  // seed: resource matching <- one matched blob is gone and another torn, though the CCDB says that they are there
  it("says that it has what is gone or torn, until a verification; then the next push uploads it again, and all is whole", async () => {
    expect(await matches()).to.have.length(3);
    expect(await push()).to.equal("STAGED");
    const [, server, notes] = files as [AppFile, AppFile, AppFile];
    const [gone, torn] = [await pathOf(server), await pathOf(notes)];
    rmSync(gone);
    truncateSync(torn, 5);

    expect(
      (await matches()).map(({ path }) => path),
      "the CCDB believes in them still",
    ).to.include.members(["server.js", "notes.txt"]);
    expect(await push(), "so nobody sends them, and the push fails").to.not.equal("STAGED");

    const found = await verify();
    expect(found.missing).to.include(sha1Of(server));
    expect(found.torn).to.include(sha1Of(notes));
    expect((await matches()).map(({ path }) => path)).to.deep.equal(["package.json"]);

    expect(await push()).to.equal("STAGED");
    expect(readFileSync(await pathOf(server), "utf8")).to.equal(server.content);
    expect(readFileSync(await pathOf(notes), "utf8")).to.equal(notes.content);
    expect(await matches()).to.have.length(3);
    expect(await verify()).to.deep.include({ missing: [], torn: [] });
  });
});
