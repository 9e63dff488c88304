/** A fault's options in words: what there is, in which unit, and what is wrong with those that were given. */
import { z } from "zod";
import type { Fault } from "./fault.js";

export interface OptionWords {
  readonly name: string;
  /** What may be given: "swallow | reset", "milliseconds", "true | false". */
  readonly takes: string;
  /** Undefined: it must be given, or may be left away where `required` is false. */
  readonly default?: unknown;
  readonly required: boolean;
  readonly says?: string;
}
interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

/** Units stand at the end of names. */
const units: readonly (readonly [suffix: RegExp, unit: string])[] = [
  [/Ms$/, "milliseconds"],
  [/KBps$/, "kilobytes per second"],
  [/(MB|Mb)$/, "megabytes"],
  [/[Pp]ercent$/, "per cent"],
  [/S$/, "seconds"],
];
const unitOf = (name: string) => units.find(([suffix]) => suffix.test(name))?.[1];

/** Every option of a fault, in the order of its file. */
export function optionsOf(fault: Pick<Fault, "options">): readonly OptionWords[] {
  const schema = z.toJSONSchema(fault.options, { io: "input", unrepresentable: "any" }) as {
    readonly properties?: Readonly<Record<string, Property>>;
    readonly required?: readonly string[];
  };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    takes: takes(property, unitOf(name)),
    ...(property.default === undefined ? {} : { default: property.default }),
    required: schema.required?.includes(name) ?? false,
    ...(property.description === undefined ? {} : { says: property.description }),
  }));
}

function takes(property: Property, unit?: string): string {
  if (property.enum) return property.enum.map((one) => String(one)).join(" | ");
  if (property.const !== undefined) return String(property.const);
  if (property.anyOf) return property.anyOf.map((one) => takes(one, unit)).join(" | ");
  if (property.type === "boolean") return "true | false";
  if (property.type === "array") return `a list of ${takes(property.items ?? {})}`;
  if (property.type !== "number" && property.type !== "integer") return property.type === "string" ? "text" : "a value";
  const minimum = property.minimum !== undefined && property.minimum > Number.MIN_SAFE_INTEGER ? property.minimum : undefined;
  const least = minimum ?? (property.exclusiveMinimum === undefined ? undefined : `above ${property.exclusiveMinimum}`);
  const most = property.maximum !== undefined && property.maximum < Number.MAX_SAFE_INTEGER ? property.maximum : undefined;
  const bounds =
    least === undefined
      ? most === undefined
        ? ""
        : `, at most ${most}`
      : most === undefined
        ? `, ${typeof least === "number" ? `at least ${least}` : least}`
        : `, ${least} to ${most}`;
  return `${unit ?? (property.type === "integer" ? "a whole number" : "a number")}${bounds}`;
}

/** "how (refuse | reset | swallow), latencyMs (milliseconds)", or that there are none. */
const sayOptions = (words: readonly OptionWords[]): string =>
  words.length === 0 ? "it has none" : `it has ${words.map(({ name, takes }) => `${name} (${takes})`).join(", ")}`;

/** What is wrong with these options, in a sentence; undefined: nothing. */
export function wrongOptions(fault: Pick<Fault, "name" | "options">, given: unknown): string | undefined {
  const parsed = fault.options.safeParse(given);
  if (parsed.success) return undefined;
  const issue = parsed.error.issues[0]!;
  const words = optionsOf(fault);
  if (issue.code === "unrecognized_keys") return `${fault.name} has no option "${issue.keys[0]}"; ${sayOptions(words)}`;
  const name = issue.path.map(String).join(".");
  const option = words.find((one) => one.name === issue.path[0]);
  if (option === undefined) return `options of ${fault.name}: ${name === "" ? "" : `${name}: `}${issue.message}; ${sayOptions(words)}`;
  return `option ${name} of ${fault.name} takes ${option.takes}: ${issue.message}`;
}
