/**
 * Lines of text, kept as bytes until they are written. As strings, those of a second at thousands per second would be copied by each collection meanwhile,
 * and once more into bytes.
 */
const firstRoom = 65_536;
/** Longer than any number, and what stands around it. */
const mostOfNumber = 32;
const mostOfLoop = 24;
const zero = 48;
const minus = 45;

export class Lines {
  #bytes = Buffer.allocUnsafeSlow(firstRoom);
  #length = 0;

  get empty(): boolean {
    return this.#length === 0;
  }
  /** What was added since the last call, in memory that is the caller's from now on. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length);
    this.#length = 0;
    return taken;
  }

  text(text: string): this {
    this.#room(3 * text.length);
    if (!this.#isWritten(text)) this.#length += this.#bytes.write(text, this.#length, "utf8");
    return this;
  }
  /** One ASCII character, by its code. */
  byte(code: number): this {
    this.#room(1);
    this.#bytes[this.#length++] = code;
    return this;
  }
  /** In decimals, as JSON has it. */
  number(value: number): this {
    if (!Number.isSafeInteger(value)) return this.text(String(value));
    this.#room(mostOfNumber);
    if (value < 0) this.#bytes[this.#length++] = minus;
    this.#whole(Math.abs(value));
    return this;
  }

  /** Short and ASCII: leaving JavaScript would take longer than writing it. False of all else, of which nothing counts as written. */
  #isWritten(text: string): boolean {
    if (text.length > mostOfLoop) return false;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      this.#bytes[this.#length + i] = code;
    }
    this.#length += text.length;
    return true;
  }
  #whole(value: number): void {
    if (value < 1e9) {
      let digits = 1;
      for (let limit = 10; value >= limit; limit *= 10) digits++;
      this.#digits(value | 0, digits);
      return;
    }
    // Beyond 31 bits arithmetic is slow: what is above is written first, and then nine digits.
    const above = Math.floor(value / 1e9);
    this.#whole(above);
    this.#digits((value - above * 1e9) | 0, 9);
  }
  #digits(value: number, digits: number): void {
    const bytes = this.#bytes;
    const from = this.#length;
    let rest = value;
    for (let i = from + digits - 1; i >= from; i--) {
      const tenth = (rest / 10) | 0;
      bytes[i] = zero + rest - tenth * 10;
      rest = tenth;
    }
    this.#length = from + digits;
  }
  #room(wanted: number): void {
    if (this.#length + wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#length + wanted));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
