/** For whom is let in while nobody is behind. */
import type { Socket } from "node:net";

/** For a client that does not hang up in turn. */
const lingerMs = 5000;

/** Hung up on, not reset, so that it differs from a rejection: what was sent is read first, or the kernel would reset all the same. */
export function hangUp(client: Socket): void {
  client
    .setTimeout(lingerMs, () => client.destroy())
    .resume()
    .end();
}
