/** A run whose runner was killed is told to its end: cut lines are left out, what people did meanwhile is in it, and it is judged. */
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { nowUs } from "../clock.js";
import { root } from "../paths.js";
import { readResults } from "../results/results.js";
import { deedOf, GameFolder, type GameRecord } from "./folder.js";
import { Inbox } from "./inbox.js";
import { seal } from "./seal.js";
import { Tail } from "./tail.js";

const record = (id: string): GameRecord => ({ id, secret: "s", port: 0, blind: true, supervised: false, seats: [], work: {}, resultsDir: "." });

describe("what a game leaves behind", () => {
  let dir: string;
  let folder: GameFolder;
  const earlier = process.env.XDG_STATE_HOME;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-seal-"));
    process.env.XDG_STATE_HOME = join(dir, "state");
    folder = new GameFolder("g");
    folder.make(record("g"));
  });
  afterEach(() => {
    if (earlier === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = earlier;
    rmSync(dir, { recursive: true, force: true });
  });
  const mark = (atUs: number, says: string) =>
    ({ did: "event", event: { atUs, by: "person", kind: "mark", who: "bob", seat: "player", mark: "wrong", says } }) as const;

  it("is sealed: a cut line is left out, marks are in it once, and it is aborted", async () => {
    const results = join(dir, "results");
    cpSync(join(root, "harness", "results", "testing", "quiet-nats-7"), results, { recursive: true });
    const timeline = join(results, "timeline.jsonl");
    const all = readFileSync(timeline, "utf8").trimEnd().split("\n");
    // As a kill in the middle of a line leaves it.
    writeFileSync(timeline, `${all.slice(0, -20).join("\n")}\n${all.at(-20)!.slice(0, 15)}`);
    const zeroUs = nowUs() - 60e6;
    folder.did(mark(zeroUs + 20e6, "heard before"));
    appendFileSync(folder.path("people.jsonl"), '{"did":"event","ev');
    const state = { stage: "running", pid: 1, foundation: null, folder: results, plan: null, zeroUs } as const;
    const verdict = await seal(folder, state, { kind: "aborted", why: "aborted by ann" });
    expect(verdict!.result).to.equal("aborted");
    // Twice is like once: the runner may have written it before it died.
    await seal(folder, state, { kind: "aborted", why: "aborted by ann" });
    const { events, cuts } = readResults(results);
    expect(cuts).to.deep.equal([]);
    expect(events.filter(({ kind }) => kind === "mark")).to.have.length(1);
    expect(events.find(({ kind }) => kind === "mark")).to.include({ atUs: 20e6, says: "heard before" });
  });
  it("is nothing where the run never began", async () => {
    const state = { stage: "ready", pid: 1, foundation: "f", folder: null, plan: null, zeroUs: null } as const;
    expect(await seal(folder, state, { kind: "aborted", why: "x" })).to.equal(undefined);
  });
  it("its secret is for nobody else to read", () => {
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect([mode(folder.dir), mode(folder.path("game.json")), mode(folder.path("people.jsonl"))]).to.deep.equal([0o700, 0o600, 0o600]);
  });
  it("what people did comes to the runner in order, once, also what was done before it listened; a cut line comes when it is whole", () => {
    folder.did(mark(1, "a"));
    const inbox = new Inbox(folder);
    try {
      inbox.look();
      const heard: string[] = [];
      const ears = {
        event: (event: { kind: string; says?: string }) => heard.push(event.says ?? event.kind),
        begin: (act: string, who: string) => heard.push(`${act} by ${who}`),
        noMore: (who: string) => heard.push(`no more by ${who}`),
      };
      const end = inbox.people(true, []).listen(ears as never);
      const line = JSON.stringify({ did: "begin", who: "ann", act: "table" });
      appendFileSync(folder.path("people.jsonl"), line.slice(0, 10));
      inbox.look();
      appendFileSync(folder.path("people.jsonl"), `${line.slice(10)}\n`);
      folder.did({ did: "no-more", who: "ann" });
      end();
      folder.did(mark(2, "too late"));
      inbox.look();
      expect(heard).to.deep.equal(["a", "table by ann", "no more by ann"]);
    } finally {
      inbox.end();
    }
  });
  it("bytes that are of no use yet come again with the next ones", () => {
    const path = join(dir, "bytes");
    writeFileSync(path, "ab");
    const tail = new Tail(path);
    const seen: string[] = [];
    const take = (used: number) =>
      tail.bytes((bytes) => {
        seen.push(bytes.toString());
        return used;
      });
    take(0);
    appendFileSync(path, "cd");
    take(3);
    take(1);
    expect(seen).to.deep.equal(["ab", "abcd", "d"]);
  });
  it("a line that is no deed is none", () => {
    for (const line of ["", "{", "[]", '{"did":"other"}', '{"did":"event","event":{"kind":"mark"}}']) expect(deedOf(line), line).to.equal(undefined);
  });
});
