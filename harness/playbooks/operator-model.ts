/**
 * The person who plays a playbook, as a model: how long each step is waited for, and what goes wrong with it. All of it is drawn while planning.
 * The figures are ours, not measured ones: what a comparison concludes is to be tried at other delays, and with another operator.
 */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { slips } from "../core/recovery.js";
import { firstIssue } from "../core/shape.js";
import type { OperatorModel, PlannedSlip, Slip } from "../core.js";
import { FlounderError } from "../errors.js";
import type { Random } from "../random.js";

/** Delays as playbooks say, log-normal about their medians; nothing goes wrong. */
export const usual: OperatorModel = { name: "usual", delays: 1, sigma: 0.25, slips: {} };
const models: Readonly<Record<string, OperatorModel>> = {
  usual,
  careful: {
    name: "careful",
    delays: 1.3,
    sigma: 0.2,
    slips: { "wrong-target": 0.002, "wrong-step": 0.002, skipped: 0.002, repeated: 0.005, "wrong-terminal": 0.001 },
  },
  tired: { name: "tired", delays: 1.5, sigma: 0.5, slips: { "wrong-target": 0.03, "wrong-step": 0.03, skipped: 0.05, repeated: 0.05, "wrong-terminal": 0.04 } },
};

const probability = z.number().min(0).max(1);
const file = z
  .strictObject({
    name: z.string().min(1),
    delays: z.number().positive().default(1),
    sigma: z.number().nonnegative().max(3).default(0.25),
    slips: z
      .strictObject(Object.fromEntries(slips.map((slip) => [slip, probability.optional()])) as Record<Slip, z.ZodOptional<typeof probability>>)
      .default({}),
  })
  .refine(({ slips: each }) => Object.values(each).reduce<number>((sum, p) => sum + (p ?? 0), 0) <= 1, {
    message: "expected probabilities of at most 1 in all",
    path: ["slips"],
  });

/** By its name, or from a JSON file. */
export function operatorModel(nameOrPath: string): OperatorModel {
  const known = Object.hasOwn(models, nameOrPath) ? models[nameOrPath] : undefined;
  if (known) return known;
  if (!nameOrPath.endsWith(".json") || !existsSync(nameOrPath))
    throw new FlounderError(
      "usage",
      nameOrPath.endsWith(".json")
        ? `operator file ${nameOrPath} does not exist`
        : `operator "${nameOrPath}" is unknown; there are ${Object.keys(models).join(", ")}`,
      "name one of them, or give a JSON file: docs/playbooks.md",
    );
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(nameOrPath, "utf8"));
  } catch (error) {
    throw new FlounderError("usage", `operator file ${nameOrPath} is not JSON: ${(error as Error).message}`, "docs/playbooks.md has one");
  }
  const parsed = file.safeParse(data);
  if (!parsed.success) throw new FlounderError("usage", `operator file ${nameOrPath}: ${firstIssue(parsed.error)}`, "docs/playbooks.md has one");
  return parsed.data as OperatorModel;
}

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Seconds before a step. Log-normal: people are seldom much faster than usual, and sometimes much slower. */
export const delayS = (medianS: number, { delays, sigma }: OperatorModel, random: Random): number => {
  // Drawn for each step, asked or not, so that a delay which is added leaves the others as they were.
  const factor = Math.exp(sigma * normal(random));
  return Math.round(medianS * delays * factor * 1000) / 1000;
};

/** What goes wrong with a step, if anything does. Draws nothing where nothing can. */
export function slipOf({ slips: each }: OperatorModel, random: Random): PlannedSlip | undefined {
  if (Object.values(each).every((p) => !p)) return undefined;
  const [at, draw] = [random(), Math.round(random() * 1e6) / 1e6];
  let sum = 0;
  for (const kind of slips) {
    sum += each[kind] ?? 0;
    if (at < sum) return { kind, draw };
  }
  return undefined;
}
