/** Where round robin starts: chance from a word, so that a foundation behaves the same with the same seed. */
import { createHash } from "node:crypto";

/** Numbers in [0, 1), the same ones for the same word (mulberry32). */
export function chanceOf(word: string): () => number {
  let state = createHash("sha256").update(word).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
