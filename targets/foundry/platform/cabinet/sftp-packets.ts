/** SFTP version 3 (draft-ietf-secsh-filexfer-02) as far as a gate in its way must read it: each packet is a length of 4 bytes, a type, and what belongs to it. */
import { answers, pflags, requests } from "../../contract/sftp.js";

/** In pflags of an OPEN: makes the file, or makes it empty. */
const creates = pflags.create | pflags.truncate;
/** SSH_FX_FAILURE: this version has no word for a full disk, and OpenSSH's server says the same for ENOSPC. */
const failure = 4;
const maxBytes = 2 ** 20;
const header = 4;

/** Cuts a stream into whole packets, length included. Throws at what cannot be SFTP. */
export class Packets {
  #rest: Buffer = Buffer.alloc(0);

  feed(piece: Buffer): Buffer[] {
    let left = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const whole: Buffer[] = [];
    while (left.length >= header) {
      const size = header + left.readUInt32BE(0);
      if (size > maxBytes || size === header) throw new Error(`a packet of ${size} bytes is no SFTP`);
      if (left.length < size) break;
      whole.push(left.subarray(0, size));
      left = left.subarray(size);
    }
    this.#rest = left;
    return whole;
  }
}

/** Reads a packet's fields one after the other. */
export class Fields {
  #at = header;
  constructor(readonly packet: Buffer) {}
  byte(): number {
    return this.packet.readUInt8(this.#at++);
  }
  number(): number {
    this.#at += 4;
    return this.packet.readUInt32BE(this.#at - 4);
  }
  long(): number {
    this.#at += 8;
    return Number(this.packet.readBigUInt64BE(this.#at - 8));
  }
  string(): Buffer {
    const size = this.number();
    this.#at += size;
    return this.packet.subarray(this.#at - size, this.#at);
  }
}

/** OpenSSH's extension: how much room there is. */
const statvfs = "statvfs@openssh.com";
/** The id of a request for the room that is left; undefined: it is another one. */
export function asksForRoom(packet: Buffer): number | undefined {
  const fields = new Fields(packet);
  if (fields.byte() !== requests.extended) return undefined;
  const id = fields.number();
  return fields.string().toString() === statvfs ? id : undefined;
}
/** Blocks that are free, and free for those who are not root: 64 bits each, behind the type, the id, and three others (f_bsize, f_frsize, f_blocks). */
const freeBlocksAt = header + 1 + 4 + 3 * 8;
/** The same answer, of a disk without a free block. */
export function withoutRoom(packet: Buffer): Buffer {
  const full = Buffer.from(packet);
  return full.fill(0, freeBlocksAt, freeBlocksAt + 2 * 8);
}

/** Would this request change what is kept? */
export function changes(packet: Buffer): boolean {
  const fields = new Fields(packet);
  const type = fields.byte();
  if (type === requests.open) {
    fields.number();
    fields.string();
    return (fields.number() & creates) !== 0;
  }
  if (type === requests.extended) {
    fields.number();
    return /^(posix-rename|hardlink)@/.test(fields.string().toString());
  }
  const { write, setstat, fsetstat, remove, mkdir, rmdir, rename, symlink } = requests;
  return [write, setstat, fsetstat, remove, mkdir, rmdir, rename, symlink].includes(type);
}

/** The answer to a request that failed. */
export function refusal(id: number, why: string): Buffer {
  const text = Buffer.from(why);
  const packet = Buffer.alloc(header + 1 + 4 + 4 + 4 + text.length + 4);
  packet.writeUInt32BE(packet.length - header, 0);
  packet.writeUInt8(answers.status, 4);
  packet.writeUInt32BE(id, 5);
  packet.writeUInt32BE(failure, 9);
  packet.writeUInt32BE(text.length, 13);
  text.copy(packet, 17);
  return packet;
}
