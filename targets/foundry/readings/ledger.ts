/**
 * The acknowledged writes of a run, read back past every fault, and their removal.
 * A write is a sentence: "app <guid> exists" · "is gone" · "is STARTED" · "is STOPPED" · "has N instances"; each supersedes what was said before of the same
 * fact. One with "may" was not acknowledged but may have happened: after it nothing is claimed of that fact.
 */
import pLimit from "p-limit";
import { nowUs, sleep } from "../../../harness/clock.js";
import type { Call, FoundationFacts } from "../../../harness/core.js";
import { FlounderError } from "../../../harness/errors.js";
import { prober } from "../workload/prepare.js";
import { controlTargets, standingApps } from "../workload/sample-apps.js";

type Fact = "existence" | "state" | "instances";
interface Found {
  readonly guid: string;
  readonly state: string;
  readonly instances: number;
}
interface Claim {
  readonly guid: string;
  readonly holds: (found: Found | undefined) => boolean;
}

/** So long a deletion may take from its acknowledgement on. */
const deletionMs = 3000;

/** What a write says; undefined for one with "may". */
function parse(write: string): { readonly guid: string; readonly fact: Fact; readonly claim: Claim | undefined } {
  const [, guid, rest] = /^app (\S+) (.+)$/.exec(write) ?? [];
  if (guid === undefined || rest === undefined) throw new Error(`the ledger cannot read "${write}"`);
  const may = rest.startsWith("may ");
  const claim = (fact: Fact, holds: Claim["holds"]) => ({ guid, fact, claim: may ? undefined : { guid, holds } });
  if (rest === "exists") return claim("existence", (found) => found !== undefined);
  if (/^(is|may be) gone$/.test(rest)) return claim("existence", (found) => found === undefined);
  const state = /^(?:is|may be) (STARTED|STOPPED)$/.exec(rest)?.[1];
  if (state !== undefined) return claim("state", (found) => found?.state === state);
  const instances = /^(?:has|may have) (\d+) instances$/.exec(rest)?.[1];
  if (instances !== undefined) return claim("instances", (found) => found?.instances === Number(instances));
  throw new Error(`the ledger cannot read "${write}"`);
}

/** Once a write may have happened it may also happen late: nothing that was acknowledged after it proves the last word on state or instances. */
export function claims(writes: readonly string[]): ReadonlyMap<string, Claim> {
  const last = new Map<string, { readonly write: string; readonly claim: Claim | undefined }>();
  for (const write of writes) {
    const { guid, fact, claim } = parse(write);
    const key = `${guid} ${fact}`;
    const before = last.get(key);
    if (before === undefined || before.claim !== undefined) last.set(key, { write, claim });
  }
  return new Map([...last.values()].flatMap(({ write, claim }) => (claim ? [[write, claim] as const] : [])));
}

export async function missing(writes: readonly string[], facts: FoundationFacts, call: Call): Promise<readonly string[]> {
  const claimed = claims(writes);
  const guids = [...new Set([...claimed.values()].map((claim) => claim.guid))];
  if (guids.length === 0) return [];
  const end = nowUs() + deletionMs * 1000;
  for (;;) {
    const found = new Map((await existing(guids, facts, call)).map((app) => [app.guid, app]));
    const lost = [...claimed].filter(([, claim]) => !claim.holds(found.get(claim.guid))).map(([write]) => write);
    // A deletion is acknowledged before its job is done.
    if (!lost.some((write) => write.endsWith("is gone")) || nowUs() > end) return lost;
    await sleep(100);
  }
}

/** So many are asked for in one question: its path must not be too long. */
const guidsAtOnce = 100;

/** Asks any CC's admin port; all read one database. A question only: whoever froze the foundation may still be told what it has. */
async function existing(guids: readonly string[], { components }: FoundationFacts, call: Call): Promise<readonly Found[]> {
  let last: unknown;
  for (const cc of components.filter((component) => component.role === "cc"))
    try {
      const found: Found[] = [];
      for (let from = 0; from < guids.length; from += guidsAtOnce) {
        const some = new URLSearchParams(guids.slice(from, from + guidsAtOnce).map((guid): [string, string] => ["app", guid]));
        found.push(...((await call(cc.name, `/exists?${some}`, undefined, 10_000)) as { existing: readonly Found[] }).existing);
      }
      return found;
    } catch (error) {
      last = error;
    }
  throw new FlounderError("unreachable", `no CC could be asked for the acknowledged writes: ${last}`, "flounder status; flounder logs cc-1");
}

/** A Cloud Controller has few workers: more at once would only wait there. */
const atOnce = 8;

/** Removes what probes made and stops what they started. Call it after missing(). */
export async function tidy(facts: FoundationFacts): Promise<void> {
  const { client, spaceGuid } = await prober(facts);
  const standing = new Set(standingApps(controlTargets(facts.components)));
  const some = pLimit(atOnce);
  const told = await Promise.all(
    (await client.apps(spaceGuid)).map((app) =>
      some(async () => {
        if (!standing.has(app.name)) return client.removal(app.guid);
        if (app.state === "STARTED") await client.stop(app.guid);
        return undefined;
      }),
    ),
  );
  // All are told before anyone is waited for: by then most are done, and each is asked once.
  await Promise.all(told.map((removal) => some(async () => removal?.done())));
}
