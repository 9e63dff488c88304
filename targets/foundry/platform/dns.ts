/** An authoritative name server of the foundation's zones, external and internal, over UDP and TCP on PORT_DNS. */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { admin, ready } from "./base/admin.js";
import { config } from "./base/config.js";
import { onEnd } from "./base/end.js";
import { HostNames } from "./base/host-names.js";
import { configRoutes } from "./base/kept-config.js";
import { log } from "./base/log.js";
import { answer } from "./dns/answer.js";
import { parts, zones } from "./dns/zone.js";

/** A TCP client that asks nothing for so long is dropped. */
const idleMs = 10_000;

const own = config();
const port = own.port("dns");
const listed = (variable: string) => (process.env[variable] ? process.env[variable].split(",") : undefined);
const kept = zones(own, listed("FRONT_ADDRESSES") ?? [own.bindHost], listed("COMPONENTS") ?? []);

onEnd(() => {});
await admin({ ...configRoutes(kept, { parts, apply: () => {} }), "GET /zone": () => kept.running.zones });

const names = new HostNames();
const ask = (octets: Buffer, over: "udp" | "tcp") => answer(kept.running, octets, over, (host) => names.addresses(host));

const udp = createSocket("udp4");
udp.on("message", async (octets, from) => {
  const said = await ask(octets, "udp");
  if (said) udp.send(said, from.port, from.address);
});

const tcp = createServer({ allowHalfOpen: true }, (socket) => {
  let pending = Buffer.alloc(0);
  let last: Promise<unknown> = Promise.resolve();
  /** In the order of the questions, though a host name may keep one waiting. */
  const say = (said: Promise<Buffer | undefined>) => {
    last = Promise.all([said, last]).then(([octets]) => {
      if (!octets) return socket.destroy();
      const head = Buffer.alloc(2);
      head.writeUInt16BE(octets.length);
      return socket.write(Buffer.concat([head, octets]));
    });
  };
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on("end", () => void last.finally(() => socket.end()));
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    // Each message comes after its length in two octets; several may come on one connection.
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const length = pending.readUInt16BE(0);
      say(ask(pending.subarray(2, 2 + length), "tcp"));
      pending = pending.subarray(2 + length);
    }
  });
});

await Promise.all([
  new Promise<void>((resolve, reject) => {
    udp.once("error", reject).bind(port, own.bindHost, resolve);
  }),
  new Promise<void>((resolve, reject) => {
    tcp.once("error", reject).listen(port, own.bindHost, resolve);
  }),
]);
udp.removeAllListeners("error").on("error", (error) => log.error({ err: error }, "udp"));
ready();
