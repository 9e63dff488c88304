/** Loads at work: real k6 and other programs, against a server of the test's own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../clock.js";
import type { EventBody, LoadRow, PlannedLoad } from "../core.js";
import { FlounderError } from "../errors.js";
import { dist } from "../paths.js";
import { plannedLoad } from "./asked.js";
import { type Load, startLoad } from "./start.js";

/** Names of processes that have this in their command line. */
const running = (mark: string): string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark);
      } catch {
        return false; // it ended meanwhile
      }
    });

describe("a load", function () {
  this.timeout(60_000);
  let dir: string;
  let server: Server;
  let url: string;
  let asked = 0;
  before(async () => {
    server = createServer((_, answer) => void answer.writeHead(++asked % 4 === 0 ? 503 : 200).end("hello"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  after(() => server.close());
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-visit-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const script = (duration: string) => {
    writeFileSync(join(dir, "where.ts"), `export const url: string = ${JSON.stringify(url)};\n`);
    writeFileSync(
      join(dir, "visitors.ts"),
      `import http from "k6/http";
import type { Options } from "k6/options";
import { url } from "./where";
export const options: Options = {
  scenarios: { all: { executor: "constant-arrival-rate", rate: 50, timeUnit: "1s", duration: "${duration}", preAllocatedVUs: 5 } },
  thresholds: { http_req_failed: ["rate<0.1"], "http_req_duration{expected_response:true}": ["p(95)<5000"] },
};
export default () => { http.get(url); console.log("word " + __ENV.LOAD_FRONT); };\n`,
    );
    return join(dir, "visitors.ts");
  };
  const start = (planned: PlannedLoad): { load: Load; notes: EventBody[] } => {
    const notes: EventBody[] = [];
    return {
      load: startLoad(planned, { dir, logsDir: dir, env: { LOAD_FRONT: "door" }, zeroWallMs: Date.now(), note: (event) => void notes.push(event) }),
      notes,
    };
  };
  const endOf = (notes: EventBody[]) => notes.find((event) => event.kind === "load-ended");
  const rows = () =>
    readFileSync(join(dir, "load.jsonl"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LoadRow);

  it("by k6 is planned whole, goes on until it is ended, and says what k6 found", async () => {
    const planned = await plannedLoad(script("1h"));
    expect(planned).to.deep.include({ tool: "k6", name: "visitors" });
    expect(planned.script).to.contain(url);
    expect(planned.thresholds).to.have.deep.members([
      { metric: "http_req_failed", expression: "rate<0.1" },
      { metric: "http_req_duration{expected_response:true}", expression: "p(95)<5000" },
    ]);
    const { load, notes } = start(planned);
    await load.begun;
    await until("40 requests", () => rows().reduce((sum, row) => sum + row.requests, 0) >= 40, 20_000);
    await load.end();
    await load.end();
    expect(notes.map(({ kind }) => kind)).to.deep.equal(["load-began", "load-ended"]);
    const end = endOf(notes)!;
    expect(end).to.deep.include({ byItself: false, exitCode: 105 });
    expect(end.thresholds.map(({ held }) => held)).to.deep.equal(end.thresholds.map(({ metric }) => metric !== "http_req_failed"));
    expect(end.thresholds).to.have.length(2);
    const all = rows();
    const [requests, failed] = [all.reduce((sum, row) => sum + row.requests, 0), all.reduce((sum, row) => sum + row.failed, 0)];
    expect(failed / requests).to.be.closeTo(0.25, 0.1);
    const summary = JSON.parse(readFileSync(join(dir, "k6-summary.json"), "utf8")) as { metrics: { http_reqs: { count: number } } };
    expect(requests, "as many as k6 counted").to.equal(summary.metrics.http_reqs.count);
    expect(readFileSync(join(dir, "load.log"), "utf8"))
      .to.contain("word door")
      .and.to.contain("THRESHOLDS");
    expect(running(dir)).to.deep.equal([]);
  });

  it("by k6 that ends before the run does has ended by itself", async () => {
    const { load, notes } = start(await plannedLoad(script("1s")));
    await until("its end", () => endOf(notes) !== undefined, 30_000);
    expect(endOf(notes)).to.deep.include({ byItself: true, exitCode: 99 });
    await load.end();
  });

  it("by k6 that cannot begin says why", async () => {
    const planned = await plannedLoad(script("1h"));
    const { load } = start({ ...planned, script: `${planned.script}\nexport function setup() { throw new Error("no stock"); }` });
    const error = await load.begun.then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).to.be.instanceOf(FlounderError);
    expect(error!.message).to.match(/k6 ended with 107 before its first request: .*no stock/s);
    await load.end();
  });

  for (const [name, text, says] of [
    ["that is no program", "export default () => {", /cannot be read: .*visitors\.ts:1:/s],
    ["that k6 refuses", 'export const options = { scenarios: { a: { executor: "guess" } } }; export default () => {};', /k6 refuses it: .*guess/s],
    ["with files of its own", 'const data = open("./data.json"); export default () => { data.length; };', /k6 refuses it: .*data\.json/s],
  ] as const)
    it(`by a script ${name} is refused with the reason`, async () => {
      const path = join(dir, "visitors.ts");
      writeFileSync(path, text);
      const error = await plannedLoad(path).then(
        () => undefined,
        (thrown: FlounderError) => thrown,
      );
      expect(error?.code).to.equal("usage");
      expect(error!.message).to.match(says);
      expect(error!.message).to.not.contain("/flounder-load-");
    });

  it("by a command is ended with all that it started, and only its exit code is known", async () => {
    const { load, notes } = start(await plannedLoad(`sleep 1234.5 & touch ${join(dir, "there")}; trap 'exit 7' INT; while :; do sleep 0.1; done`));
    await until("its start", () => existsSync(join(dir, "there")), 10_000);
    await load.end();
    expect(endOf(notes)).to.deep.include({ byItself: false, exitCode: 7 });
    expect(running("1234.5")).to.deep.equal([]);
    expect(rows()).to.deep.equal([]);
  });

  it("by a command that does not heed an interrupt is killed", async () => {
    const { load, notes } = start(await plannedLoad(`trap '' INT; touch ${join(dir, "there")}; sleep 1234.6; sleep 1234.6`));
    await until("its start", () => existsSync(join(dir, "there")), 10_000);
    await load.end();
    expect(endOf(notes)).to.deep.include({ byItself: false, exitCode: null });
    expect(running("1234.6")).to.deep.equal([]);
  });

  for (const tool of ["k6", "a command"] as const)
    it(`by ${tool} ends when whoever runs it is killed`, async () => {
      const planned = await plannedLoad(tool === "k6" ? script("1h") : "sleep 1234.7");
      const runner: ChildProcess = spawn(process.execPath, [join(dist, "harness", "load", "testing", "runner.js"), JSON.stringify(planned), dir], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(runner.stdout!, "data");
      const mark = tool === "k6" ? join(dir, "load.js") : "sleep 1234.7";
      expect(running(mark).filter((pid) => pid !== String(runner.pid))).to.not.deep.equal([]);
      runner.kill("SIGKILL");
      await until("its end", () => running(mark).length === 0, 10_000);
    });
});
