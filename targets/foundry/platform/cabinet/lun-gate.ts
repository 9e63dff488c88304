/**
 * What stands between a LUN's clients and its disks: every request and answer takes its share of the cabinet's bandwidth, and requests that would change what is
 * kept may be refused or made to wait. full: nothing grows, as on a disk without a free block (new bytes and new folders are refused, and whoever asks is told that
 * there is no room; overwriting in place goes on).
 * stuck: whatever would change anything waits until it may, reading goes on.
 */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { Transform } from "node:stream";
import { answers, requests } from "../../contract/sftp.js";
import type { Bandwidth } from "./bandwidth.js";
import { asksForRoom, changes, Fields, Packets, refusal, withoutRoom } from "./sftp-packets.js";

/** One connection: from client to server, and back. */
export interface Gated {
  readonly toServer: Transform;
  readonly toClient: Transform;
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

export class LunGate {
  full = false;
  #stuck = false;
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly dir: string,
    readonly bandwidth: Bandwidth,
  ) {}

  get stuck(): boolean {
    return this.#stuck;
  }
  set stuck(to: boolean) {
    this.#stuck = to;
    if (!to) for (const go of [...this.#waiting]) go();
  }

  connection(): Gated {
    /** Paths of files that are being opened, by request; and of those that are open, by handle. */
    const opening = new Map<number, string>();
    const open = new Map<string, string>();
    /** Questions for the room that is left. */
    const rooms = new Set<number>();
    let held: Buffer[] = [];
    const toClient = this.#relay((packet) => {
      const fields = new Fields(packet);
      const type = fields.byte();
      if (type === answers.handle || type === answers.status) {
        const id = fields.number();
        const path = opening.get(id);
        if (path !== undefined && type === answers.handle) open.set(fields.string().toString("hex"), path);
        opening.delete(id);
        rooms.delete(id);
      }
      const room = type === answers.extended && rooms.delete(fields.number());
      toClient.push(room && this.full ? withoutRoom(packet) : packet);
    });
    const grows = (packet: Buffer): boolean => {
      const fields = new Fields(packet);
      const type = fields.byte();
      fields.number();
      if (type === requests.mkdir) return true;
      if (type !== requests.write) return false;
      const path = open.get(fields.string().toString("hex"));
      const offset = fields.long();
      return offset + fields.number() > (path === undefined ? 0 : sizeOf(resolve(this.dir, path)));
    };
    const pass = (packet: Buffer) => {
      const fields = new Fields(packet);
      const type = fields.byte();
      if (this.full && grows(packet)) return void toClient.push(refusal(packet.readUInt32BE(5), "No space left on device"));
      if (type === requests.open) opening.set(fields.number(), fields.string().toString());
      const room = asksForRoom(packet);
      if (room !== undefined) rooms.add(room);
      if (type === requests.close) {
        fields.number();
        open.delete(fields.string().toString("hex"));
      }
      toServer.push(packet);
    };
    const toServer = this.#relay((packet) => {
      if (this.#stuck && changes(packet)) held.push(packet);
      else pass(packet);
    });
    const go = () => {
      const waited = held;
      held = [];
      try {
        if (!toServer.destroyed) for (const packet of waited) pass(packet);
      } catch (error) {
        // One that is shorter than its type says ends its connection, as at any other time.
        toServer.destroy(error as Error);
      }
    };
    this.#waiting.add(go);
    toServer.once("close", () => this.#waiting.delete(go));
    return { toServer, toClient };
  }

  /** Whole packets, each piece of the stream when its turn on the cabinet's bandwidth has come. */
  #relay(take: (packet: Buffer) => void): Transform {
    const packets = new Packets();
    return new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        const go = () => {
          try {
            for (const packet of packets.feed(piece)) take(packet);
            done();
          } catch (error) {
            done(error as Error);
          }
        };
        const ms = this.bandwidth.take(piece.length, "clients");
        if (ms === 0) go();
        else setTimeout(go, ms);
      },
    });
  }
}
