/**
 * DEAs fetch droplets over the API's port, which is everybody's, with basic auth as in 2011: user and password are part of the address that a start message
 * carries. The password opens one droplet alone, so a DEA needs no secret of its own.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { config } from "../../base/config.js";

const user = "dea";
/** The label of the key. */
export const dropletLabel = "droplets";
const passwordOf = (key: string, app: string, sha1: string): string => createHmac("sha256", key).update(`${app}/${sha1}`).digest("hex");

/** Where a DEA gets it. */
export function dropletUri(app: string, sha1: string): string {
  const { host, port } = config().advertise("api");
  return `http://${user}:${passwordOf(config().secret(dropletLabel), app, sha1)}@${host}:${port}/staged_droplets/${app}/${sha1}`;
}
/** What whoever fetches it must send. */
export const dropletAuthorization = (key: string, app: string, sha1: string): string =>
  `Basic ${Buffer.from(`${user}:${passwordOf(key, app, sha1)}`).toString("base64")}`;

export function mayFetch(authorization: string | undefined, app: string, sha1: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(authorization ?? ""), digest(dropletAuthorization(config().secret(dropletLabel), app, sha1)));
}
