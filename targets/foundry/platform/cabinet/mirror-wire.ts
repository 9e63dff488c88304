/** What a copier says to a mirror store: one request per connection. Blobs go as they are read, piece by piece at their own pace: no process holds a whole one, and none takes the cabinet's bandwidth for itself. */

import { open } from "node:fs/promises";
import { request } from "node:http";
import { Readable } from "node:stream";
import { mirrorLabel } from "../../contract/secrets.js";
import { type Address, config } from "../base/config.js";
import { sleep } from "../base/until.js";
import type { Bandwidth } from "./bandwidth.js";

/** For an answer; of a blob that goes in a stream: since its last piece was taken. */
const timeoutMs = 3000;
export const pieceBytes = 32 * 1024;

/** A blob on its way. */
export interface Stream {
  readonly bytes: number;
  readonly pieces: AsyncIterable<Buffer>;
}

/** A file in pieces, each when its turn on the cabinet's bandwidth has come, and none faster than bytesPerS. Throws if `stopped` says so in between. */
export async function* paced(path: string, bandwidth: Bandwidth, stopped: () => boolean, bytesPerS = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  const file = await open(path, "r");
  try {
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes);
      if (bytesRead === 0) return;
      if (stopped()) throw new Error("interrupted");
      await bandwidth.pass(bytesRead, "mirrors");
      yield buffer.subarray(0, bytesRead);
      if (bytesPerS < Number.POSITIVE_INFINITY) await sleep((1000 * bytesRead) / bytesPerS);
    }
  } finally {
    await file.close();
  }
}

export function send(
  peer: Address,
  method: "GET" | "PUT" | "POST" | "DELETE",
  path: string,
  body?: Buffer | Stream,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const stream = body === undefined || Buffer.isBuffer(body) ? undefined : body;
    const headers = { authorization: `Bearer ${config().secret(mirrorLabel)}`, ...(stream ? { "content-length": stream.bytes } : {}) };
    const asked = request({ ...peer, method, path, agent: false, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.once("end", () => {
        done(() => resolve({ status: answer.statusCode ?? 0, text }));
        if (!asked.writableEnded) asked.destroy(); // it wants no more of it
      });
      answer.once("error", (error) => done(() => reject(error)));
    });
    const tooLate = () => asked.destroy(new Error(`no answer within ${timeoutMs} ms`));
    let late = setTimeout(tooLate, timeoutMs);
    const done = (then: () => void) => {
      clearTimeout(late);
      then();
    };
    asked.once("error", (error) => done(() => reject(error)));
    if (!stream) return void asked.end(body as Buffer | undefined);
    const from = Readable.from(stream.pieces, { objectMode: false, highWaterMark: pieceBytes });
    from.on("data", () => {
      clearTimeout(late);
      late = setTimeout(tooLate, timeoutMs);
    });
    from.on("error", (error) => asked.destroy(error));
    asked.once("close", () => from.destroy());
    from.pipe(asked);
  });
}
