/** From a schema of what is read from disk or a socket to its type: each shape is written once. */
import type { z } from "zod";

/** What a schema lets through, as a type: read-only, and an optional field is absent, never undefined. */
export type Shape<S extends z.ZodType> = Fixed<z.infer<S>>;
type Fixed<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer E)[]
    ? readonly Fixed<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Fixed<Exclude<T[K], undefined>> }
      : T;

/** Zod's first complaint as "where: what". Of what may be one of several shapes, the one that fits best. */
export const firstIssue = (error: z.ZodError): string => {
  const issue = error.issues[0]!;
  // None where the field that tells the shapes apart is itself no good.
  const [nearest] = issue.code === "invalid_union" ? ([...issue.errors].sort((a, b) => a.length - b.length)[0] ?? []) : [];
  const path = [...issue.path, ...(nearest?.path ?? [])];
  return `${path.join(".") || "the whole"}: ${(nearest ?? issue).message}`;
};

/** The value, as it was read: fields that a schema does not know are kept. Throws an Error that says what is wrong with it first. */
export function shaped<S extends z.ZodType>(schema: S, value: unknown): Shape<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Error(firstIssue(parsed.error));
  return value as Shape<S>;
}
