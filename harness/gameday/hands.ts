/** What players do to the foundation: the console's verbs and the playbook's steps, each with its lines in the timeline. */
import { AsyncLocalStorage } from "node:async_hooks";
import { spokenConsole } from "../authors/verbs.js";
import type { AuditLine, Call, EventBody, Playbook, TargetSystem, Topology } from "../core.js";
import { FlounderError } from "../errors.js";
import { sayCondition } from "../playbooks/conditions.js";
import type { Came } from "./game.js";
import type { ConsoleState } from "./protocol.js";

/** The procedure that what is done without the playbook stands under. */
export const byHand = "by hand";

export interface HandsInputs {
  readonly system: TargetSystem;
  readonly playbook: Playbook | undefined;
  /** The foundation's, once it is up. */
  topology(): Promise<Topology>;
  readonly call: Call;
  note(event: EventBody): void;
}

export class Hands {
  readonly #who = new AsyncLocalStorage<string>();
  #console: Promise<Readonly<Record<string, unknown>>> | undefined;
  #count = 0;
  constructor(readonly inputs: HandsInputs) {}

  get state(): Omit<ConsoleState, "ask"> {
    const { system, playbook } = this.inputs;
    return {
      verbs: Object.entries(system.verbs ?? {}).map(([name, words]) => verbOf(name, words)),
      playbook: (playbook?.procedures ?? []).map(({ name, detect, steps }) => ({
        procedure: name,
        detect: sayCondition(detect),
        steps: steps.map(({ say, does, run }, i) => ({ step: i + 1, says: say, does, runs: run !== undefined })),
      })),
    };
  }
  /** Rejects with "usage" for a verb that there is not. */
  async verb(name: string, args: readonly string[], who: string): Promise<Came> {
    if (!Object.hasOwn(this.inputs.system.verbs ?? {}, name))
      throw new FlounderError("usage", `there is no verb "${name}"`, `there are ${Object.keys(this.inputs.system.verbs ?? {}).join(", ")}`);
    const given = args.slice(0, args.findLastIndex((arg) => arg !== "") + 1).map(asTyped);
    const says = `${name}(${given.map((arg) => JSON.stringify(arg)).join(", ")})`;
    return this.#done({ procedure: byHand, step: ++this.#count, says }, who, async () => {
      const verb = (await this.#open())[name];
      if (typeof verb !== "function") throw new FlounderError("usage", `the console does not have the verb "${name}"`, "use another one");
      return verb(...given);
    });
  }
  async step(procedure: string, step: number, does: "tick" | "run" | "skip", who: string): Promise<Came> {
    const found = this.inputs.playbook?.procedures.find(({ name }) => name === procedure)?.steps[step - 1];
    if (!found) throw new FlounderError("usage", `the playbook has no step ${step} in "${procedure}"`, "reload the page");
    const place = { procedure, step, says: found.say };
    if (does === "skip") {
      for (const state of ["due", "refused"] as const) this.inputs.note({ kind: "step", by: "person", who, ...place, state, came: "left out" });
      return { ok: true, says: "left out" };
    }
    if (does === "tick") return this.#done(place, who, async () => "done by hand");
    const { run } = found;
    if (!run) throw new FlounderError("usage", `"${found.say}" has no verbs: nothing can be run`, "do it, and tick it");
    return this.#done(place, who, async () => run(spokenConsole(await this.#open()) as never));
  }

  async #done(place: { readonly procedure: string; readonly step: number; readonly says: string }, who: string, act: () => Promise<unknown>): Promise<Came> {
    const note = (state: "due" | "acting" | "done" | "refused" | "gave-up", came?: string) =>
      this.inputs.note({ kind: "step", by: "person", who, ...place, state, ...(came === undefined ? {} : { came }) });
    note("due");
    note("acting");
    try {
      const came = String((await this.#who.run(who, act)) ?? "");
      note("done", came);
      return { ok: true, says: came };
    } catch (error) {
      if (!(error instanceof FlounderError) && !(error instanceof TypeError)) throw error;
      note(error instanceof FlounderError && error.code === "frozen" ? "refused" : "gave-up", error.message);
      return { ok: false, says: error.message };
    }
  }
  /** One for all players: what one has verified another may release. Who it is goes along with each call. */
  #open(): Promise<Readonly<Record<string, unknown>>> {
    this.#console ??= this.inputs.topology().then((topology) => {
      const audit = ({ atIso: _, ...line }: AuditLine) => this.inputs.note({ kind: "audit", by: "person", ...line, who: this.#who.getStore() ?? line.who });
      return this.inputs.system.console?.(this.inputs.call, topology, "a player", audit) as Readonly<Record<string, unknown>>;
    });
    this.#console.catch(() => {
      this.#console = undefined;
    });
    return this.#console;
  }
}

/** "failOver(lun): serves a LUN …" → its parameters, and what it does. */
export function verbOf(name: string, words: string): ConsoleState["verbs"][number] {
  const [, params, says] = /^\w+\(([^)]*)\):\s*(.*)$/s.exec(words) ?? [];
  const names = (params ?? "").split(",").map((param) => param.trim());
  return { name, params: names.filter((param) => param !== ""), says: says ?? words };
}
/** As a person types it: figures and yes or no are what they look like. */
const asTyped = (typed: string): string | number | boolean =>
  /^-?\d+(\.\d+)?$/.test(typed) ? Number(typed) : typed === "true" || typed === "yes" ? true : typed === "false" || typed === "no" ? false : typed;
