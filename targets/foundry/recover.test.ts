import { expect } from "chai";
import type { Call } from "../../harness/core.js";
import { FlounderError } from "../../harness/errors.js";
import { recover } from "./recover.js";
import { topology } from "./topology.js";

/** Two CCs over one database, as far as the operator sees them; `usableAfter` calls of /state the mounts are back. */
function platform(start: { readOnly: boolean; usableAfter?: number; refuseReleases?: number; torn?: string[] }) {
  const asked: string[] = [];
  let { readOnly, usableAfter = 0, refuseReleases = 0 } = start;
  const call: Call = async (component, path, body) => {
    if (path === "/state") {
      usableAfter--;
      return { readOnly, reason: "lun-2 is lost", sinceIso: null, lostLuns: [], mounts: { "lun-1": "usable", "lun-2": usableAfter < 0 ? "usable" : "error" } };
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
});
