/** Capabilities of a cabinet over its admin port: `content`, `room`, and `power` with the look from elsewhere that its witness needs: does each LUN answer? */

import { connect } from "node:net";
import type { Addresses, Call, Capabilities, Component } from "../../../harness/core.js";
import { opening } from "../contract/sftp.js";
import { takesBytes } from "./lun-room.js";

const answerMs = 1000;
/** SFTP draft 02: SSH_FXP_INIT (1) with version 3 is answered with SSH_FXP_VERSION (2). */
const isVersion = (bytes: Buffer) => bytes.length >= 5 && bytes[4] === 2;

/** What a cabinet hears first from who asks it past the proxies. */
const introductionTo = (cabinet: string, addresses: Addresses): string => `FLOUNDER ${addresses.secret(`sftp:${cabinet}`)}\n`;

function answers(at: { readonly host: string; readonly port: number }, introduction: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...at });
    let heard = Buffer.alloc(0);
    const end = (answered: boolean) => {
      clearTimeout(late);
      socket.destroy();
      resolve(answered);
    };
    const late = setTimeout(() => end(false), answerMs);
    socket.once("connect", () => socket.write(Buffer.concat([Buffer.from(introduction), opening])));
    socket.on("error", () => end(false)).on("close", () => end(false));
    socket.on("data", (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
      if (heard.length >= 5) end(isVersion(heard));
    });
  });
}

export const lunPorts = (component: Component): readonly string[] => Object.keys(component.ports).filter((port) => /^lun-\d+$/.test(port));

export const cabinetContent = ({ name }: Component, call: Call): Capabilities["content"] => ({
  async corrupt(percent, seed) {
    await call(name, "/content/corrupt", { percent, seed });
  },
  async restore() {
    await call(name, "/content/restore", {});
  },
  whole: async () => ((await call(name, "/content")) as { lying: readonly string[] }).lying.length === 0,
});

export function cabinetRoom(component: Component, call: Call, addresses: Addresses): Capabilities["room"] {
  const { name } = component;
  return {
    async fill(luns, seed) {
      await call(name, "/room/fill", { luns, seed });
    },
    async free() {
      await call(name, "/room/free", {});
    },
    async takes() {
      const each = await Promise.all(lunPorts(component).map((lun) => takesBytes(addresses.direct(name, lun), introductionTo(name, addresses))));
      return each.every(Boolean) ? "all" : each.some(Boolean) ? "some" : "none";
    },
  };
}

export function cabinetPower(component: Component, call: Call, addresses: Addresses): Capabilities["power"] {
  const { name } = component;
  return {
    async brownOut(supply, flickerS, seed = 0) {
      await call(name, "/power/brown-out", { supply, flickerS, seed });
    },
    async restore() {
      await call(name, "/power/restore", {});
    },
    async steady() {
      const { state } = (await call(name, "/power")) as { state: string };
      if (state !== "steady") return false;
      return (await Promise.all(lunPorts(component).map((lun) => answers(addresses.direct(name, lun), introductionTo(name, addresses))))).every(Boolean);
    },
  };
}
