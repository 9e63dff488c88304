/** Foundations for tests: everything below one temporary folder, reaped after the test whatever happened. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FoundationSpec, Running } from "../../../core.js";
import { ProcessTable } from "../../process-table.js";
import { localEngine } from "../engine.js";
import { fuseVerdict } from "../mounts/fuse-check.js";
import { mountedBelow } from "../mounts/mount-table.js";
import { reapAll } from "../processes/reap.js";
import { fixtureSystem } from "./system.js";

export const fixtureEngine = (fuse = fuseVerdict) => localEngine(async () => fixtureSystem, fuse);

export function fixtureSpec(id: string, parts: Partial<FoundationSpec> = {}): FoundationSpec {
  const dir = mkdtempSync(join(tmpdir(), `flounder-test-${id}-`));
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "secret"), "a secret", { mode: 0o600 });
  return { id: `${id}-${process.pid}`, system: "tiny", profile: "tiny", timeFactor: 20, policy: {}, engine: "local", dir, secret: "a secret", ...parts };
}

export interface Tried {
  readonly spec: FoundationSpec;
  readonly running: Running;
  readonly troubles: string[];
  end(): Promise<void>;
}
export async function tryFoundation(id: string, fuse = fuseVerdict): Promise<Tried> {
  const spec = fixtureSpec(id);
  const running = await fixtureEngine(fuse).start(spec, () => undefined, new AbortController().signal);
  const troubles: string[] = [];
  running.onTrouble((from, says) => troubles.push(`${from} ${says}`));
  return {
    spec,
    running,
    troubles,
    end: async () => {
      await running.reap();
      rmSync(spec.dir, { recursive: true, force: true });
    },
  };
}

/** Whatever became of a test: nothing of its foundation stays. */
export async function sweep({ id, dir }: FoundationSpec): Promise<void> {
  const dirs = [dir];
  await reapAll(new ProcessTable(id, () => dirs), dirs);
  for (const name of readdirSync(tmpdir())) if (name.startsWith(`flounder-${id}-`)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  rmSync(dir, { recursive: true, force: true });
}

/** What a foundation left on this machine. */
export const leftovers = ({ id, dir }: FoundationSpec) => ({ processes: new ProcessTable(id, () => [dir]).all(), mounts: mountedBelow(dir) });

/** What a promise was rejected with; a failed expectation if it was not. */
export const rejection = (promise: Promise<unknown>): Promise<Error & { readonly code?: string }> =>
  promise.then(
    () => {
      throw new Error("expected a rejection");
    },
    (error: Error) => error,
  );
