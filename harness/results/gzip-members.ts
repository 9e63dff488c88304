/**
 * Reads a file of gzip members that several processes appended to, each member in one write. A process that is killed within such a write leaves a
 * part of a member, and the others go on behind it: each part gives what can be had of it, and everything else is read as if it were not there.
 */
import { constants, gunzipSync } from "node:zlib";

/** How each member begins that Node's zlib packed: magic, deflate, no name, no time (RFC 1952). Eight bytes hardly ever stand anywhere else by chance. */
const beginning = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);

export interface Unpacked {
  /** Whole lines, each with its newline. */
  readonly text: string;
  /** How many members were cut; `atEnd`: the last one is among them. */
  readonly cuts: number;
  readonly atEnd: boolean;
}

/** Throws zlib's error for what is damaged and not just cut. */
export function unpackMembers(packed: Buffer): Unpacked {
  if (packed.length === 0) return { text: "", cuts: 0, atEnd: false };
  const whole = gunzipWhole(packed);
  if (whole !== undefined) {
    const text = wholeLines(whole);
    const cut = text.length < whole.length;
    return { text, cuts: cut ? 1 : 0, atEnd: cut };
  }
  const pieces = split(packed).map((piece) => {
    const text = gunzipWhole(piece);
    if (text !== undefined) return { text: wholeLines(text), cut: false };
    return { text: wholeLines(gunzipSync(piece, { finishFlush: constants.Z_SYNC_FLUSH }).toString("utf8")), cut: true };
  });
  return { text: pieces.map(({ text }) => text).join(""), cuts: pieces.filter(({ cut }) => cut).length, atEnd: pieces.at(-1)!.cut };
}

/** undefined for what ends within a member. What follows a member and begins no other one is passed over by zlib in silence: here it counts as such an end. */
function gunzipWhole(packed: Buffer): string | undefined {
  try {
    // With `info` both are returned; Node's types know only the buffer.
    const { buffer, engine } = gunzipSync(packed, { info: true }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
    return engine.bytesWritten === packed.length ? buffer.toString("utf8") : undefined;
  } catch (error) {
    if (["Z_BUF_ERROR", "Z_DATA_ERROR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function split(packed: Buffer): Buffer[] {
  const starts = [0];
  for (let at = packed.indexOf(beginning, 1); at !== -1; at = packed.indexOf(beginning, at + 1)) starts.push(at);
  return starts.map((start, i) => packed.subarray(start, starts[i + 1]));
}

const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf("\n") + 1);
