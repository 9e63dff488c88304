/**
 * Each end shows the other that it knows the foundation's token, and neither ever sends it: an answer to the other's question, which is new each time, made with the
 * token. Role, foundation and both questions are bound in, so that no answer can be used as another one.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export type Role = "keeper" | "client";
export const question = (): string => randomBytes(32).toString("hex");

export const proof = (token: string, role: Role, id: string, keepers: string, clients: string): string =>
  createHmac("sha256", token)
    .update(JSON.stringify(["flounder keeper 1", role, id, keepers, clients]))
    .digest("hex");

export function proves(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}
