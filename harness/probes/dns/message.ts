/** Questions for addresses and what is answered, as bytes: made once per name, and read once as long as the same is said. */
import dns from "dns-packet";

export type Answer = dns.DecodedPacket & { readonly rcode: string };

const headBytes = 12;
const isResponse = 0x80;

export class NameQuestion {
  readonly #bytes: Buffer;
  #said: Buffer | undefined;
  #answer: Answer | undefined;

  constructor(readonly name: string) {
    this.#bytes = Buffer.from(dns.encode({ type: "query", id: 0, flags: dns.RECURSION_DESIRED, questions: [{ type: "A", name }] }));
  }

  asked(id: number): Buffer {
    const bytes = Buffer.from(this.#bytes);
    bytes.writeUInt16BE(id);
    return bytes;
  }

  /**
   * The answer to this question as it was sent with `id`; undefined of whatever is none (RFC 5452 §9.1): somebody else's datagram, a late one, one to another
   * question. Throws for what has its head and cannot be read.
   */
  read(message: Buffer, id: number): Answer | undefined {
    if (message.length < headBytes || message.readUInt16BE(0) !== id || (message[2]! & isResponse) === 0) return undefined;
    if (this.#said && message.length === this.#said.length && this.#said.compare(message, 2, message.length, 2) === 0) return this.#answer;
    const answer = dns.decode(message) as Answer;
    if (!this.#isAsked(answer)) return undefined;
    this.#said = message;
    this.#answer = answer;
    return answer;
  }

  /** A server that could not read a question says so without it. */
  #isAsked({ questions = [], rcode }: Answer): boolean {
    const [question] = questions;
    if (!question) return rcode !== "NOERROR";
    return questions.length === 1 && question.type === "A" && question.name.toLowerCase() === this.name.toLowerCase().replace(/\.$/, "");
  }
}
