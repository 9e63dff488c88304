/** Passwords as the CCDB keeps them. */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify<string, string, number, { N: number }, Buffer>(scrypt);
/** Cheap on purpose: the passwords are derived from a 256-bit secret, and login is measured several times a second. */
const cost = { N: 1024 };

export async function hashPassword(password: string): Promise<{ readonly salt: string; readonly hash: string }> {
  const salt = randomBytes(16).toString("hex");
  return { salt, hash: (await derive(password, salt, 32, cost)).toString("hex") };
}

export async function isPassword(password: string, kept: { readonly salt: string; readonly password_hash: string }): Promise<boolean> {
  return timingSafeEqual(await derive(password, kept.salt, 32, cost), Buffer.from(kept.password_hash, "hex"));
}
