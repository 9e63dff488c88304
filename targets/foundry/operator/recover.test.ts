import { expect } from "chai";
import type { Call } from "../../../harness/core.js";
import { FlounderError } from "../../../harness/errors.js";
import { topology } from "../topology.js";
import { ailments, recover } from "./recover.js";

/** Two CCs over one database, as far as the operator sees them; `usableAfter` calls of /state the mounts are back. */
function platform(start: { readOnly: boolean; usableAfter?: number; refuseReleases?: number; torn?: string[]; silent?: string }) {
  const asked: string[] = [];
  let { readOnly, usableAfter = 0, refuseReleases = 0 } = start;
  const call: Call = async (component, path, body) => {
    if (component === start.silent) throw new FlounderError("unreachable", `${component} does not answer`, "");
    if (path === "/state") {
      usableAfter--;
      return {
        readOnly,
        reason: "error for 3000 ms",
        sinceIso: null,
        lostLuns: ["lun-2"],
        mounts: { "lun-1": "usable", "lun-2": usableAfter < 0 ? "usable" : "error" },
      };
    }
    asked.push(`${component} ${path}${body && Object.keys(body).length > 0 ? ` ${JSON.stringify(body)}` : ""}`);
    if (path === "/storage/verify") return { checked: 7, missing: [], torn: start.torn ?? [], tookMs: 120 };
    if (refuseReleases-- > 0) throw new FlounderError("refused", "a LUN is unusable", "verify first");
    readOnly = false;
    return {};
  };
  return { call, asked, isReadOnly: () => readOnly };
}
const org = topology("org", 20, {});
const release = 'cc-1 /storage/release {"reason":"recover: all mounts usable, all blobs verified"}';

describe("recover", () => {
  it("does nothing on a foundation that is writable", async () => {
    const { call, asked } = platform({ readOnly: false });
    await recover(call, org, () => {});
    expect(asked).to.deep.equal([]);
  });
  it("waits for the mounts, verifies once, releases once", async () => {
    const { call, asked, isReadOnly } = platform({ readOnly: true, usableAfter: 5 });
    const said: string[] = [];
    await recover(call, org, (line) => said.push(line));
    expect(asked).to.deep.equal(["cc-1 /storage/verify", release]);
    expect(isReadOnly()).to.equal(false);
    expect(said.at(-1)).to.equal("released: 7 blobs verified, 2 CCs writable");
  });
  it("verifies anew when the release is refused", async () => {
    const { call, asked } = platform({ readOnly: true, refuseReleases: 1 });
    await recover(call, org, () => {});
    expect(asked).to.deep.equal(["cc-1 /storage/verify", release, "cc-1 /storage/verify", release]);
  });
  it("does not release over a torn blob", async () => {
    const { call, isReadOnly } = platform({ readOnly: true, torn: ["sha1:abc"] });
    const failed = await recover(call, org, () => {}).catch((error: Error) => error.message);
    expect(failed).to.equal("storage cannot be released: of 7 blobs 0 are missing and 1 torn (first: sha1:abc)");
    expect(isReadOnly()).to.equal(true);
  });
  it("releases over a torn blob when its loss is accepted, and says which one", async () => {
    const { call, asked, isReadOnly } = platform({ readOnly: true, torn: ["sha1:abc"] });
    const said: string[] = [];
    await recover(call, org, (line) => said.push(line), { acceptLoss: true });
    expect(isReadOnly()).to.equal(false);
    expect(said).to.include("accepted as lost: sha1:abc");
    expect(asked.at(-1)).to.contain("accepted as lost: sha1:abc");
  });
  it("waits no longer when its signal aborts, and rejects with why", async () => {
    const { call, asked, isReadOnly } = platform({ readOnly: true, usableAfter: Number.POSITIVE_INFINITY });
    const abort = new AbortController();
    const why = new Error("enough");
    const waiting = recover(call, org, () => abort.abort(why), { signal: abort.signal }).catch((error: unknown) => error);
    expect(await waiting).to.equal(why);
    expect([asked, isReadOnly()]).to.deep.equal([[], true]);
  });
});

describe("ailments", () => {
  const found = async (start: Parameters<typeof platform>[0]) => (await ailments(platform(start).call, org)).map(({ says, endedBy }) => `${endedBy}: ${says}`);

  it("a foundation that is writable has none", async () => {
    expect(await found({ readOnly: false })).to.deep.equal([]);
  });
  it("read-only is for operators to end", async () => {
    expect(await found({ readOnly: true })).to.deep.equal([
      "recover: the platform is read-only (lun-2 is lost: error for 3000 ms): cc-1, cc-2 refuse every login and write until an operator verifies and releases the storage",
    ]);
  });
  it("a mount that is still away passes by itself, as does a CC that says nothing", async () => {
    expect(await found({ readOnly: false, usableAfter: 9 })).to.deep.equal(["time: cc-1 cannot use lun-2 (error)", "time: cc-2 cannot use lun-2 (error)"]);
    expect(await found({ readOnly: false, silent: "cc-2" })).to.deep.equal(["time: cc-2 does not say how its storage is"]);
  });
});
