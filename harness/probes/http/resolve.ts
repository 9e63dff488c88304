/** Asks given DNS servers for the IPv4 addresses of a name: UDP, TCP when the answer was cut (RFC 1035 §4.2), the next server after a short time-out. */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import dns from "dns-packet";
import { type Outcome, ProbeFailure } from "../../core.js";

/** How long one server is waited for. Stub resolvers wait 5 s; a prober has to stay within its deadlines. */
const serverTimeoutMs = 300;
const rounds = 2;

/** `servers` are host:port. Rejects with ProbeFailure "dns"; an abort rejects at once. */
export async function resolveAt(servers: readonly string[], name: string, signal: AbortSignal): Promise<string[]> {
  if (servers.length === 0) throw new ProbeFailure("dns", `no resolver for ${name}`);
  let says = "";
  for (let turn = 0; turn < rounds * servers.length; turn++) {
    const server = servers[turn % servers.length]!;
    try {
      const answer = await ask(server, name, signal);
      if (answer.rcode === "NOERROR") {
        const addresses = (answer.answers ?? []).flatMap((record) => (record.type === "A" ? [record.data] : []));
        if (addresses.length > 0) return addresses;
        throw new ProbeFailure("dns", `${server} has no address for ${name}`);
      }
      if (answer.rcode === "NXDOMAIN") throw new ProbeFailure("dns", `${server}: NXDOMAIN`);
      says = `${server}: ${answer.rcode}`;
    } catch (error) {
      if (error instanceof ProbeFailure || signal.aborted) throw error;
      says = `${server}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`;
    }
  }
  throw new ProbeFailure("dns", says);
}

type Answer = dns.DecodedPacket & { readonly rcode: string };

async function ask(server: string, name: string, signal: AbortSignal): Promise<Answer> {
  const at = server.lastIndexOf(":");
  const [host, port] = at < 0 ? [server, 53] : [server.slice(0, at).replace(/^\[|\]$/g, ""), Number(server.slice(at + 1))];
  const id = Math.floor(Math.random() * 65536);
  const query: dns.Packet = { type: "query", id, flags: dns.RECURSION_DESIRED, questions: [{ type: "A", name }] };
  const answer = await overUdp(host, port, query, signal);
  return answer.flag_tc ? overTcp(host, port, query, signal) : answer;
}

/** One answer, or an error: the time-out, the abort, the socket's. `open` starts the exchange and returns how to end it. */
function exchange(signal: AbortSignal, open: (answer: (message: Buffer) => void, fail: (error: Error) => void) => () => void, decode: (m: Buffer) => Answer) {
  return new Promise<Answer>((resolve, reject) => {
    if (signal.aborted) return reject(aborted(signal));
    const settle = (end: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      close();
      end();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const onAbort = () => fail(aborted(signal));
    const timer = setTimeout(() => fail(new Error(`no answer in ${serverTimeoutMs} ms`)), serverTimeoutMs);
    signal.addEventListener("abort", onAbort, { once: true });
    const close = open((message) => {
      try {
        const answer = decode(message);
        settle(() => resolve(answer));
      } catch (error) {
        fail(error as Error);
      }
    }, fail);
  });
}
const aborted = (signal: AbortSignal): Error =>
  signal.reason instanceof ProbeFailure ? signal.reason : new ProbeFailure("timeout" satisfies Outcome, "no address before the deadline");

function overUdp(host: string, port: number, query: dns.Packet, signal: AbortSignal): Promise<Answer> {
  return exchange(
    signal,
    (answer, fail) => {
      const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
      let open = true;
      socket.on("error", fail);
      // Somebody else's datagram, or a late one: go on waiting.
      socket.on("message", (message) => message.length > 2 && message.readUInt16BE(0) === query.id && answer(message));
      // Connected: a port that nobody listens on answers at once, by ICMP.
      socket.connect(port, host, () => open && socket.send(dns.encode(query)));
      return () => {
        open = false;
        socket.close();
      };
    },
    (message) => dns.decode(message) as Answer,
  );
}

function overTcp(host: string, port: number, query: dns.Packet, signal: AbortSignal): Promise<Answer> {
  return exchange(
    signal,
    (answer, fail) => {
      const socket = connect({ host, port }, () => socket.write(dns.streamEncode(query)));
      let data = Buffer.alloc(0);
      socket.on("error", fail);
      socket.on("close", () => fail(new Error("closed without an answer")));
      socket.on("data", (chunk: Buffer) => {
        data = Buffer.concat([data, chunk]);
        if (data.length >= 2 && data.length >= 2 + data.readUInt16BE(0)) answer(data);
      });
      return () => {
        socket.removeAllListeners("close");
        socket.destroy();
      };
    },
    (message) => dns.streamDecode(message) as Answer,
  );
}
