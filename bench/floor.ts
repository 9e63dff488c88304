/**
 * The floor under any prober in Node: asks at a rate on raw sockets and counts answers. It stamps, checks and stores nothing, and its schedule is as good as
 * timers of whole milliseconds are. What it costs, nobody here can do without. node floor.js URL RATE SECONDS kept|fresh → {"completed":N}
 */
import { connect, type Socket } from "node:net";
import { nowUs } from "../harness/clock.js";

const [url = "", rate, seconds, connection] = process.argv.slice(2);
const { hostname: host, port, host: name } = new URL(url);
const kept = connection === "kept";
const request = Buffer.from(`GET / HTTP/1.1\r\nhost: ${name}\r\n${kept ? "" : "connection: close\r\n"}\r\n`);
const periodUs = 1e6 / Number(rate);
const connectionsMax = 256;
const idle: Socket[] = [];
let open = 0;
let completed = 0;

function ask(): void {
  const free = idle.pop();
  if (free) return void free.write(request);
  if (open >= connectionsMax) return; // not asked, and so not completed
  open++;
  const onread = {
    buffer: Buffer.allocUnsafe(16384),
    callback: () => {
      completed++;
      if (kept) idle.push(socket);
      else socket.destroy();
      return true;
    },
  };
  const socket = connect({ host, port: Number(port), noDelay: true, onread }, () => socket.write(request));
  socket.on("error", () => socket.destroy()).on("close", () => open--);
}

let dueUs = nowUs() + 10_000;
const endUs = dueUs + Number(seconds) * 1e6;
function step(): void {
  const now = nowUs();
  for (; dueUs <= now; dueUs += periodUs) ask();
  if (nowUs() < endUs) setTimeout(step, (dueUs - now) / 1000);
  else
    setTimeout(() => {
      console.log(JSON.stringify({ completed }));
      process.exit(0);
    }, 200);
}
step();
