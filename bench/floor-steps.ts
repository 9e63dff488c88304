/**
 * The floor under a run's sample in Node: a name asked for on a socket that is kept, then two requests on one fresh connection. It stamps, checks and stores
 * nothing, its schedule is one of whole milliseconds, and its time-outs are missing. node floor-steps.js PORT RATE SECONDS → {"cpuUs":N}, of one sample
 */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import dns from "dns-packet";

const [port, rateHz, seconds] = process.argv.slice(2).map(Number) as [number, number, number];
const host = "127.0.0.1";
const query = dns.encode({ type: "query", id: 1, flags: dns.RECURSION_DESIRED, questions: [{ type: "A", name: "app.test" }] });
const request = Buffer.from("GET /first HTTP/1.1\r\nhost: app.test\r\n\r\n");
const buffer = Buffer.allocUnsafe(16_384);
const warmUpMs = 1000;
let done = 0;

const waiting: (() => void)[] = [];
const names = createSocket("udp4").on("message", () => waiting.shift()?.());
await new Promise<void>((resolve) => names.connect(port, host, resolve));

function ask(): void {
  let answers = 0;
  const callback = () => {
    if (++answers === 1) socket.write(request);
    else {
      socket.destroy();
      done++;
    }
    return true;
  };
  const socket = connect({ host, port, noDelay: true, onread: { buffer, callback } }, () => socket.write(request));
  socket.on("error", () => socket.destroy());
}

const periodMs = 1000 / rateHz;
const beginMs = performance.now();
const endMs = beginMs + warmUpMs + 1000 * seconds;
let sent = 0;
let before = { cpu: process.cpuUsage(), done };
setTimeout(() => {
  before = { cpu: process.cpuUsage(), done };
}, warmUpMs);
function step(): void {
  const now = performance.now();
  for (; beginMs + sent * periodMs <= now; sent++) {
    waiting.push(ask);
    names.send(query);
  }
  if (now < endMs) setTimeout(step, beginMs + sent * periodMs - now);
  else
    setTimeout(() => {
      const { user, system } = process.cpuUsage(before.cpu);
      console.log(JSON.stringify({ cpuUs: (user + system) / (done - before.done) }));
      process.exit(0);
    }, 200);
}
step();
