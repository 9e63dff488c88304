/** What a client may ask of the keeper: each verb with the shape of its arguments. */
import { z } from "zod";
import { injectionSchema } from "../../core/plan.js";
import type { Injection } from "../../core.js";
import { FlounderError } from "../../errors.js";
import type { Keeper } from "../keep.js";
import type { Claim, Claimant, ConnectedClient } from "./claims.js";

/** What `status` answers. */
export interface KeeperStatus {
  readonly id: string;
  readonly pid: number;
  readonly up: boolean;
  readonly stopped: string | null;
  readonly frozen: { readonly untilIso: string; readonly reason: string } | null;
  /** Whose the foundation is at the moment; null: nobody's, or a keeper of a version before. */
  readonly writer?: Claim | null;
  readonly injections: readonly { readonly id: string; readonly fault: string; readonly target: string; readonly state: string; readonly reads: string }[];
  /** Who is connected, whoever asks included. Absent: a keeper of a version before. */
  readonly clients?: readonly ConnectedClient[];
}
/** Who asks. */
export interface Asker extends Claimant {
  /** Injections that this client asked for: healed when it goes, if it holds a lease. */
  readonly injected: Set<string>;
  subscribe(): void;
  /** The client goes in good order. */
  leave(): Promise<void>;
}
interface Verb {
  /** Also while the foundation is still starting. */
  readonly early: boolean;
  /** Throws a ZodError where the arguments are not what they must be. */
  run(keeper: Keeper, args: unknown, asker: Asker): unknown;
}
const verb = <A>(schema: z.ZodType<A>, run: (keeper: Keeper, args: A, asker: Asker) => unknown): Verb => ({
  early: false,
  run: (keeper, args, asker) => run(keeper, schema.parse(args), asker),
});
const early = <A>(schema: z.ZodType<A>, run: (keeper: Keeper, args: A, asker: Asker) => unknown): Verb => ({ ...verb(schema, run), early: true });

const none = z.undefined().or(z.null()).or(z.strictObject({}));
const reason = z.string().min(1);
/** Node fires a timer of more than 2^31 ms at once; and nobody breaks anything for more than a day. */
const maxS = z.number().positive().max(86_400);
/** options: absent where a fault has none. */
const injection = injectionSchema.extend({ id: z.string().min(1), maxS, options: z.unknown().optional() }) as unknown as z.ZodType<Injection>;

const verbs: Readonly<Record<string, Verb>> = {
  /** Answers when the foundation is up; rejects with why it could not be brought up. */
  boot: early(none, (keeper) => keeper.boot()),
  beat: early(none, () => {}),
  bye: early(none, (_keeper, _args, asker) => asker.leave()),
  subscribe: early(none, (_keeper, _args, asker) => asker.subscribe()),
  status: early(none, statusOf),
  facts: verb(none, (keeper) => keeper.facts()),
  targets: verb(none, (keeper) => keeper.running.targets()),
  routes: verb(none, (keeper) => keeper.system.routes(keeper.running.topology, keeper.running.call, keeper.running, keeper.facts())),
  topology: verb(none, (keeper) => keeper.running.topology),
  ailments: verb(none, (keeper) => keeper.ailments()),
  fingerprint: verb(none, (keeper) => keeper.fingerprint()),
  inject: verb(injection, (keeper, args, asker) => {
    asker.injected.add(args.id);
    return keeper.inject(args, asker.name);
  }),
  heal: verb(z.strictObject({ id: z.string().optional(), why: z.enum(["asked", "playbook"]).optional() }), async (keeper, { id, why }, asker) => {
    const reports = await keeper.heal(id, why ?? "asked", asker.name);
    for (const { injection, target } of reports) if (injection === "") keeper.meddles(`${target} was put right`, asker);
    return reports;
  }),
  claim: verb(z.strictObject({ command: z.string().min(1).max(1000) }), (keeper, { command }, asker) => keeper.claim(command, asker)),
  assist: early(none, (keeper, _args, asker) => keeper.claims.assist(asker)),
  unclaim: verb(none, (keeper, _args, asker) => keeper.claims.drop(asker)),
  differences: verb(none, async (keeper) => (await keeper.differences()).map(({ target, capability, says }) => ({ target, capability, says }))),
  stop: verb(z.strictObject({ reason }), (keeper, args, asker) => {
    keeper.meddles(`injections were stopped (${args.reason})`, asker);
    return keeper.stop(args.reason);
  }),
  release: verb(z.strictObject({ reason }), (keeper, args) => {
    keeper.gate.release();
    keeper.journal.write({ kind: "release", reason: args.reason });
  }),
  freeze: verb(z.strictObject({ untilIso: z.string(), reason }), (keeper, args, asker) => {
    if (!keeper.gate.freeze(args.untilIso, args.reason)) return;
    keeper.journal.write({ kind: "freeze", ...args });
    keeper.meddles(`the foundation was frozen until ${args.untilIso} (${args.reason})`, asker);
  }),
  unfreeze: verb(z.strictObject({ reason }), (keeper, args) => {
    keeper.gate.unfreeze();
    keeper.journal.write({ kind: "unfreeze", reason: args.reason });
  }),
  call: verb(
    z.strictObject({
      component: z.string(),
      path: z.string().startsWith("/"),
      body: z.unknown().optional(),
      timeoutMs: z.number().positive().max(600_000).optional(),
    }),
    (keeper, { component, path, body, timeoutMs }, asker) => {
      if (body !== undefined) {
        keeper.gate.passWrite(`${component}${path}`);
        keeper.meddles(`${path} was sent to ${component}`, asker);
      }
      return keeper.running.call(component, path, body, timeoutMs);
    },
  ),
  down: early(none, (keeper, _args, asker) => {
    keeper.meddles("the foundation was ended", asker);
    return keeper.down();
  }),
};

/** Does what is asked; rejects with a FlounderError that says what was wrong with the question, or why it is refused. */
export async function answer(keeper: Keeper, name: string, args: unknown, asker: Asker): Promise<unknown> {
  const found = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!found) throw new FlounderError("usage", `verb "${name}" is unknown`, `there are ${Object.keys(verbs).join(", ")}`);
  if (!found.early) keeper.mustBeUp();
  try {
    return await found.run(keeper, args, asker);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const issue = error.issues[0]!;
    throw new FlounderError("usage", `arguments of ${name}: ${issue.path.join(".") || "all"}: ${issue.message}`, "see harness/keeper/socket/verbs.ts");
  }
}

function statusOf(keeper: Keeper): KeeperStatus {
  const { stopped, frozen } = keeper.gate.state;
  return {
    id: keeper.spec.id,
    pid: process.pid,
    up: keeper.up,
    stopped: stopped?.reason ?? null,
    frozen,
    writer: keeper.claims.claim ?? null,
    clients: [...keeper.clients].map(({ name, pid, lease }) => ({ name, pid, lease })),
    injections: keeper.injections().map((live) => ({
      id: live.injection.id,
      fault: live.injection.fault,
      target: live.injection.target,
      state: live.state,
      reads: live.lastReading?.state ?? "unknown",
    })),
  };
}
