/** Secrets of what the gateway makes: as many as there are instances and bindings, so they come from one that it is granted, not from the foundation's. */
import { createHmac } from "node:crypto";
import type { Secret } from "../base/secrets.js";

/** For this thing alone ("messaging-instance-<id>"), as 64 hex digits. */
export const ofId = (secret: Secret, thing: string): string => createHmac("sha256", secret("service-ids")).update(thing).digest("hex");
