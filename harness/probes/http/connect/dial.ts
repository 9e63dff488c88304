/**
 * Opens a TCP connection to the first of some addresses that answers (RFC 8305): one after the other, the next one as soon as one fails or after 250 ms,
 * and the first to connect wins.
 */
import { connect, type Socket } from "node:net";

/** RFC 8305 §5: the recommended Connection Attempt Delay. */
const attemptDelayMs = 250;

export interface Reading {
  readonly buffer: Buffer;
  callback(bytes: number): boolean;
}
export interface Dialled {
  readonly socket: Socket;
  readonly address: string;
  /** Of those that were tried before it. */
  readonly failed: readonly string[];
}
export interface Dial {
  /** Ends what is under way; nothing is called after that. */
  abort(): void;
  /** Those that were tried and have not answered. */
  waiting(): readonly string[];
}

/** Families by turns, the first one first (RFC 8305 §4). */
export function interleaved(addresses: readonly string[]): readonly string[] {
  const [six, four] = [addresses.filter((one) => one.includes(":")), addresses.filter((one) => !one.includes(":"))];
  if (six.length === 0 || four.length === 0) return addresses;
  const [first, second] = addresses[0]!.includes(":") ? [six, four] : [four, six];
  return Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [first[i], second[i]])
    .flat()
    .filter((one) => one !== undefined);
}

const open = (host: string, port: number, reading: Reading | undefined): Socket =>
  connect({ host, port, noDelay: true, ...(reading ? { onread: reading } : {}) });

/** The most there is, and the least that has to be watched: one address. */
function dialOne(
  address: string,
  port: number,
  reading: Reading | undefined,
  won: (dialled: Dialled) => void,
  failed: (error: NodeJS.ErrnoException, says: string) => void,
): Dial {
  const socket = open(address, port, reading);
  let over = false;
  const onError = (error: NodeJS.ErrnoException) => {
    if (over) return;
    over = true;
    failed(error, "");
  };
  socket.on("error", onError);
  socket.once("connect", () => {
    if (over) return;
    over = true;
    won({ socket, address, failed: [] });
    socket.off("error", onError);
  });
  return {
    abort() {
      over = true;
      socket.destroy();
    },
    waiting: () => [address],
  };
}

/** `reading` is called for the winner's bytes only. `failed` gets the first address' error when none is left. */
export function dial(
  addresses: readonly string[],
  port: number,
  reading: Reading | undefined,
  won: (dialled: Dialled) => void,
  failed: (error: NodeJS.ErrnoException, says: string) => void,
): Dial {
  if (addresses.length === 1) return dialOne(addresses[0]!, port, reading, won, failed);
  const trying = new Map<Socket, string>();
  const said: string[] = [];
  let firstError: NodeJS.ErrnoException | undefined;
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  let next = 0;
  const end = () => {
    over = true;
    clearTimeout(timer);
  };
  const start = () => {
    clearTimeout(timer);
    const address = addresses[next++];
    if (address === undefined) return;
    const socket = open(address, port, reading);
    trying.set(socket, address);
    const onError = (error: NodeJS.ErrnoException) => {
      trying.delete(socket);
      if (over) return;
      firstError ??= error;
      said.push(`${address}: ${error.code ?? error.message}`);
      if (next < addresses.length) start();
      else if (trying.size === 0) {
        end();
        failed(firstError, addresses.length > 1 ? said.join(", ") : "");
      }
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      if (over) return;
      end();
      trying.delete(socket);
      socket.off("error", onError);
      const silent = [...trying.values()].map((one) => `${one}: no answer`);
      for (const other of trying.keys()) other.on("error", () => {}).destroy();
      trying.clear();
      won({ socket, address, failed: [...said, ...silent] });
    });
    if (next < addresses.length) timer = setTimeout(start, attemptDelayMs);
  };
  start();
  return {
    abort() {
      end();
      for (const socket of trying.keys()) socket.on("error", () => {}).destroy();
      trying.clear();
    },
    waiting: () => [...trying.values()],
  };
}
