/**
 * Routes of the platform's own: whoever has them gets developers' passwords and tokens. The bus' permissions know subjects, and apps' routes come on the same
 * one; so a Cloud Controller signs what it says of these, and routers pass over what is not signed. A gorouter does not know the signature, and passes that over.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** The label of the key: Cloud Controllers' and routers'. */
export const systemRouteLabel = "system-routes";
export const systemHosts = (domain: string): readonly string[] => ["api", "uaa", "login"].map((host) => `${host}.${domain}`);

export type RouteVerb = "register" | "unregister";
export interface Said {
  readonly host: string;
  readonly port: number;
  readonly uris: readonly string[];
}

export const signature = (key: string, verb: RouteVerb, { host, port, uris }: Said): string =>
  createHmac("sha256", key)
    .update(JSON.stringify([verb, host, port, uris]))
    .digest("hex");

export function isSigned(key: string, verb: RouteVerb, said: Said, given: unknown): boolean {
  const wanted = Buffer.from(signature(key, verb, said));
  const brought = Buffer.from(typeof given === "string" ? given : "");
  return wanted.length === brought.length && timingSafeEqual(wanted, brought);
}
