/** One watch on servers that nobody here wrote: nginx, Go's net/http and openssl's s_server, each with what it does in its own way. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import YAML from "yaml";
import { root } from "../paths.js";
import { freePort, type Stranger, stranger } from "../probes/testing/stranger.js";
import type { WatchResult } from "./result.js";

/** Two minutes: Go compiles its net/http once. */
const compileMs = 120_000;
const lacking = (["nginx", "go", "openssl"] as const).filter((tool) => spawnSync(tool, [tool === "nginx" ? "-v" : "version"]).error !== undefined);

describe("a watch on servers of others", function () {
  this.timeout(compileMs + 60_000);
  let dir: string;
  const servers: Stranger[] = [];
  const file = (name: string) => join(dir, name);

  before(function () {
    if (lacking.length === 0) return;
    console.log(`      skipped: there is no ${lacking.join(" and no ")} here`);
    this.skip();
  });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-foreign-"));
    chmodSync(dir, 0o755);
    const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost -days 30";
    execFileSync("openssl", [...words.split(" "), "-addext", "subjectAltName=DNS:localhost"], { cwd: dir, stdio: "pipe" });
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.end()));
    rmSync(dir, { recursive: true, force: true });
  });

  it("finds each as its own users would", async () => {
    const [nginx, go, goTls, openssl] = [await freePort(), await freePort(), await freePort(), await freePort()];
    mkdirSync(file("www"));
    writeFileSync(file("www/well.txt"), "all is well\n".repeat(100));
    writeFileSync(file("nginx.conf"), nginxConfig(dir, nginx));
    servers.push(await stranger(["nginx", "-p", dir, "-c", file("nginx.conf"), "-g", "daemon off;"], nginx));
    const program = file("go-server");
    const source = join(root, "harness/watch/testing/go-server/main.go");
    execFileSync("go", ["build", "-o", program, source], { stdio: "pipe", timeout: compileMs, env: { ...process.env, GO111MODULE: "off", GOFLAGS: "" } });
    servers.push(await stranger([program, `127.0.0.1:${go}`, `127.0.0.1:${goTls}`, file("cert.pem"), file("key.pem")], go));
    const pem = ["-cert", file("cert.pem"), "-key", file("key.pem")];
    servers.push(await stranger(["openssl", "s_server", "-accept", `127.0.0.1:${openssl}`, ...pem, "-www", "-quiet"], openssl));

    const text = { expect: { text: "all is well" } };
    const secure = { cacert: file("cert.pem"), resolve: [`localhost:${goTls}:127.0.0.1`] };
    const good: Readonly<Record<string, object>> = {
      "nginx: gzip": { url: `http://127.0.0.1:${nginx}/well.txt`, ...text },
      "nginx: a kept connection of three requests": { url: `http://127.0.0.1:${nginx}/well.txt`, connection: "kept", ...text },
      "nginx: a relative redirect to a folder's index": { url: `http://127.0.0.1:${nginx}/moved`, ...text },
      "nginx: 204": { url: `http://127.0.0.1:${nginx}/nothing`, expect: { status: 204 } },
      "nginx: a maintenance page that is expected": { url: `http://127.0.0.1:${nginx}/maintenance`, expect: { status: 503, text: "back soon" } },
      "nginx: HEAD": { url: `http://127.0.0.1:${nginx}/well.txt`, method: "HEAD" },
      "Go: early hints": { url: `http://127.0.0.1:${go}/early`, ...text },
      "Go: trailers": { url: `http://127.0.0.1:${go}/trailers`, ...text },
      "Go: events without end": { url: `http://127.0.0.1:${go}/events`, ...text },
      "Go: idle connections that it closes": { url: `http://127.0.0.1:${go}/early`, connection: "kept", period: "101ms", ...text },
      "Go: 303 after POST": { url: `http://127.0.0.1:${go}/see-other`, method: "POST", body: "a", ...text },
      "Go: 205": { url: `http://127.0.0.1:${go}/reset-content`, expect: { status: 205 } },
      "Go: TLS": { url: `https://localhost:${goTls}/early`, ...secure, ...text },
      "Go: HTTP/2": { url: `https://localhost:${goTls}/trailers`, http2: true, ...secure, ...text },
      "openssl: HTTP/1.0 over TLS": {
        url: `https://localhost:${openssl}/`,
        cacert: file("cert.pem"),
        resolve: [`localhost:${openssl}:127.0.0.1`],
        expect: { text: "Ciphers supported" },
      },
    };
    const bad: Readonly<Record<string, readonly [object, string, string]>> = {
      "nginx: 404": [{ url: `http://127.0.0.1:${nginx}/none` }, "wrong-answer", "status 404"],
      "nginx: hangs up without an answer": [{ url: `http://127.0.0.1:${nginx}/hangs-up` }, "reset", "closed without an answer"],
      "Go: a handler that panics": [{ url: `http://127.0.0.1:${go}/panic` }, "reset", "closed without an answer"],
      "openssl: a certificate that nobody signed": [
        { url: `https://localhost:${openssl}/`, resolve: [`localhost:${openssl}:127.0.0.1`] },
        "wrong-answer",
        "TLS: the certificate's authority is unknown",
      ],
    };
    const endpoints = [
      ...Object.entries(good).map(([name, one]) => ({ name, period: "200ms", ...one })),
      ...Object.entries(bad).map(([name, [one]]) => ({ name, period: "200ms", ...one })),
    ];
    writeFileSync(file("watch.yaml"), YAML.stringify({ endpoints }));
    const words = ["watch", "--config", file("watch.yaml"), "--for", "3s", "--json", file("out.json")];
    const run = spawnSync(process.execPath, [join(root, "bin/flounder.mjs"), ...words], {
      encoding: "utf8",
      env: { ...process.env, XDG_STATE_HOME: file("state"), NO_COLOR: "1" },
    });
    const result = JSON.parse(readFileSync(file("out.json"), "utf8")) as WatchResult;
    const counts = new Map(result.endpoints.map((one) => [one.name, { samples: one.samples, counts: one.counts }]));
    for (const name of Object.keys(good)) {
      const { samples, counts: outcomes } = counts.get(name)!;
      expect(samples, name).to.be.at.least(8);
      expect(outcomes, `${name}\n${run.stdout}`).to.deep.equal({ ok: samples });
    }
    for (const [name, [, outcome, says]] of Object.entries(bad)) {
      const { samples, counts: outcomes } = counts.get(name)!;
      expect(samples, name).to.be.at.least(8);
      expect(outcomes, `${name}\n${run.stdout}`).to.deep.equal({ [outcome]: samples });
      expect(run.stdout.slice(run.stdout.indexOf(`\n${name}  `))).to.match(new RegExp(`^\n.*\n.*\n  last bad answer: ${outcome}, ${says}`));
    }
  });
});

/** One process, as the user that runs the test, with nothing outside of its folder. */
const nginxConfig = (dir: string, port: number): string => `
master_process off;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((one) => `${one}_temp_path ${dir}/${one};`).join(" ")}
  server {
    listen 127.0.0.1:${port};
    root ${dir}/www;
    keepalive_requests 3;
    gzip on;
    gzip_types *;
    gzip_min_length 1;
    absolute_redirect off;
    location = /moved { return 301 /well.txt; }
    location = /nothing { return 204; }
    location = /maintenance { return 503 "back soon"; }
    location = /hangs-up { return 444; }
  }
}
`;
