/** Whether a volume can really be mounted here: one mount is tried, since devices, rights and containers lie in more ways than can be looked up. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { until } from "../../../clock.js";
import { cacheDir } from "../../../paths.js";
import { findTool, onPath } from "../../tools/find.js";
import { sshfsArgs } from "./fuse-mount.js";
import { mountedAt, tryCommand, unmount } from "./mount-table.js";
import type { MountWay } from "./mounts.js";

export interface FuseVerdict {
  readonly works: boolean;
  readonly ways: readonly MountWay[];
  /** Why not, for a person. */
  readonly why: string;
}
const without = (why: string): FuseVerdict => ({ works: false, ways: ["detach"], why });
const working = (readOnly: boolean): FuseVerdict => ({ works: true, ways: ["detach", "hang", "slow", ...(readOnly ? (["read-only"] as const) : [])], why: "" });

/** Serves a folder over SFTP as whoever keeps volumes does: one sftp-server per connection. */
function serve(sftpServer: string, dir: string): Promise<Server> {
  const server = createServer((socket) => {
    const child = spawn(sftpServer, { cwd: dir, stdio: ["pipe", "pipe", "ignore"] });
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
    for (const stream of [socket, child.stdin, child]) stream.on("error", () => undefined);
    child.on("exit", () => socket.destroy());
    socket.on("close", () => child.kill());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

async function tryMount(sshfs: string, sftpServer: string): Promise<FuseVerdict> {
  const dir = mkdtempSync(join(tmpdir(), "flounder-fuse-"));
  const [volume, mount] = [join(dir, "volume"), join(dir, "mount")];
  mkdirSync(volume);
  mkdirSync(mount);
  writeFileSync(join(volume, ".mounted"), "trial\n");
  const server = await serve(sftpServer, volume);
  const [command, ...args] = sshfsArgs(sshfs, "127.0.0.1", (server.address() as AddressInfo).port, mount, false);
  let complaint = "";
  const child = spawn(command!, args, { stdio: ["ignore", "ignore", "pipe"] });
  child.on("error", () => undefined);
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk;
  });
  try {
    await until("a trial mount", () => mountedAt(mount) !== undefined || child.exitCode !== null, 5000, 10);
    if (!mountedAt(mount)) return without(complaint.trim() || `sshfs exited with status ${child.exitCode}`);
    const unread = await tryCommand(["cat", join(mount, ".mounted")], 2000);
    if (unread) return without(`a file on a mount cannot be read: ${unread}`);
    await tryCommand(["mount", "-c", "-o", "remount,bind,ro", mount], 2000);
    const readOnly = mountedAt(mount)?.readOnly === true;
    return working(readOnly);
  } catch (error) {
    return without(error instanceof Error ? error.message : String(error));
  } finally {
    child.kill("SIGKILL");
    server.close();
    await until("the trial's sshfs to end", () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined, 5000, 10);
    await unmount(mount);
    rmSync(dir, { recursive: true, force: true });
  }
}

let asked: Promise<FuseVerdict> | undefined;

/** Tried once per process. What the trial found is remembered until the machine boots again; the ways that follow from it are not, since they change with the code. */
export function fuseVerdict(): Promise<FuseVerdict> {
  asked ??= verdict();
  return asked;
}
async function verdict(): Promise<FuseVerdict> {
  const [sshfs, sftpServer] = [findTool("sshfs"), findTool("flounder-sftp")];
  if (!sshfs) return without("sshfs is not installed");
  if (!sftpServer) return without("flounder-sftp was not built (flounder setup does it)");
  if (!onPath("fusermount3")) return without("fusermount3 is not installed");
  const key = `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${process.geteuid?.()} ${sshfs} ${sftpServer}`;
  const memory = join(cacheDir(), "fuse.json");
  try {
    const known = JSON.parse(readFileSync(memory, "utf8")) as { key: string; readOnly?: boolean };
    if (known.key === key && known.readOnly !== undefined) return working(known.readOnly);
  } catch {
    // Nothing remembered: try.
  }
  const found = await tryMount(sshfs, sftpServer);
  if (found.works) {
    mkdirSync(dirname(memory), { recursive: true });
    writeFileSync(memory, JSON.stringify({ key, readOnly: found.ways.includes("read-only") }));
  }
  return found;
}
