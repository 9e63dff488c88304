/** A mount made read-only, or writable again: the kernel refuses while a file is open for writing, which proofs have for a moment only. */
import { nowUs, sleep } from "../clock.js";
import { FlounderError } from "../errors.js";

const remountMs = 2000;

export interface Remountable {
  readonly name: string;
  /** As the table of mounts has it; undefined: it is not mounted. */
  isReadOnly(): Promise<boolean | undefined>;
  /** Runs `mount` with these words and the mount's path; resolves with its complaint, or "". */
  mount(...words: string[]): Promise<string>;
}

/** Does nothing to what is so already, or not mounted. */
export async function remount({ name, isReadOnly, mount }: Remountable, readOnly: boolean): Promise<void> {
  const now = await isReadOnly();
  if (now === undefined || now === readOnly) return;
  const endUs = nowUs() + remountMs * 1000;
  let complaint = "";
  do {
    complaint = await mount("-c", "-o", `remount,bind,${readOnly ? "ro" : "rw"}`);
    if (!complaint && (await isReadOnly()) === readOnly) return;
    await sleep(20);
  } while (nowUs() < endUs);
  throw new FlounderError(
    "refused",
    `${name} cannot be remounted ${readOnly ? "read-only" : "writable"}: ${complaint}`,
    "a file on it may be open for writing",
  );
}
