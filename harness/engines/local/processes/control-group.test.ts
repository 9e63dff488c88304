import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { until } from "../../../clock.js";
import { ProcessTable } from "../../process-table.js";
import { controlGroups, makeGroup } from "./control-group.js";
import { launch } from "./daemon.js";
import { reapAll, removeFolder } from "./reap.js";

const running = (token: string) =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(token);
    } catch {
      return false; // it ended meanwhile
    }
  });

describe("a foundation's control group", () => {
  // A process without mark, folder, parent or user of the foundation's
  it("ends what nothing else leads to, and goes itself", async function () {
    const says = controlGroups();
    if (says.startsWith("none")) {
      console.log(`      skipped: control group: ${says}`);
      return this.skip();
    }
    const id = `group-${process.pid}`;
    const dir = mkdtempSync(join(tmpdir(), "flounder-test-group-"));
    const table = new ProcessTable(id, () => [dir]);
    const token = `hidden-${process.pid}`;
    const group = makeGroup(id);
    try {
      const stay = `trap "" TERM HUP; while :; do sleep 1; done`;
      const hide = `(env -i setsid /bin/sh -c '${stay}' ${token} </dev/null >/dev/null 2>&1 &)`;
      const argv = ["/bin/sh", "-c", hide];
      let ended = false;
      await launch({ name: "hider", argv, env: { PATH: "/usr/bin:/bin" }, cwd: "/", log: join(dir, "log"), confinement: { group } }, () => {
        ended = true;
      });
      await until("it to hide, and who started it to be gone", () => ended && running(token).length > 0, 5000, 10);
      expect(table.all(), "by mark, folder, user and parents").to.deep.equal([]);
    } finally {
      await reapAll(table, [dir]);
      await removeFolder(dir);
    }
    expect(running(token)).to.deep.equal([]);
    expect(existsSync(dirname(group!))).to.equal(false);
  });
});
