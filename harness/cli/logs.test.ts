import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect } from "chai";
import { until } from "../clock.js";
import { follow } from "./logs.js";

describe("following a log", () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-logs-"));
    path = join(dir, "cc-1.log");
    writeFileSync(path, "before\n");
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("no line waits for the next one, also of many that come while others are read; it ends when the file goes", async () => {
    const to = new PassThrough();
    let heard = "";
    to.on("data", (chunk) => {
      heard += chunk;
    });
    const following = follow(path, to);
    let wrote = "before\n";
    for (let n = 0; n < 200; n++) {
      const line = `line ${n}\n`;
      appendFileSync(path, line);
      wrote += line;
      // Some while it reads, some after it has read all.
      if (n % 20 === 0) await until(`line ${n}`, () => heard === wrote, 2000, 1);
    }
    await until("the last line", () => heard === wrote, 2000, 1);
    truncateSync(path, 0);
    appendFileSync(path, "begun again\n");
    await until("what a log that was begun again has", () => heard.endsWith("begun again\n"), 2000, 1);
    rmSync(path);
    await following;
  });
  it("ends with its signal", async () => {
    const abort = new AbortController();
    const following = follow(path, new PassThrough(), abort.signal);
    abort.abort();
    await following;
    expect(abort.signal.aborted).to.equal(true);
  });
});
