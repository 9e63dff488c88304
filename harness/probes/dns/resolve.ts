/** Asks given DNS servers for the IPv4 addresses of a name: UDP, TCP when the answer was cut (RFC 1035 §4.2), the next server after a short time-out. */
import { connect } from "node:net";
import { nowUs } from "../../clock.js";
import { ProbeFailure } from "../../core.js";
import type { Span } from "../samples/span.js";
import { type Answer, NameQuestion } from "./message.js";
import { NameServer } from "./sockets.js";

/** How long one server is waited for. Stub resolvers wait 5 s; a prober has to stay within its deadlines. */
const serverTimeoutMs = 300;
const rounds = 2;
/** Of servers, and of names of each, that are remembered: a fuzzer's are ever new. */
const knownMax = 1000;

/** `untilUs`: as long as the server lets its answer be used. */
export interface Found {
  readonly addresses: readonly string[];
  readonly untilUs: number;
}

/** `servers` are host:port. Rejects with ProbeFailure "dns", or with why the span is over as soon as it is. */
export async function resolveAt(servers: readonly string[], name: string, span: Span): Promise<Found> {
  if (servers.length === 0) throw new ProbeFailure("dns", `no resolver for ${name}`);
  let says = "";
  for (let turn = 0; turn < rounds * servers.length; turn++) {
    const server = servers[turn % servers.length]!;
    try {
      const { rcode, answers = [] } = await ask(serverOf(server), name, span);
      if (rcode === "NOERROR") {
        const found = answers.flatMap((record) => (record.type === "A" ? [record] : []));
        if (found.length === 0) throw new ProbeFailure("dns", `${server} has no address for ${name}`);
        const ttlS = Math.min(...found.map(({ ttl = 0 }) => ttl));
        return { addresses: found.map(({ data }) => data), untilUs: nowUs() + ttlS * 1e6 };
      }
      if (rcode === "NXDOMAIN") throw new ProbeFailure("dns", `${server}: NXDOMAIN`);
      says = `${server}: ${rcode}`;
    } catch (error) {
      if (error instanceof ProbeFailure || span.over) throw error;
      says = `${server}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`;
    }
  }
  throw new ProbeFailure("dns", says);
}

interface Known {
  readonly at: NameServer;
  readonly questions: Map<string, NameQuestion>;
}
const known = new Map<string, Known>();

function serverOf(server: string): Known {
  const before = known.get(server);
  if (before) return before;
  const colon = server.lastIndexOf(":");
  const [host, port] = colon < 0 ? [server, 53] : [server.slice(0, colon).replace(/^\[|\]$/g, ""), Number(server.slice(colon + 1))];
  const made = { at: new NameServer(host, port), questions: new Map<string, NameQuestion>() };
  // Sockets of those that are forgotten are closed within a second all the same.
  if (known.size >= knownMax) known.clear();
  known.set(server, made);
  return made;
}

function questionOf({ questions }: Known, name: string): NameQuestion {
  const before = questions.get(name);
  if (before) return before;
  const made = new NameQuestion(name);
  if (questions.size >= knownMax) questions.clear();
  questions.set(name, made);
  return made;
}

async function ask(server: Known, name: string, span: Span): Promise<Answer> {
  const question = questionOf(server, name);
  const id = Math.floor(Math.random() * 65_536);
  const bytes = question.asked(id);
  const answer = await overUdp(server.at, question, bytes, id, span);
  return answer.flag_tc ? overTcp(server.at, question, bytes, id, span) : answer;
}

/** One answer, or an error: the time-out, the end of the span, the socket's. `open` starts the exchange and returns how to give it up. */
function exchange(span: Span, open: (done: (answer: Answer) => void, fail: (error: Error) => void) => () => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (span.over) return reject(span.over);
    const over = () => {
      clearTimeout(timer);
      span.offEnd(end);
    };
    const fail = (error: Error) => {
      over();
      reject(error);
    };
    const end = (error: Error) => {
      giveUp();
      fail(error);
    };
    const timer = setTimeout(() => end(new Error(`no answer in ${serverTimeoutMs} ms`)), serverTimeoutMs);
    span.onEnd(end);
    const giveUp = open((answer) => {
      over();
      resolve(answer);
    }, fail);
  });
}

function overUdp(server: NameServer, question: NameQuestion, bytes: Buffer, id: number, span: Span): Promise<Answer> {
  return exchange(span, (done, fail) => {
    const socket = server.take();
    socket.ask(bytes, {
      message(said) {
        const answer = question.read(said, id);
        if (answer) done(answer);
        return answer !== undefined;
      },
      fail,
    });
    return () => socket.close();
  });
}

function overTcp({ host, port }: NameServer, question: NameQuestion, bytes: Buffer, id: number, span: Span): Promise<Answer> {
  return exchange(span, (done, fail) => {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(bytes.length);
    const socket = connect({ host, port }, () => socket.write(Buffer.concat([head, bytes])));
    const end = () => {
      socket.removeAllListeners("close");
      socket.destroy();
    };
    const failed = (error: Error) => {
      end();
      fail(error);
    };
    let data = Buffer.alloc(0);
    socket.on("error", failed);
    socket.on("close", () => failed(new Error("closed without an answer")));
    socket.on("data", (chunk: Buffer) => {
      data = Buffer.concat([data, chunk]);
      if (data.length < 2 || data.length < 2 + data.readUInt16BE(0)) return;
      try {
        const answer = question.read(data.subarray(2, 2 + data.readUInt16BE(0)), id);
        if (!answer) throw new Error("an answer to another question");
        end();
        done(answer);
      } catch (error) {
        failed(error as Error);
      }
    });
    return end;
  });
}
