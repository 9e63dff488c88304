/** The servers of the cases: raw sockets that write bytes as they are told to, TLS before them, and Python's http.server. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createServer as createTls } from "node:tls";
import { after } from "../../clock.js";
import type { Asked, Case, Door, Step } from "./case.js";

export const otherHost = "127.0.0.2";
export const ownName = "app.flounder.test";

export class Servers {
  readonly ports = new Map<Door, number>();
  readonly #open: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #python: ChildProcess | undefined;

  /** `dir`: a temporary folder, for certificates and Python's files. */
  constructor(
    readonly cases: readonly Case[],
    readonly dir: string,
  ) {}

  get authority(): string {
    return join(this.dir, "ca.pem");
  }

  async open(): Promise<void> {
    const port = await this.#listen(
      "plain",
      createServer({ noDelay: true }, (socket) => this.#speak(socket, "http")),
    );
    await this.#bind(
      createServer({ noDelay: true }, (socket) => this.#speak(socket, "http")),
      otherHost,
      port,
    );
    await this.#listen(
      "closes",
      createServer((socket) => void socket.on("error", () => {}).end()),
    );
    await this.#listen(
      "resets",
      createServer((socket) => void socket.on("error", () => {}).once("data", () => socket.resetAndDestroy())),
    );
    await this.#listen(
      "silent",
      createServer((socket) => void this.#know(socket)),
    );
    await this.#listen(
      "banner",
      createServer((socket) => void this.#know(socket).write("SSH-2.0-OpenSSH_9.2\r\n")),
    );
    const refused = createServer();
    await this.#listen("refused", refused);
    await new Promise((resolve) => refused.close(resolve));
    certify(this.dir);
    for (const [door, name] of [
      ["tls", "good"],
      ["tls-expired", "expired"],
      ["tls-other", "other"],
      ["tls-unknown", "unknown"],
      ["tls-ip", "ip"],
    ] as const) {
      const pem = (what: string) => readFileSync(join(this.dir, `${name}.${what}`));
      const server = createTls({ key: pem("key"), cert: pem("pem") }, (socket) => this.#speak(socket, "https"));
      server.on("tlsClientError", () => {});
      await this.#listen(door, server);
    }
    if (spawnSync("python3", ["--version"]).status === 0) await this.#openPython();
  }

  async close(): Promise<void> {
    this.#python?.kill("SIGKILL");
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#open.filter((one) => one.listening).map((one) => new Promise((resolve) => one.close(resolve))));
  }

  async #listen(door: Door, server: Server): Promise<number> {
    await this.#bind(server, "127.0.0.1", 0);
    const { port } = server.address() as AddressInfo;
    this.ports.set(door, port);
    return port;
  }
  async #bind(server: Server, host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen({ host, port, backlog: 1024 }, resolve));
    this.#open.push(server);
    // Also those whose TLS never came about.
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }
  async #openPython(): Promise<void> {
    const files = join(this.dir, "files");
    mkdirSync(join(files, "folder"), { recursive: true });
    writeFileSync(join(files, "page.txt"), "all is well\n");
    writeFileSync(join(files, "folder", "index.html"), "<p>well</p>\n");
    const python = spawn("python3", ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", files], { stdio: ["ignore", "pipe", "ignore"] });
    this.#python = python;
    const [line] = (await new Promise((resolve, reject) => {
      python.once("exit", () => reject(new Error("python3 -m http.server ended")));
      createInterface({ input: python.stdout }).once("line", (said) => resolve([said]));
    })) as [string];
    this.ports.set("python", Number(/port (\d+)/.exec(line)![1]));
  }

  #know(socket: Socket): Socket {
    return socket.on("error", () => {}).on("end", () => socket.destroy());
  }

  /** Reads requests, and does what the case says that the path names. */
  #speak(socket: Socket, scheme: string): void {
    this.#know(socket);
    let data = Buffer.alloc(0);
    let busy = false;
    const next = async () => {
      if (busy) return;
      const end = data.indexOf("\r\n\r\n");
      if (end < 0) return;
      const [line, ...lines] = data.toString("latin1", 0, end).split("\r\n");
      const headers = Object.fromEntries(lines.map((one) => [one.slice(0, one.indexOf(":")).toLowerCase(), one.slice(one.indexOf(":") + 1).trim()]));
      const length = Number(headers["content-length"] ?? 0);
      if (data.length < end + 4 + length) return;
      const body = data.toString("utf8", end + 4, end + 4 + length);
      data = data.subarray(end + 4 + length);
      const [method = "", target = ""] = line!.split(" ");
      const [, id = "", path = "", query = ""] = /^\/(\d+)([^?]*)\??(.*)$/.exec(target) ?? [];
      const port = socket.localPort!;
      const at = (host: string) => `${scheme}://${host}:${port}/${id}`;
      const asked: Asked = { method, path, query, headers, body, here: at("127.0.0.1"), there: at(otherHost), named: at(ownName) };
      const steps = this.cases[Number(id)]?.answer?.(asked) ?? [Buffer.from("HTTP/1.1 500 No Such Case\r\nContent-Length: 0\r\n\r\n")];
      busy = true;
      if (await play(socket, steps)) {
        busy = false;
        void next();
      }
    };
    socket.on("data", (chunk: Buffer) => {
      data = Buffer.concat([data, chunk]);
      void next();
    });
  }
}

/** False if nothing more is to be said on this connection. */
async function play(socket: Socket, steps: readonly Step[]): Promise<boolean> {
  for (const step of steps) {
    if (socket.destroyed) return false;
    if (step === "end") socket.end();
    else if (step === "reset") socket.resetAndDestroy();
    else if (step === "hang") return false;
    else if (Buffer.isBuffer(step)) await new Promise<void>((resolve) => socket.write(step, () => setImmediate(resolve)));
    else await new Promise<void>((resolve) => void after(step.waitMs, resolve));
    if (step === "end" || step === "reset") return false;
  }
  return true;
}

/** An authority, and certificates by it: a good one, an expired one, one of another name, one for an address; and one by nobody. */
function certify(dir: string): void {
  const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: dir, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=an authority", "-days", "30");
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "unknown.key",
    "-out",
    "unknown.pem",
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=DNS:localhost",
    "-days",
    "30",
  );
  writeFileSync(
    join(dir, "ca.cnf"),
    "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n",
  );
  for (const [name, subject, until] of [
    ["good", "DNS:localhost", "20400101000000Z"],
    ["expired", "DNS:localhost", "20210101000000Z"],
    ["other", "DNS:other.test", "20400101000000Z"],
    ["ip", "IP:127.0.0.1", "20400101000000Z"],
  ] as const) {
    openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    writeFileSync(join(dir, `${name}.ext`), `subjectAltName=${subject}\n`);
    writeFileSync(join(dir, "index.txt"), "");
    const words = "ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -notext -startdate 20200101000000Z".split(" ");
    openssl(...words, "-enddate", until, "-in", `${name}.csr`, "-out", `${name}.pem`, "-extfile", `${name}.ext`);
  }
}
