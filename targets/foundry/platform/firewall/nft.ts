/** Loads packet rules into the kernel. Needs CAP_NET_ADMIN in its network namespace. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { table } from "./ruleset.js";

const limitMs = 5000;

/** One transaction: all of the file, or nothing of it. Rejects with what nft says. */
export async function load(file: string): Promise<void> {
  await promisify(execFile)("nft", ["-f", file], { timeout: limitMs }).catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
    throw new Error(error.code === "ENOENT" ? "nft is not on PATH" : `nft -f ${file}: ${error.stderr?.trim() || error.message}`);
  });
}

/** Our table as the kernel has it, without counters; "" where there is none. */
export const listed = (): Promise<string> =>
  promisify(execFile)("nft", ["--stateless", "list", "table", ...table.split(" ")], { timeout: limitMs }).then(
    ({ stdout }) => stdout,
    () => "",
  );

/** Whether this kernel passes on what is not for itself. */
export const forwards = (): boolean => readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim() === "1";
