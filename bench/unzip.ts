/** The whole lines of gzip members, also if the last one was cut. */
import { constants, gunzipSync } from "node:zlib";

export function unzipLines(packed: Buffer): string[] {
  if (packed.length === 0) return [];
  const lines = gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH }).toString("utf8").split("\n");
  lines.pop(); // empty, or what a cut left of a line
  return lines;
}
