/** For tests: who listens, by the kernel's own tables, of all that a foundation's marks are on. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

export interface Listener {
  readonly port: number;
  readonly loopback: boolean;
  readonly program: string;
  /** It is an app's process. */
  readonly app: boolean;
}
const tables = { tcp: "0A", tcp6: "0A", udp: "07", udp6: "07" };
const isLoopback = (hex: string) => hex.endsWith("7F") || /^0{24}01000000$/.test(hex) || /^0{16}FFFF0000.{6}7F$/.test(hex);

/** inode → where it listens. */
function sockets(): ReadonlyMap<string, { readonly port: number; readonly loopback: boolean }> {
  const found = new Map<string, { readonly port: number; readonly loopback: boolean }>();
  for (const [table, state] of Object.entries(tables))
    for (const line of readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1)) {
      const [, local = "", , is, , , , , , inode = ""] = line.trim().split(/\s+/);
      const [address = "", port = ""] = local.split(":");
      if (is === state) found.set(inode, { port: Number.parseInt(port, 16), loopback: isLoopback(address) });
    }
  return found;
}
const read = (path: string, how: (path: string) => string): string => {
  try {
    return how(path);
  } catch {
    return ""; // it has ended meanwhile
  }
};

export function listeners(foundation: string): readonly Listener[] {
  const all = sockets();
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      const env = read(`/proc/${pid}/environ`, (path) => readFileSync(path, "latin1")).split("\0");
      if (!env.includes(`FLOUNDER_FOUNDATION=${foundation}`)) return [];
      const program = basename(read(`/proc/${pid}/exe`, readlinkSync));
      const app = env.some((word) => word.startsWith("VCAP_APP_PORT="));
      const fds = read(`/proc/${pid}/fd`, (path) => readdirSync(path).join(" ")).split(" ");
      return fds.flatMap((fd) => {
        const [, inode = ""] = /^socket:\[(\d+)\]$/.exec(read(`/proc/${pid}/fd/${fd}`, readlinkSync)) ?? [];
        const socket = all.get(inode);
        return socket ? [{ ...socket, program, app }] : [];
      });
    });
}
