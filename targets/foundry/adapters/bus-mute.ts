/** Subjects of the bus that nobody may publish on: a deny in nats-server's permissions, read anew at SIGHUP. Subscribing is never denied: that ends subscriptions for good. */

import { randomUUID } from "node:crypto";
import type { Addresses, Capabilities, Component, Host } from "../../../harness/core.js";
import { canaryHeader } from "../contract/canary.js";
import { busAddress, connected } from "./bus-witness.js";

/** The file that nats.conf includes; the platform's prepare step writes it once, muting nothing. */
const file = "muted.conf";
const heardMs = 500;

const denying = (patterns: readonly string[]) => `deny: ${JSON.stringify(patterns)}\n`;

/** As its file says: a server that does not answer reads it when it comes back. */
export async function isMuted(name: string, host: Host): Promise<boolean> {
  return (await host.read(name, file)).trim() !== denying([]).trim();
}

async function deny(name: string, host: Host, patterns: readonly string[]): Promise<void> {
  await host.write(name, file, denying(patterns));
  await host.signal(name, "SIGHUP");
}
export const unmute = (name: string, host: Host): Promise<void> => deny(name, host, []);

export function busSubjects({ name }: Component, addresses: Addresses, host: Host): Capabilities["subjects"] {
  return {
    mute: (patterns) => deny(name, host, patterns),
    unmute: () => unmute(name, host),
    /** The platform's components know the canary's header and say nothing of it. */
    async carries(pattern) {
      const connection = await connected(busAddress(name, addresses));
      const subject = pattern.replace(/[*>]/g, "canary");
      const canary = (await import("nats")).headers();
      canary.set(canaryHeader, randomUUID());
      return new Promise((resolve) => {
        const end = (heard: boolean) => {
          clearTimeout(late);
          subscription.unsubscribe();
          resolve(heard);
        };
        const late = setTimeout(() => end(false), heardMs);
        const subscription = connection.subscribe(subject, {
          callback: (_, message) => {
            if (message.headers?.get(canaryHeader) === canary.get(canaryHeader)) end(true);
          },
        });
        connection.publish(subject, "", { headers: canary });
      });
    },
  };
}
