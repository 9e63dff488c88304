/** What the fuzzers share: an interface is a file here that gives inputs to readers of strangers' bytes, again and again, and says what must hold after. */
import fc from "fast-check";

export interface Fuzz {
  /** The file's name. */
  readonly name: string;
  /** Who reads, and what. */
  readonly says: string;
  /** Of the number asked for, one in so many: an input may cost a process. */
  readonly oneIn?: number;
  /** Rejects when something that must hold does not; says with which input, as far as that is known. */
  run(seed: number, inputs: number): Promise<void>;
}

/** The same inputs for the same seed. */
export const sampled = <T>(arbitrary: fc.Arbitrary<T>, seed: number, inputs: number): T[] => fc.sample(arbitrary, { seed, numRuns: inputs });

/** Does it with every input, so many at once. What is thrown is thrown again with the input that it came of. */
export async function withEach<T>(inputs: readonly T[], atOnce: number, act: (input: T, index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < inputs.length) {
      const index = next++;
      try {
        await act(inputs[index]!, index);
      } catch (error) {
        throw new Error(`input ${index}, ${shown(inputs[index])}: ${(error as Error).message}`, { cause: error });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** An input in words that can be pasted, cut where it is long. */
export function shown(input: unknown): string {
  const text =
    JSON.stringify(input, function (this: Record<string, unknown>, key: string, value: unknown) {
      // A Buffer has made itself an array of numbers before it comes here.
      const whole = this[key];
      return ArrayBuffer.isView(whole) ? Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString("latin1") : value;
    }) ?? String(input);
  return text.length > 2000 ? `${text.slice(0, 2000)} … (${text.length} characters)` : text;
}

/** What a stranger may do to good bytes: flip, cut, double, insert, put something odd in. */
const change = fc.oneof(
  fc.record({ how: fc.constant("flip" as const), at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) }),
  fc.record({ how: fc.constant("cut" as const), at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(40) }),
  fc.record({ how: fc.constant("end" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ how: fc.constant("double" as const), at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(200) }),
  fc.record({
    how: fc.constant("insert" as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 20 }),
      fc
        .constantFrom(
          "\0",
          "\r",
          "\n",
          "\r\n",
          "\r\n\r\n",
          "\xff\xff\xff\xff",
          " ",
          ":",
          "%00",
          "../",
          "-1",
          "99999999999999999999",
          "{}",
          "[]",
          "null",
          '"',
          "\\u0000",
        )
        .map((text) => Buffer.from(text, "latin1")),
    ),
  }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(bytes: Buffer, one: Change): Buffer {
  const at = Math.floor(one.at * bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  if (one.how === "flip") return Buffer.concat([before, Buffer.from([one.byte]), after.subarray(1)]);
  if (one.how === "cut") return Buffer.concat([before, after.subarray(one.length)]);
  if (one.how === "end") return Buffer.from(before);
  if (one.how === "double") return Buffer.concat([before, after.subarray(0, one.length), after]);
  return Buffer.concat([before, Buffer.from(one.bytes), after]);
}

/** Good bytes as they are, or with some changes. */
export const mutated = (good: fc.Arbitrary<Buffer>, maxChanges = 4): fc.Arbitrary<Buffer> =>
  fc.tuple(good, fc.array(change, { maxLength: maxChanges })).map(([bytes, changes]) => changes.reduce(changed, bytes));

/** A value where another was expected: of each JSON type, and the odd ones of each. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    "",
    "\0",
    "a\0b",
    "\ud800",
    "x".repeat(5000),
    "あ",
    "__proto__",
    "../../etc",
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    1e308,
    [],
    {},
    [null],
    [[]],
    { constructor: 1 },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Objects of this shape, in which any field may be missing or be something else altogether. */
export const shaped = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(
    Object.fromEntries(Object.entries(fields).map(([name, good]) => [name, fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: oddValue })])),
    { requiredKeys: [] },
  ) as fc.Arbitrary<Record<string, unknown>>;
