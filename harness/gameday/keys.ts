/** Who may come in: one secret per game, the links' tokens and the join code derived from it, and cookies that it signs. Nothing needs to be kept for a server that is started again. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Viewer } from "./game.js";
import { type Role, role, seat } from "./protocol.js";

export const newSecret = (): string => randomBytes(32).toString("hex");

const derived = (secret: string, label: string): Buffer => createHmac("sha256", secret).update(label).digest();
/** In the fragment of that role's link. */
export const tokenOf = (secret: string, of: Role): string => derived(secret, `token ${of}`).subarray(0, 24).toString("base64url");

/** Without letters and digits that look alike. */
const letters = "abcdefghjkmnpqrstuvwxyz23456789";
/** What players type where they have no link: nine letters, 44 bits; joining is limited in rate. */
export const codeOf = (secret: string): string => [...derived(secret, "code").subarray(0, 9)].map((byte) => letters[byte % letters.length]).join("");

const equal = (a: string, b: string): boolean => {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
};
/** Does this key open that role's door? The join code is the players' alone. */
export function opens(secret: string, of: Role, key: string, withCode: boolean): boolean {
  const byToken = equal(key, tokenOf(secret, of));
  const byCode = withCode && of === "player" && equal(key.toLowerCase().replace(/[\s-]/g, ""), codeOf(secret));
  return byToken || byCode;
}

const viewer = z.strictObject({ role, name: z.string(), seat: seat.optional() });
const signed = (secret: string, text: string): string => derived(secret, `cookie ${text}`).toString("base64url");

/** One per role, so that one browser may hold a tab of each. */
export const cookieName = (gameId: string, of: Role): string => `flounder-${gameId}-${of}`;
export function cookieValue(secret: string, who: Viewer): string {
  const text = Buffer.from(JSON.stringify(who)).toString("base64url");
  return `${text}.${signed(secret, text)}`;
}
/** Undefined for what this game has not signed, or not for that role. */
export function viewerOf(secret: string, value: string | undefined, of: Role): Viewer | undefined {
  const [text = "", signature = "", ...more] = (value ?? "").split(".");
  if (more.length > 0 || !equal(signature, signed(secret, text))) return undefined;
  const found = viewer.safeParse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  return found.success && found.data.role === of ? found.data : undefined;
}
