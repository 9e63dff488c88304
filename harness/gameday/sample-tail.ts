/** Samples as the prober writes them, a gzip member per second. */
import { sampleSchema } from "../core/sample.js";
import type { Sample } from "../core.js";
import { type Unpacked, unpackMembers } from "../results/gzip-members.js";
import { jsonOf, Tail } from "./tail.js";

/** A member that is just being written is whole after so many looks; one that stays cut was left by a kill. */
const patience = 5;

export class SampleTail {
  readonly #tail: Tail;
  #cut = 0;
  constructor(path: string) {
    this.#tail = new Tail(path);
  }

  /** What has come since. */
  read(): readonly Sample[] {
    let samples: readonly Sample[] = [];
    this.#tail.bytes((bytes) => {
      const { text, cuts } = membersIn(bytes);
      if (cuts > 0 && ++this.#cut < patience) return 0;
      this.#cut = 0;
      samples = text.split("\n").flatMap((line) => (sampleSchema.safeParse(jsonOf(line)).data as Sample | undefined) ?? []);
      return bytes.length;
    });
    return samples;
  }
}

/** Damaged bytes show nothing: the judge says what is wrong with them. A page's server that ended by them would end again and again. */
function membersIn(bytes: Buffer): Pick<Unpacked, "text" | "cuts"> {
  try {
    return unpackMembers(bytes);
  } catch {
    return { text: "", cuts: 1 };
  }
}
