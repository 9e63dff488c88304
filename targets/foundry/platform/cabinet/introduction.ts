/**
 * SFTP has no word for who asks: on a network the client is known by ssh, which is not here. So whoever connects says a secret line first, as the foundation's
 * proxies do for its components ("FLOUNDER", a blank, 64 hex digits, a newline). Who says anything else, or nothing, is hung up on without a word.
 */
import { timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";

const patienceMs = 5000;

/** `known` gets what came behind the line; it is called once, or never. */
export function introduced(socket: Socket, secret: string, known: (rest: Buffer) => void): void {
  const wanted = Buffer.from(`FLOUNDER ${secret}\n`);
  let said: Buffer = Buffer.alloc(0);
  const late = setTimeout(() => socket.destroy(), patienceMs);
  const hear = (piece: Buffer) => {
    said = Buffer.concat([said, piece]);
    const begun = Math.min(said.length, wanted.length);
    const right = timingSafeEqual(said.subarray(0, begun), wanted.subarray(0, begun));
    // One wrong byte is enough; how many were right is not told by when.
    if (!right && said.length >= wanted.length) return void socket.destroy();
    if (said.length < wanted.length) return;
    clearTimeout(late);
    socket.off("data", hear);
    socket.pause();
    known(said.subarray(wanted.length));
  };
  socket.on("data", hear);
  socket.once("close", () => clearTimeout(late));
}
