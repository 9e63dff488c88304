/**
 * Packet rules in the network namespace of a container, by nft on this machine: image and config stay untouched. Each deed is one table of its own, made and
 * removed whole; what others have there is never touched. Tables go with the namespace when the container ends.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { FlounderError } from "../../errors.js";
import { onPath } from "../tools/find.js";

const run = promisify(execFile);
const commandMs = 5000;

/** What is missing for rules; empty: nothing. */
export function rulesLack(): string {
  if (process.geteuid?.() !== 0) return "links need root: rules are made in the containers' network namespaces";
  const missing = ["nsenter", "nft"].filter((name) => !onPath(name));
  return missing.length === 0 ? "" : `links need ${missing.join(" and ")} on PATH (Debian: apt-get install nftables util-linux)`;
}

const short = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);
const prefixOf = (foundation: string) => `flounder_${short(foundation)}_`;
export const tableOf = (foundation: string, deed: string): string => `${prefixOf(foundation)}${short(deed)}`;

/** `pid`: a process of the container, as this machine counts. */
async function nft(pid: number, words: readonly string[], input?: string): Promise<string> {
  const promise = run("nsenter", [`--net=/proc/${pid}/ns/net`, "nft", ...words], { timeout: commandMs });
  if (input !== undefined) {
    promise.child.stdin?.on("error", () => {}); // it has ended: its exit says why
    promise.child.stdin?.end(input);
  }
  try {
    return (await promise).stdout;
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    throw new FlounderError(
      "platform",
      `nft ${words.join(" ")}: ${stderr.trim().split("\n")[0] || message}`,
      "flounder doctor --engine attached says what is missing",
    );
  }
}

/** Makes the table anew with these chains, whole or not at all. */
export const putTable = (pid: number, table: string, chains: readonly string[]): Promise<string> =>
  nft(pid, ["-f", "-"], [`table inet ${table}`, `delete table inet ${table}`, `table inet ${table} {`, ...chains, "}", ""].join("\n"));

/** Does nothing where it is not there, or the container is gone. */
export async function dropTable(pid: number, table: string): Promise<void> {
  if (pid === 0 || !(await tables(pid)).includes(table)) return;
  await nft(pid, ["delete", "table", "inet", table]);
}

async function tables(pid: number): Promise<readonly string[]> {
  return [...(await nft(pid, ["list", "tables"])).matchAll(/^table inet (\S+)$/gm)].map(([, name]) => name!);
}
/** Ours of this foundation that are there, whoever recorded them. */
export const ownTables = async (pid: number, foundation: string): Promise<readonly string[]> =>
  pid === 0 ? [] : (await tables(pid)).filter((name) => name.startsWith(prefixOf(foundation)));

/** All rules there without counters, and without what changes whenever the container starts; for comparing. */
export async function ruleset(pid: number): Promise<string> {
  const text = await nft(pid, ["--stateless", "list", "ruleset"]);
  return text.replace(/(127\.0\.0\.11:|sport )\d+/g, "$1…");
}
export async function qdiscs(pid: number): Promise<string> {
  if (!onPath("tc")) return "";
  const { stdout } = await run("nsenter", [`--net=/proc/${pid}/ns/net`, "tc", "qdisc", "show"], { timeout: commandMs });
  return stdout.trim();
}
