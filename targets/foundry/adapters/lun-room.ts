/** Does a LUN take new bytes? Asked as any client would, over a connection of its own: SFTP draft 02, version 3. One file at the LUN's root is made empty, and gets a byte. */

import { connect } from "node:net";
import { answers, opening, pflags, requests } from "../contract/sftp.js";

const file = ".flounder-room";
const answerMs = 1500;

const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const string = (value: Buffer) => Buffer.concat([number(value.length), value]);
const packet = (...fields: readonly Buffer[]) => string(Buffer.concat(fields));
const type = (of: number) => Buffer.from([of]);

/** pflags write, create, truncate; no attributes. */
const open = packet(type(requests.open), number(1), string(Buffer.from(file)), number(pflags.write | pflags.create | pflags.truncate), number(0));
const write = (handle: Buffer) => packet(type(requests.write), number(2), string(handle), Buffer.alloc(8), string(Buffer.from("1")));
const close = (handle: Buffer) => packet(type(requests.close), number(3), string(handle));
const { version, status, handle } = answers;

/** `introduction` goes out first: past the proxies nobody says it for us. Rejects when it does not answer, or not with SFTP. */
export function takesBytes(at: { readonly host: string; readonly port: number }, introduction: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...at });
    let heard = Buffer.alloc(0);
    const end = (say: () => void) => {
      clearTimeout(late);
      socket.destroy();
      say();
    };
    const fail = (why: string) => () => end(() => reject(new Error(`${at.host}:${at.port} ${why}`)));
    const late = setTimeout(fail(`did not answer within ${answerMs} ms`), answerMs);
    socket.on("connect", () => socket.write(Buffer.concat([Buffer.from(introduction), opening])));
    socket.on("error", fail("is not there")).on("close", fail("hung up"));
    const take = (body: Buffer) => {
      const id = body.length >= 9 ? body.readUInt32BE(1) : 0;
      if (body[0] === version) socket.write(open);
      else if (body[0] === handle) {
        const given = body.subarray(9, 9 + body.readUInt32BE(5));
        socket.write(Buffer.concat([write(given), close(given)]));
      } else if (body[0] === status && id !== 3) end(() => resolve(body.readUInt32BE(5) === 0));
    };
    socket.on("data", (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
      while (heard.length >= 4 && heard.length >= 4 + heard.readUInt32BE(0)) {
        const size = heard.readUInt32BE(0);
        take(heard.subarray(4, 4 + size));
        heard = heard.subarray(4 + size);
      }
    });
  });
}
