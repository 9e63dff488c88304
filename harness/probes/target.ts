/** What is asked of one endpoint, as data: what a prober is told at its start. */
import { type DnsQuestion, dnsAsker } from "./askers/dns.js";
import { type ExecQuestion, execAsker } from "./askers/exec.js";
import { type TcpQuestion, tcpAsker } from "./askers/tcp.js";
import { HttpAsker, type HttpAsking } from "./http/asker.js";
import { redacted } from "./http/question.js";
import type { Asker, Schedule } from "./schedule/flight.js";
import type { Question } from "./schedule/open-loop.js";

export type EndpointQuestion =
  | ({ readonly kind: "http" } & HttpAsking)
  | ({ readonly kind: "tcp" } & TcpQuestion)
  | ({ readonly kind: "dns" } & DnsQuestion)
  | ({ readonly kind: "exec" } & ExecQuestion);
export type EndpointTarget = Schedule & {
  /** Unique among those that are asked together; without secrets. */
  readonly name: string;
  readonly question: EndpointQuestion;
};

export const questionOf = ({ question, name: _, ...schedule }: EndpointTarget): Question => ({ schedule, asker: askerOf(question) });

export function askerOf(question: EndpointQuestion): Asker {
  switch (question.kind) {
    case "http":
      return new HttpAsker(question);
    case "tcp":
      return tcpAsker(question);
    case "dns":
      return dnsAsker(question);
    case "exec":
      return execAsker(question);
  }
}

/** Where it is asked, without secrets. */
export function placeOf(question: EndpointQuestion): string {
  if (question.kind === "http") return redacted(question.url);
  if (question.kind === "tcp") return `tcp://${question.host}:${question.port}`;
  if (question.kind === "dns") return `dns://${question.server}/${question.name}`;
  return `exec:${question.command}`;
}
