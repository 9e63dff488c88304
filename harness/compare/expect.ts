/** `--expect "b < a"`: b loses less than a. */
import { FlounderError } from "../errors.js";
import type { Design } from "./shapes.js";

export function parseExpect(text: string, family: Design["family"]): NonNullable<Design["expect"]> {
  const [faster, slower, ...more] = text.split("<").map((word) => word.trim());
  const known = family.flatMap(({ a, b }) => [`"${a} < ${b}"`, `"${b} < ${a}"`]);
  if (!faster || !slower || more.length > 0)
    throw new FlounderError("usage", `--expect: "${text}" is not of the form "faster < slower"`, `write --expect ${known[0]}`);
  if (!family.some(({ a, b }) => (a === faster && b === slower) || (a === slower && b === faster)))
    throw new FlounderError("usage", `--expect: ${faster} and ${slower} are not a declared pair of this comparison`, `declared are ${known.join(", ")}`);
  return { faster, slower };
}
