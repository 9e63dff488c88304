/** The command that does a session again: the same plan, to the digest. What no command line can say is said by the plan that lies in the results folder. */
import { join, relative, resolve } from "node:path";
import type { Planned, Work } from "./planning.js";

export interface ReproInputs {
  readonly work: Work;
  readonly planned: Pick<Planned, "plan" | "system">;
  /** Words that choose the foundation. */
  readonly words: readonly string[];
  /** The results folder. */
  readonly folder: string;
}

/** Who is at work, for others who want the same foundation. */
export const commandOf = (work: Work): string => {
  const what = "plan" in work ? work.plan : work.scenario;
  return `flounder run${what === undefined ? "" : ` ${typeof what === "string" ? what : what.name}`}`;
};

/** To be pasted into a shell, in the folder in which this one was run. */
export function reproOf(inputs: ReproInputs): string {
  const words = ["flounder", "run", ...(fromNames(inputs) ?? fromPlanFile(inputs)), ...inputs.words];
  const own = process.env.FLOUNDER_FAULTS;
  return `${own ? `FLOUNDER_FAULTS=${quoted(resolve(own))} ` : ""}${words.map(quoted).join(" ")}`;
}

/** Undefined where something was given as a value, which has no name. */
function fromNames({ work, planned }: ReproInputs): readonly string[] | undefined {
  if (typeof work.playbook === "object") return undefined;
  if ("plan" in work) return typeof work.plan === "string" ? [shown(work.plan), ...flag("playbook", work.playbook)] : undefined;
  if (typeof work.scenario === "object" || work.target !== undefined) return undefined;
  return [
    shown(work.scenario ?? planned.system.defaultScenario),
    ...flag("seed", planned.plan.seed),
    ...flag("profile", work.profile),
    ...flag("time-factor", work.timeFactor),
    ...flag("playbook", work.playbook),
    ...flag("operator", planned.plan.operator === undefined ? undefined : work.operator),
    ...flag("load", work.load),
    ...Object.entries(work.policy ?? {}).flatMap(([name, value]) => flag("policy", `${name}=${value}`)),
  ];
}
const fromPlanFile = ({ work, folder }: ReproInputs): readonly string[] => [
  shown(join(folder, "plan.json")),
  ...(typeof work.playbook === "string" ? flag("playbook", work.playbook) : []),
];

const flag = (name: string, value: string | number | undefined): readonly string[] => (value === undefined ? [] : [`--${name}`, shown(String(value))]);

/** Files by a path that holds from the current folder, or from everywhere where it is not below that; names as they are. */
function shown(word: string): string {
  if (!/\.(ts|m?js|json)$/.test(word)) return word;
  const path = relative(process.cwd(), resolve(word));
  return path.startsWith("..") ? resolve(word) : `./${path}`;
}
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
