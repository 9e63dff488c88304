/** An operator's verbs as playbooks use them: which there are, and which a playbook asks for. */
import type { Call, Playbook, TargetSystem, Topology } from "../core.js";
import { FlounderError } from "../errors.js";

const never: Call = () => Promise.reject(new Error("nothing is called where verbs are only listed"));

/** Names of all verbs of a target's console; empty where it has none. Does nothing to any foundation. */
export function verbsOf({ console, verbs }: Pick<TargetSystem, "console" | "verbs">, topology: Topology): readonly string[] {
  if (verbs) return Object.keys(verbs);
  const made = console?.(never, topology, "nobody", () => {});
  return typeof made === "object" && made !== null ? Object.keys(made) : [];
}

/** The verbs that a step's code names: `(operator) => operator.verify()`, or `({ verify }) => verify()`. What it reaches otherwise is found out when it is played. */
export function verbsNamed(run: (console: never) => unknown): readonly string[] {
  const text = run.toString();
  const [, parameter, pattern] =
    /^(?:async\s*)?(?:function\s*\w*|\w+)?\s*\(?\s*(?:([A-Za-z_$][\w$]*)|\{([^}]*)\})/.exec(text.replace(/^async\b(?!\s*=>)/, "")) ?? [];
  if (pattern !== undefined) return pattern.split(",").flatMap((word) => /^\s*([\w$]+)/.exec(word)?.[1] ?? []);
  if (parameter === undefined) return [];
  return [...text.matchAll(new RegExp(`(?<![\\w$.])${parameter.replaceAll("$", "\\$")}\\s*\\??\\.\\s*([A-Za-z_$][\\w$]*)`, "g"))].map((match) => match[1]!);
}

/** Refuses a playbook that asks for a verb which the console has not. */
export function checkVerbs({ before, procedures }: Playbook, verbs: readonly string[], where: string): void {
  const hold = (run: Playbook["before"], place: string) => {
    for (const verb of run ? verbsNamed(run) : [])
      if (!verbs.includes(verb))
        throw new FlounderError("plan", `${where}: ${place} asks for the verb "${verb}", which the console does not have`, `there are ${verbs.join(", ")}`);
  };
  hold(before, "what is done before");
  for (const { name, steps } of procedures) for (const [i, { say, run }] of steps.entries()) hold(run, `procedure "${name}", step ${i + 1} ("${say}")`);
}

/** The same console; a verb that it has not is refused in words, not by a TypeError of whoever called it. */
export function spokenConsole(console: unknown): unknown {
  if (typeof console !== "object" || console === null) return console;
  return new Proxy(console, {
    get(of, name, self) {
      if (typeof name === "symbol" || name in of || name === "then") return Reflect.get(of, name, self);
      throw new FlounderError("plan", `the playbook asks for the verb "${name}", which the console does not have`, `there are ${Object.keys(of).join(", ")}`);
    },
  });
}
