/** Asks whether a TCP port takes connections, and optionally says something and waits for an answer that holds a text. */
import type { Socket } from "node:net";
import { nowUs } from "../../clock.js";
import { ProbeFailure } from "../../core.js";
import { type Dialled, dial } from "../http/connect/dial.js";
import { lookUp } from "../http/connect/names.js";
import { failureOf } from "../http/failure.js";
import type { Span } from "../samples/span.js";
import type { Flight } from "../schedule/flight.js";
import { AsyncAsker } from "./async-asker.js";

export interface TcpQuestion {
  readonly host: string;
  readonly port: number;
  readonly send?: string;
  /** What comes must hold this; absent: that it connects is enough. */
  readonly expect?: string;
}
/** More of an answer is not looked at. */
const answerMaxBytes = 65_536;

export const tcpAsker = (question: TcpQuestion): AsyncAsker => new AsyncAsker((flight, span) => ask(question, flight, span));

async function ask({ host, port, send, expect }: TcpQuestion, flight: Flight, span: Span): Promise<void> {
  const addresses = await new Promise<readonly string[]>((resolve, reject) =>
    lookUp(host, (found, problem) => (found.length > 0 ? resolve(found) : reject(new ProbeFailure("dns", problem)))),
  );
  flight.sample.dnsUs = nowUs();
  if (span.over) throw span.over;
  const socket = await connected(addresses, port, span);
  flight.sample.connectUs = nowUs();
  try {
    if (send !== undefined) socket.write(send);
    if (expect !== undefined) await heard(socket, expect, flight, span);
  } finally {
    socket.destroy();
  }
}

function connected(addresses: readonly string[], port: number, span: Span): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const dialling = dial(
      addresses,
      port,
      undefined,
      ({ socket }: Dialled) => resolve(socket.on("error", () => {})),
      (error, says) => {
        const { outcome, note } = failureOf(error);
        reject(new ProbeFailure(outcome, says === "" ? note : `${note} (${says})`));
      },
    );
    span.onEnd((why) => {
      dialling.abort();
      reject(why);
    });
  });
}

function heard(socket: Socket, text: string, flight: Flight, span: Span): Promise<void> {
  return new Promise((resolve, reject) => {
    const wanted = Buffer.from(text);
    let bytes = 0;
    /** What the text may have begun in. All of it would be looked through again for each byte that comes. */
    let tail = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      flight.sample.firstUs ||= nowUs();
      bytes += chunk.length;
      const said = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
      if (said.includes(wanted)) resolve();
      else if (bytes > answerMaxBytes) reject(new ProbeFailure("wrong-answer", `the expected text is not in the first ${answerMaxBytes} bytes`));
      else tail = Buffer.from(said.subarray(Math.max(0, said.length - wanted.length + 1)));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const { outcome, note } = failureOf(error);
      reject(new ProbeFailure(outcome, note));
    });
    socket.on("close", () =>
      reject(new ProbeFailure(bytes > 0 ? "wrong-answer" : "reset", bytes > 0 ? "closed before the expected text came" : "closed without an answer")),
    );
    span.onEnd(reject);
  });
}
