/** SFTP packets as the gate before a LUN reads them: a broken one throws and ends its connection, none is read past its end. */
import fc from "fast-check";
import { asksForRoom, changes, Packets, withoutRoom } from "../targets/foundry/platform/cabinet/sftp-packets.js";
import { type Fuzz, mutated, sampled, withEach } from "./fuzz.js";

const string = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("posix-rename@openssh.com", "hardlink@openssh.com", "/", "")).map((text) => {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(bytes.length);
  return Buffer.concat([head, bytes]);
});
const packet = fc
  .tuple(fc.constantFrom(1, 3, 4, 5, 6, 9, 10, 11, 13, 14, 15, 18, 20, 200, 255), fc.nat(), fc.array(string, { maxLength: 3 }), fc.nat(63))
  .map(([type, id, strings, flags]) => {
    const [head, tail] = [Buffer.alloc(9), Buffer.alloc(8)];
    tail.writeUInt32BE(flags);
    const whole = Buffer.concat([head, ...strings, tail]);
    whole.writeUInt32BE(whole.length - 4, 0);
    whole.writeUInt8(type, 4);
    whole.writeUInt32BE(id >>> 0, 5);
    return whole;
  });
const inputs = fc.tuple(mutated(fc.array(packet, { minLength: 1, maxLength: 4 }).map((all) => Buffer.concat(all))), fc.integer({ min: 1, max: 50 }));

export default {
  name: "sftp",
  says: "SFTP packets at the gate before a LUN",
  async run(seed, count) {
    await withEach(sampled(inputs, seed, count), 1, async ([bytes, step]) => {
      const packets = new Packets();
      for (let at = 0; at < bytes.length; at += step) {
        let whole: readonly Buffer[];
        try {
          whole = packets.feed(bytes.subarray(at, at + step));
        } catch (error) {
          if (!/is no SFTP/.test((error as Error).message)) throw error;
          return;
        }
        for (const one of whole) {
          if (one.readUInt32BE(0) + 4 !== one.length) throw new Error("a packet was cut in the wrong place");
          try {
            changes(one);
            if (asksForRoom(one) !== undefined) withoutRoom(one);
          } catch (error) {
            // What is too short for its type.
            if (!(error instanceof RangeError)) throw error;
          }
        }
      }
    });
  },
} satisfies Fuzz;
