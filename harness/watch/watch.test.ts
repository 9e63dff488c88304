import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTls } from "node:tls";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import { nowUs, sleep, until } from "../clock.js";
import { root } from "../paths.js";
import { type KnownServer, knownServer } from "../probes/testing/known-server.js";
import { unpackMembers } from "../results/gzip-members.js";
import type { WatchResult } from "./result.js";

/** Nobody may write it, root neither. */
const readOnly = "/sys/kernel/uevent_seqnum";

describe("flounder watch", function () {
  this.timeout(30_000);
  let dir: string;
  let server: KnownServer;
  let child: ChildProcess | undefined;
  const json = () => join(dir, "out.json");
  const found = async () => JSON.parse(await readFile(json(), "utf8")) as WatchResult;
  const begin = (...flags: string[]) => {
    child = spawn(process.execPath, [join(root, "bin/flounder.mjs"), "watch", "--json", json(), ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, XDG_STATE_HOME: join(dir, "state"), NO_COLOR: "1" },
    });
    let said = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    child.stderr!.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    const code = new Promise<number | null>((resolve) => child!.once("close", (exit) => resolve(exit)));
    return { code, said: () => said };
  };
  const url = () => `http://127.0.0.1:${server.port}/`;
  const sampling = () => until("it samples", async () => (await found()).endpoints[0]!.samples > 0, 10_000, 50);

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "flounder-watch-"));
    server = await knownServer();
  });
  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    server.release();
    await server.close();
    await rm(dir, { recursive: true, force: true });
  });

  it("says when an outage began and ended, between bounds that hold the truth, on both clocks", async () => {
    const { code, said } = begin("--url", url(), "--rate", "50", "--for", "4", "--allow-lost", "0.2", "--junit", join(dir, "out.xml"));
    await sampling();
    const a = { ms: Date.now(), ns: nowUs() * 1000 };
    server.behaviour = "503";
    await sleep(800);
    server.behaviour = "ok";
    const b = { ms: Date.now(), ns: nowUs() * 1000 };
    expect(await code).to.equal(1);
    const { endpoints, verdict, complete, command, calibration } = await found();
    expect([verdict.result, complete, command]).to.deep.equal(["fail", true, null]);
    const [outage, ...others] = endpoints[0]!.outages;
    expect(others).to.deep.equal([]);
    expect(outage!.cause).to.equal("http-5xx");
    const slackMs = 15; // this process is not alone on its cores: when it asked for the outage is not quite when it began
    expect(a.ms).to.be.within(outage!.startMs.lo - slackMs, outage!.startMs.hi + slackMs);
    expect(b.ms).to.be.within(outage!.endMs.lo - slackMs, outage!.endMs.hi + slackMs);
    expect(a.ns).to.be.within(outage!.startNs.lo - slackMs * 1e6, outage!.startNs.hi + slackMs * 1e6);
    expect(b.ns).to.be.within(outage!.endNs.lo - slackMs * 1e6, outage!.endNs.hi + slackMs * 1e6);
    expect(endpoints[0]!.lostS.lo).to.be.above(0.7);
    expect(calibration.is).to.equal("none");
    expect(said()).to.contain("calibration: There is no calibration record for this machine");
    expect(await readFile(join(dir, "out.xml"), "utf8")).to.match(/<failure message=".*allowed at most 0.2 s/);
  });

  it("measures a hang for its whole length, answered at its end or not", async () => {
    for (const answered of [true, false]) {
      const { code } = begin("--url", url(), "--rate", "50", "--for", "5", "--deadline", "400");
      await rm(json(), { force: true });
      await sampling();
      const fromUs = nowUs();
      server.behaviour = "hang";
      await sleep(2000);
      server.behaviour = "ok";
      const truthS = (nowUs() - fromUs) / 1e6;
      if (answered) server.release();
      expect(await code).to.be.oneOf([0, 2]); // 2: this machine is so busy that more than 1 % of the samples were late
      const [outage, ...others] = (await found()).endpoints[0]!.outages;
      expect(others).to.deep.equal([]);
      expect(outage!.cause).to.equal(answered ? "stall" : "timeout");
      expect((outage!.lostS.lo + outage!.lostS.hi) / 2).to.be.closeTo(truthS, 0.05);
    }
  });

  it("checks the text and the latency of answers", async () => {
    const slow = createServer((_, response) => void setTimeout(() => response.end("hello"), 900)).listen(0, "127.0.0.1");
    await until("it listens", () => slow.listening, 1000);
    const { code } = begin("--url", url(), `http://127.0.0.1:${(slow.address() as AddressInfo).port}/`, "--expect", "hello /", "--slow", "600", "--for", "3");
    await code;
    slow.closeAllConnections();
    slow.close();
    const [good, late] = (await found()).endpoints;
    expect(good!.outages).to.deep.equal([]);
    expect(late!.outages.map((outage) => outage.cause)).to.deep.equal(["wrong-answer"]);
  });

  it("runs a command, and tells its exit code apart from the verdict", async () => {
    const { code } = begin("--url", url(), "--rate", "5", "--allow-lost", "0", "--", "sh", "-c", "sleep 0.5; exit 7");
    expect(await code).to.equal(7);
    const { verdict, command, endpoints } = await found();
    expect([verdict.result, verdict.says[0]]).to.deep.equal(["fail", "the command ended with exit code 7"]);
    expect(endpoints[0]!.verdict.result).to.equal("pass");
    expect(command).to.deep.include({ exitCode: 7, signal: null });
  });

  it("interrupted, ends the command and still writes everything", async () => {
    const { code, said } = begin("--url", url(), "--", "sleep", "60");
    await sampling();
    child!.kill("SIGINT");
    expect(await code).to.equal(3);
    const { complete, verdict, command } = await found();
    expect([complete, verdict.result, command?.signal]).to.deep.equal([false, "aborted", "SIGINT"]);
    expect(said()).to.contain("ABORTED");
  });

  it("shows no password of an endpoint or a proxy to anybody: not in files, on the terminal, or in the list of processes", async () => {
    const place = `http://me:hunter2@127.0.0.1:${server.port}/`;
    const files = ["samples.gz", "junit.xml"].map((name) => join(dir, name));
    const words = [
      "--url",
      place,
      "--proxy",
      "user:hunter2@127.0.0.1:1",
      "-H",
      "Authorization: Bearer hunter2",
      "X-Api-Key: hunter2",
      "--data",
      "hunter2",
      "--samples",
      files[0]!,
      "--junit",
      files[1]!,
    ];
    const { code, said } = begin(...words, "--rate", "20", "--for", "2");
    await sampling();
    const [prober] = (await readFile(`/proc/${child!.pid}/task/${child!.pid}/children`, "utf8")).trim().split(" ");
    for (const pid of [child!.pid, prober]) expect(await readFile(`/proc/${pid}/cmdline`, "utf8")).not.to.contain("hunter2");
    await code;
    const { endpoints } = await found();
    expect(endpoints[0]).to.deep.include({ url: `http://***@127.0.0.1:${server.port}/`, proxy: "127.0.0.1:1" });
    expect(endpoints[0]!.lastBad).to.deep.equal({ outcome: "refused", note: "the proxy 127.0.0.1:1: connection refused" });
    expect(said()).to.contain("through the proxy 127.0.0.1:1").and.not.contain("hunter2");
    expect(await readFile(json(), "utf8")).not.to.contain("hunter2");
    expect(await readFile(files[1]!, "utf8")).not.to.contain("hunter2");
    expect(gunzipSync(await readFile(files[0]!)).toString()).not.to.contain("hunter2");
  });

  it("measures without a limit, and does not call that a pass; nothing measured is inconclusive; cut short is aborted", async () => {
    const measured = begin("--url", url(), "--rate", "20", "--for", "500ms");
    expect(await measured.code).to.equal(0);
    expect((await found()).verdict.result).to.equal("measured");
    expect(measured.said())
      .to.match(/^MEASURED$/m)
      .and.not.contain("PASS");
    const nothing = begin("--url", url(), "--rate", "0.5", "--allow-lost", "0", "--", "true");
    expect(await nothing.code).to.equal(2);
    expect((await found()).verdict.says.join()).to.contain("nothing was measured");
    const cut = begin("--url", url(), "--rate", "20", "--for", "30d", "--allow-lost", "0");
    await rm(json(), { force: true });
    await sampling();
    child!.kill("SIGTERM");
    expect(await cut.code).to.equal(3);
    expect(await found()).to.deep.include({ complete: false, abortedBy: "signal" });
  });

  it("passes the signal that it got on to all that its command started, and leaves none of it", async () => {
    const marks = join(dir, "marks");
    // A child that says which signal it got, beside one that ignores it.
    const script = `sh -c 'trap "echo told >> ${marks}; exit" TERM; while :; do sleep 0.05; done' & sh -c 'trap "" TERM; echo up >> ${marks}; while :; do sleep 0.05; done' & wait`;
    const { code } = begin("--url", url(), "--grace", "600ms", "--", "sh", "-c", script);
    await until("the command runs", async () => (await readFile(marks, "utf8")).includes("up"), 5000);
    await sampling();
    child!.kill("SIGTERM");
    expect(await code).to.equal(3);
    expect(await readFile(marks, "utf8")).to.contain("told");
    const { stdout } = spawnSync("pgrep", ["-f", marks], { encoding: "utf8" });
    expect(stdout).to.equal("");
  });

  it("killed, leaves results and samples up to the last second", async () => {
    begin("--url", url(), "--connection", "both", "--rate", "50", "--samples", join(dir, "samples.gz"));
    await until("two seconds are in", async () => (await found()).seconds > 2, 10_000, 50);
    child!.kill("SIGKILL");
    const { complete, endpoints } = await found();
    expect(complete).to.equal(false);
    expect(endpoints.map((one) => one.connection)).to.deep.equal(["fresh", "kept"]);
    for (const one of endpoints) expect(one.samples).to.be.above(90);
    // The prober sees that nobody listens any more, writes its last second and ends.
    let lines: string[] = [];
    await until(
      "the samples are on disk",
      async () => {
        lines = gunzipSync(await readFile(join(dir, "samples.gz")))
          .toString()
          .trim()
          .split("\n");
        return lines.length > 200;
      },
      5000,
    );
    expect(JSON.parse(lines[0]!).columns).to.include("connectUs");
    expect(JSON.parse(lines[1]!)).to.have.length(11);
  });

  it("whose prober dies ends at once, keeps what was measured, and does not call it a pass", async () => {
    const { code, said } = begin("--url", url(), "--rate", "50", "--for", "60", "--samples", join(dir, "samples.gz"));
    await until("two seconds are in", async () => (await found()).seconds > 2, 10_000, 50);
    const [prober] = (await readFile(`/proc/${child!.pid}/task/${child!.pid}/children`, "utf8")).trim().split(" ");
    process.kill(Number(prober), "SIGKILL");
    expect(await code).to.equal(3);
    expect(said()).to.contain("the prober ended before its time (SIGKILL): nothing was measured after that");
    const { verdict, endpoints, complete, abortedBy } = await found();
    expect([verdict.result, complete, abortedBy]).to.deep.equal(["aborted", false, "prober"]);
    expect(endpoints[0]!.samples).to.be.above(80);
    const kept = unpackMembers(await readFile(join(dir, "samples.gz")))
      .text.trim()
      .split("\n");
    expect(kept.length - 1).to.be.above(80);
  });

  it("has a well-named outcome, or one clear error, for what goes wrong", async () => {
    const garbage = createTcp((socket) => socket.on("error", () => {}).once("data", () => socket.end("SSH-2.0-hello\r\n\r\n"))).listen(0, "127.0.0.1");
    const loop = createServer((_, response) => response.writeHead(302, { location: "/again" }).end()).listen(0, "127.0.0.1");
    const bare = createTls({}).listen(0, "127.0.0.1"); // it has no certificate to show
    bare.on("tlsClientError", () => {});
    await until("all listen", () => garbage.listening && loop.listening && bare.listening, 1000);
    const port = (of: { address(): unknown }) => (of.address() as AddressInfo).port;
    const urls = [
      "http://nosuch.invalid/",
      "http://127.0.0.1:1/",
      `https://127.0.0.1:${server.port}/`,
      `http://127.0.0.1:${port(loop)}/`,
      `http://127.0.0.1:${port(garbage)}/`,
      `https://127.0.0.1:${port(bare)}/`,
    ];
    const ended = begin("--url", ...urls, "--rate", "10", "--for", "1");
    await ended.code;
    bare.close();
    loop.closeAllConnections();
    loop.close();
    garbage.close();
    const { endpoints } = await found();
    const outcomes = endpoints.map((one) =>
      Object.keys(one.counts)
        .filter((outcome) => outcome !== "observer")
        .join(),
    );
    expect(outcomes).to.deep.equal(["dns", "refused", "wrong-answer", "wrong-answer", "wrong-answer", "wrong-answer"]);
    const why = endpoints.map((one) => `${one.lastBad?.outcome}: ${one.lastBad?.note}`);
    [
      /^dns: ./,
      /^refused: /,
      /^wrong-answer: TLS: ./,
      /^wrong-answer: redirected in a circle: http:.*again again/,
      /^wrong-answer: not HTTP$/,
      /^wrong-answer: TLS: ./,
    ].forEach((says, i) => {
      expect(why[i]).to.match(says);
    });
    expect(ended.said()).to.contain("last bad answer: wrong-answer, redirected in a circle");
    const locked = join(dir, "locked");
    await writeFile(locked, "", { mode: 0o600 });
    for (const [flags, says] of [
      [["--url", "nonsense"], "is not a URL"],
      [["--url", "ftp://example.com/"], "neither http nor https"],
      [["--url", url(), "--", "/no/such/command"], "not found"],
      [["--url", url(), "--", locked], `the command ${locked} cannot be run: EACCES`],
      [["--url", url(), "--junit", "/no/such/folder/x"], "--junit /no/such/folder/x cannot be written: ENOENT"],
      [["--url", url(), "--samples", dir], `--samples ${dir} cannot be written: EISDIR`],
      [["--url", url(), "--json", readOnly], `--json ${readOnly} cannot be written: E`],
      [["--url", url(), "--metrics", "65536"], "--metrics 65536 is not a port"],
      [[], "nothing to watch"],
    ] as const) {
      const run = begin(...flags);
      expect(await run.code, says).to.equal(64);
      expect(run.said()).to.contain(says);
    }
    const nobody = begin("--foundation", "no-such-one");
    expect(await nobody.code).to.equal(64);
    expect(nobody.said()).to.match(/^flounder: there is no foundation "no-such-one"\n/);
  });
});
