/**
 * Where a session's foundation comes from: brought up for it, attached to, or held by somebody who has it already. Each is a value with one way to open it;
 * another source (a warm template) is another function that gives such a value.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "../core.js";
import { FlounderError } from "../errors.js";
import { folderOf } from "../keeper/folder.js";
import { noFoundation } from "../keeper/of-others.js";
import type { KeeperClient } from "../keeper/socket/client.js";
import { clearAway, connect, listFoundations, startKeeper, takeOver } from "../keeper/start.js";
import { loadEngine } from "../registry.js";
import { isProtected, newFoundation, passingName, protectedMark, type SpecInputs } from "../state/foundation.js";
import { isThere } from "../state/own-file.js";
import type { Known, Planned } from "./planning.js";

/** What a source is told when it is opened. */
export interface Opening {
  /** Who is there, for others who ask: "flounder run four-cuts". */
  readonly command: string;
  readonly say: (line: string) => void;
  /** Aborted while a foundation comes up: it is called off. */
  readonly signal: AbortSignal;
}
export interface FoundationSource {
  /** Rejects, before anything is written, where the foundation cannot be had. */
  open(opening: Opening): Promise<OpenFoundation>;
}
export interface OpenFoundation {
  readonly known: Known;
  /** It was up before the session, and stays. */
  readonly attached: boolean;
  /** Words of a command line that choose such a one again. */
  readonly words: readonly string[];
  /** Up, and nobody else's. Rejects where this plan may not run on it. */
  take(planned: Planned): Promise<Client>;
  /** Ends what was brought up, lets go of the rest; once, and also where its keeper has died meanwhile. */
  end(): Promise<void>;
}

export interface BringUpOptions {
  /** Default: the plan's, and "local" for a scenario. */
  readonly engine?: string | undefined;
  readonly portBase?: number | undefined;
}
/** A foundation that lives as long as the session. */
export const bringUp = ({ engine, portBase }: BringUpOptions = {}): FoundationSource => ({
  async open({ command, say, signal }) {
    let client: Client | undefined;
    return {
      known: { engine: engine ?? "local" },
      attached: false,
      words: engine === undefined || engine === "local" ? [] : ["--engine", engine],
      async take({ plan, system }) {
        const { profile, timeFactor, policy = {} } = plan.foundation;
        if (engine !== undefined && plan.engine !== engine)
          throw new FlounderError("usage", `the plan is for engine ${plan.engine}, not ${engine}`, "make another plan for this engine");
        const inputs = { id: passingName(plan.name), system, profile, timeFactor, policy, engine: plan.engine, portBase };
        client = await raise(inputs, say, { signal });
        await client.claim(command);
        return client;
      },
      end: once(async () => {
        if (!client) return;
        const { id } = client;
        await client.down().catch(async (error) => {
          if (!isLost(error)) throw error;
          if (!isThere(folderOf(id))) return; // somebody else has ended it
          say(`the keeper of ${id} is dead: what it left is ended`);
          await takeOver(id, say).then(
            (next) => next.down(),
            () => clearAway(id, say),
          );
        });
      }),
    };
  },
});

export interface AttachOptions {
  /** The digest of the one plan that may run on it, where it is protected. */
  readonly approve?: string | undefined;
  /** Refused where it is another one's. */
  readonly engine?: string | undefined;
}
/** A foundation that is up already, by its name: it is healed, not ended. */
export const attachTo = (name: string, { approve, engine }: AttachOptions = {}): FoundationSource => ({
  async open({ command, say }) {
    const found = (await listFoundations()).find(({ id }) => id === name);
    if (!found) throw noFoundation(name);
    if (!found.alive) say(`the keeper of ${name} is dead: taking over, healing from its journal`);
    const client = found.alive ? await connect(name, { lease: true }) : await takeOver(name, say, { lease: true });
    const end = once(async () => {
      const lost = client.lost;
      await client[Symbol.asyncDispose]();
      if (!lost || !isThere(folderOf(name))) return;
      say(`the keeper of ${name} is dead: taking over, healing from its journal`);
      await using _next = await takeOver(name, say);
    });
    try {
      await client.claim(command);
      const facts = await client.facts();
      if (engine !== undefined && engine !== facts.engine)
        throw new FlounderError("usage", `--engine ${engine}: the foundation "${name}" is up with ${facts.engine}`, "leave --engine out");
      return {
        known: { engine: facts.engine, live: { facts, targets: await client.targets(), topology: await client.topology() } },
        attached: true,
        words: ["--foundation", name, ...(approve === undefined ? [] : ["--approve", approve])],
        async take({ plan }) {
          refuseUnapproved(name, plan, approve);
          return client;
        },
        end,
      };
    } catch (error) {
      await end();
      throw error;
    }
  },
});

/** A foundation that the caller holds: it is taken for one session after the other, and is the caller's to end. */
export const held = (client: Client): FoundationSource => ({
  async open({ command }) {
    const facts = await client.facts();
    const [targets, topology] = await Promise.all([client.targets(), client.topology()]);
    await client.claim(command);
    return {
      known: { engine: facts.engine, live: { facts, targets, topology } },
      attached: true,
      words: [],
      take: async () => client,
      // Where its keeper has died nobody has it any more.
      end: once(() => client.unclaim().catch(() => {})),
    };
  },
});

export interface RaiseOptions {
  /** It stays when the client goes. */
  readonly stays?: boolean | undefined;
  /** Only a plan whose digest was approved may run on it. */
  readonly protect?: boolean | undefined;
  /** Aborted while it comes up: it is called off, and nothing is left. */
  readonly signal?: AbortSignal | undefined;
}
/** Brings up a new foundation; rejects with why it could not be, and then nothing is left. */
export async function raise(
  inputs: SpecInputs,
  say: (line: string) => void,
  { stays = false, protect = false, signal }: RaiseOptions = {},
): Promise<KeeperClient> {
  await refuseTrouble(inputs.engine, say);
  const spec = await newFoundation(inputs);
  if (protect) writeFileSync(join(spec.dir, protectedMark), "");
  return startKeeper(spec, say, { stays, signal });
}

/** Every missing thing before anything is started; what can be got is got. The first that is left is the error, doctor shows all. */
export async function refuseTrouble(name: string, say: (line: string) => void): Promise<void> {
  const engine = await loadEngine(name);
  await engine.obtain(say);
  const [first, ...more] = await engine.check();
  if (first) throw new FlounderError("environment", first.what + (more.length > 0 ? ` (and ${more.length} more: flounder doctor)` : ""), first.hint);
}

/** A foundation made with up --protect takes only a plan that somebody has read: its digest is the signature. */
function refuseUnapproved(id: string, plan: Planned["plan"], approved: string | undefined): void {
  if (!isProtected(id) || approved === plan.digest) return;
  throw new FlounderError(
    "refused",
    `the foundation "${id}" is protected, and ${approved ? `--approve ${approved} is not` : "nobody has approved"} this plan's digest ${plan.digest}`,
    `read it: flounder plan ${plan.name} --seed ${plan.seed}; then add --approve ${plan.digest}`,
  );
}

const isLost = (error: unknown): boolean => error instanceof FlounderError && error.code === "unreachable";
function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= act();
    return done;
  };
}
