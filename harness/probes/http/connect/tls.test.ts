/** TLS' own outcomes, against real certificates made by openssl. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Stamps } from "../../schedule/flight.js";
import { OpenLoop } from "../../schedule/open-loop.js";
import { HttpAsker, type HttpAsking } from "../asker.js";

/** One sample, and what was found beside it. */
async function ask(question: HttpAsking, deadlineMs = 1500): Promise<{ sample: Stamps; findings: readonly string[] }> {
  const asker = new HttpAsker(question);
  let got!: (sample: Stamps) => void;
  const first = new Promise<Stamps>((resolve) => {
    got = resolve;
  });
  const loop = new OpenLoop([{ schedule: { periodUs: 300_000, phaseUs: 0, deadlineUs: deadlineMs * 1000 }, asker }], (sample) => {
    if (sample.outcome !== "observer") got({ ...sample });
  });
  await loop.start(0);
  const sample = await first;
  await loop.end();
  return { sample, findings: [...asker.findings.keys()] };
}

describe("TLS", function () {
  this.timeout(20_000);
  let dir: string;
  const open: (Server | TcpServer)[] = [];
  before(function () {
    if (spawnSync("openssl", ["version"]).status !== 0) {
      console.log("      skipped: there is no openssl here to make certificates");
      this.skip();
    }
    dir = mkdtempSync(join(tmpdir(), "flounder-tls-"));
    const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: dir, stdio: "pipe" });
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=an authority", "-days", "30");
    for (const [name, host, from, to] of [
      ["good", "localhost", "20200101000000Z", "20400101000000Z"],
      ["soon", "localhost", "20200101000000Z", new Date(Date.now() + 3 * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, "")],
      ["expired", "localhost", "20200101000000Z", "20210101000000Z"],
      ["other", "other.test", "20200101000000Z", "20400101000000Z"],
    ] as const) {
      openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${host}`);
      writeFileSync(join(dir, `${name}.ext`), `subjectAltName=DNS:${host}\n`);
      writeFileSync(join(dir, "index.txt"), "");
      writeFileSync(
        join(dir, "ca.cnf"),
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n",
      );
      openssl(
        ..."ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -notext".split(" "),
        "-in",
        `${name}.csr`,
        "-out",
        `${name}.pem`,
        "-startdate",
        from,
        "-enddate",
        to,
        "-extfile",
        `${name}.ext`,
      );
    }
  });
  after(() => {
    if (dir) rmSync(dir, { recursive: true, force: true });
  });
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
  });
  const pem = (name: string) => readFileSync(join(dir, name), "utf8");
  const listening = async <S extends Server | TcpServer>(server: S): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push(server);
    return `https://localhost:${(server.address() as AddressInfo).port}/`;
  };
  const serve = (name: string) => listening(createServer({ key: pem(`${name}.key`), cert: pem(`${name}.pem`) }, (_, response) => response.end("well")));
  const trusting = () => ({ connection: "fresh", tls: { ca: pem("ca.pem") } }) as const;

  it("is good with an authority that is trusted, or unchecked", async () => {
    const url = await serve("good");
    expect((await ask({ url, ...trusting() })).sample.outcome).to.equal("ok");
    expect((await ask({ url, connection: "fresh", tls: { rejectUnauthorized: false } })).sample.outcome).to.equal("ok");
  });
  it("says what is wrong with a certificate", async () => {
    const note = async (name: string, question: Omit<HttpAsking, "url"> = trusting()) => (await ask({ url: await serve(name), ...question })).sample;
    const unknown = await note("good", { connection: "fresh" });
    expect([unknown.outcome, unknown.note]).to.deep.equal(["wrong-answer", "TLS: the certificate's authority is unknown (UNABLE_TO_VERIFY_LEAF_SIGNATURE)"]);
    expect((await note("expired")).note).to.equal("TLS: the certificate has expired");
    expect((await note("other")).note).to.match(/^TLS: the certificate is for another name/);
  });
  it("warns of a certificate that expires within two weeks", async () => {
    const { sample, findings } = await ask({ url: await serve("soon"), ...trusting() });
    expect(sample.outcome).to.equal("ok");
    expect(findings.join()).to.match(/^the certificate expires on \d{4}-\d\d-\d\dT/);
  });
  it("that is not finished by the deadline is a time-out of its own", async () => {
    const url = await listening(createTcp((socket) => socket.on("error", () => {})));
    const { sample } = await ask({ url, connection: "fresh" }, 300);
    expect([sample.outcome, sample.note]).to.deep.equal(["timeout", "no TLS handshake in 300 ms"]);
  });
});
