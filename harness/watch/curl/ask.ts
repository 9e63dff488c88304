/** Asks curl, and `flounder watch`, about cases: whether the endpoint is good, and in whose words it is bad. */
import { execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import YAML from "yaml";
import { root } from "../../paths.js";
import type { WatchResult } from "../result.js";
import type { Case } from "./case.js";
import { ownName, type Servers } from "./servers.js";

export interface Opinion {
  /** Undefined: now so, now so. */
  readonly good: boolean | undefined;
  readonly says: string;
}

export function urlOf(one: Case, index: number, { ports }: Servers): string {
  const door = one.door ?? "plain";
  const scheme = door.startsWith("tls") ? "https" : "http";
  // Certificates are for localhost, but for the one that is for an address.
  const host = door.startsWith("tls") && door !== "tls-ip" ? "localhost" : "127.0.0.1";
  return `${scheme}://${one.user === undefined ? "" : `${one.user}@`}${host}:${ports.get(door)}${door === "python" ? "" : `/${index}`}${one.path ?? "/"}`;
}

/** With what a browser would do: follows, decodes, takes cookies. */
export function askCurl(one: Case, index: number, servers: Servers, deadlineMs: number): Promise<Opinion> {
  const words = [
    ...["-q", "-sS", "--noproxy", "*", "--compressed", "-b", "", "-m", String(deadlineMs / 1000), "-w", "%{stderr} status=%{http_code}"],
    ...["--resolve", `${ownName}:${servers.ports.get("plain")}:127.0.0.1`, "--resolve", `localhost:${servers.ports.get(one.door ?? "plain")}:127.0.0.1`],
    ...(one.follow === false ? [] : ["-L", "--max-redirs", "10"]),
    ...(one.method === "HEAD" ? ["-I"] : []),
    ...(one.body === undefined ? [] : ["--data-binary", one.body]),
    ...Object.entries(one.headers ?? {}).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    ...(one.trusts === false ? [] : ["--cacert", servers.authority]),
    ...(one.insecure ? ["-k"] : []),
    urlOf(one, index, servers),
  ];
  return new Promise((resolve) => {
    execFile("curl", words, { encoding: "buffer", maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      const code = error ? Number(error.code) : 0;
      const status = Number(/status=(\d+)/.exec(stderr.toString())?.[1] ?? 0);
      const isStatus = one.statuses ? one.statuses.includes(status) : status < 400;
      const holds = one.text === undefined || stdout.includes(one.text);
      resolve({ good: code === 0 && isStatus && holds, says: `exit code ${code}, status ${status}${holds ? "" : ", without the text"}` });
    });
  });
}

/** All of them in one watch, with a config file. By their indexes. */
export async function askWatch(asked: ReadonlyMap<number, Case>, servers: Servers, deadlineMs: number, seconds: number): Promise<ReadonlyMap<number, Opinion>> {
  const endpoints = [...asked].map(([index, one]) => ({
    name: `${index}`,
    url: urlOf(one, index, servers),
    period: "1s",
    deadline: `${deadlineMs}ms`,
    resolve: [`${ownName}:${servers.ports.get("plain")}:127.0.0.1`, `localhost:${servers.ports.get(one.door ?? "plain")}:127.0.0.1`],
    ...(one.method === undefined ? {} : { method: one.method }),
    ...(one.body === undefined ? {} : { body: one.body }),
    ...(one.headers === undefined ? {} : { headers: one.headers }),
    ...(one.trusts === false ? {} : { cacert: servers.authority }),
    ...(one.insecure ? { insecure: true } : {}),
    ...(one.follow === false ? { redirects: false } : {}),
    ...(one.connection === undefined ? {} : { connection: one.connection }),
    ...(one.text === undefined && one.statuses === undefined
      ? {}
      : { expect: { ...(one.text === undefined ? {} : { text: one.text }), ...(one.statuses === undefined ? {} : { status: one.statuses.join() }) } }),
  }));
  const [config, json] = [join(servers.dir, "watch.yaml"), join(servers.dir, "out.json")];
  writeFileSync(config, YAML.stringify({ endpoints }));
  // Slow is what is later than the deadline: here it is asked what an answer is, and not when it came.
  const words = ["watch", "--config", config, "--json", json, "--slow", `${deadlineMs}ms`, "--for", `${seconds}s`];
  const child = spawn(process.execPath, [join(root, "bin/flounder.mjs"), ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, XDG_STATE_HOME: join(servers.dir, "state"), NO_COLOR: "1" },
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0 && code !== 2) throw new Error(`flounder watch ended with exit code ${code}: ${said.slice(-2000)}`);
  const { endpoints: found } = JSON.parse(readFileSync(json, "utf8")) as WatchResult;
  return new Map(
    found.map(({ name, counts, lastBad }) => {
      const { ok = 0, observer = 0, ...others } = counts;
      const bad = Object.values(others).reduce((sum, n) => sum + n, 0);
      const says = `ok ${ok}, bad ${bad}, observer ${observer}${lastBad ? `: ${lastBad.outcome}, ${lastBad.note}` : ""}`;
      return [Number(name), { good: bad === 0 && ok > 0 ? true : ok === 0 && bad > 0 ? false : undefined, says }];
    }),
  );
}
