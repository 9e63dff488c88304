/** For tests: a network namespace with two networks to this machine, as a container has them. Needs root and ip; named by pid, since it is the machine's. */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

let count = 0;

/** Why there can be none here with these tools in it; undefined when there can. */
export function whyNoNamespace(...tools: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) return "it needs root, for a network namespace";
  const missing = ["ip", "sysctl", ...tools].filter((tool) => !(process.env.PATH ?? "").split(":").some((dir) => existsSync(join(dir, tool))));
  if (missing.length > 0) return `there is no ${missing.join(" and no ")} on PATH`;
  try {
    accessSync("/run", constants.W_OK);
    return undefined;
  } catch {
    return "/run is read-only";
  }
}

export class Namespace {
  readonly name = `flounder-${process.pid}-${++count}`;
  /** Ours, and theirs, in each of the networks: 198.18.0.0/15 is for tests between networks (RFC 2544). */
  readonly outside: { readonly here: string; readonly there: string };
  readonly inside: { readonly here: string; readonly there: string };
  readonly through = ["ip", "netns", "exec", this.name] as const;
  readonly #etc = join("/etc/netns", this.name);

  constructor() {
    const net = `${process.pid % 256}.${(count * 4) % 256}`.split(".").map(Number) as [number, number];
    const of = (second: number) => ({ here: `198.${second}.${net[0]}.${net[1] + 1}`, there: `198.${second}.${net[0]}.${net[1] + 2}` });
    [this.outside, this.inside] = [of(18), of(19)];
    // Before the namespace is used: `ip netns exec` puts what is in this folder over /etc.
    mkdirSync(this.#etc, { recursive: true });
    this.knows({});
    this.#ip("netns", "add", this.name);
    this.#ip("-n", this.name, "link", "set", "lo", "up");
    for (const [side, { here, there }] of [
      ["o", this.outside],
      ["i", this.inside],
    ] as const) {
      const [mine, its] = [`fl${side}${process.pid}x${count}`, `eth-${side}`];
      this.#ip("link", "add", mine, "type", "veth", "peer", "name", its, "netns", this.name);
      this.#ip("address", "add", `${here}/30`, "dev", mine);
      this.#ip("link", "set", mine, "up");
      this.#ip("-n", this.name, "address", "add", `${there}/30`, "dev", its);
      this.#ip("-n", this.name, "link", "set", its, "up");
    }
    this.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
  }

  #ip(...words: string[]): void {
    execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
  }
  /** In the namespace; what it said. */
  run(...words: string[]): string {
    return execFileSync(this.through[0], [...this.through.slice(1), ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }
  /** From now on these host names are known in it, and no others. */
  knows(hosts: Readonly<Record<string, string>>): void {
    writeFileSync(
      join(this.#etc, "hosts"),
      Object.entries(hosts)
        .map(([host, address]) => `${address} ${host}\n`)
        .join(""),
    );
  }
  /** What is started from now on asks this name server, at port 53. */
  asks(server: string): void {
    writeFileSync(join(this.#etc, "resolv.conf"), `nameserver ${server}\n`);
  }
  /** Its networks go with it. */
  close(): void {
    this.#ip("netns", "del", this.name);
    rmSync(this.#etc, { recursive: true, force: true });
    try {
      rmdirSync(dirname(this.#etc));
    } catch {
      // Somebody else has one, too.
    }
  }
}
