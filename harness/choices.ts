/** What a target offers to choose from, as its topology reads it: a profile, and policies. What it does not offer is refused. */
import { FlounderError } from "./errors.js";

/** Of the shapes by profile, the one that was asked for. Throws FlounderError "usage". */
export function shapeOf<Shape>(shapes: Readonly<Record<string, Shape>>, profile: string): Shape {
  if (Object.hasOwn(shapes, profile)) return shapes[profile]!;
  throw new FlounderError("usage", `profile "${profile}" is unknown; there are ${Object.keys(shapes).join(", ")}`, "choose one of them with --profile");
}

/** Every policy with its choice: what was asked for, else the first. Throws FlounderError "usage" for a policy or a choice that there is not. */
export function chosenPolicies<Name extends string>(
  policies: Readonly<Record<Name, readonly string[]>>,
  asked: Readonly<Record<string, string>>,
): Readonly<Record<Name, string>> {
  for (const [name, value] of Object.entries(asked)) {
    const choices = Object.hasOwn(policies, name) ? policies[name as Name] : undefined;
    if (!choices)
      throw new FlounderError(
        "usage",
        `policy "${name}" is unknown; there are ${Object.keys(policies).join(", ")}`,
        "correct --policy, or foundation.policy of the scenario",
      );
    if (!choices.includes(value))
      throw new FlounderError(
        "usage",
        `policy ${name} is "${value}"; expected one of ${choices.join(", ")}`,
        "correct --policy, or foundation.policy of the scenario",
      );
  }
  return Object.fromEntries(Object.entries<readonly string[]>(policies).map(([name, choices]) => [name, asked[name] ?? choices[0]])) as Record<Name, string>;
}
