/** Progress of something that takes a while: one line for each step, with its seconds; a long one says beforehand what it is. */
import { nowUs } from "../../clock.js";

const longMs = 1500;

export class Steps {
  constructor(readonly say: (line: string) => void) {}

  async take<T>(what: string, act: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.say(`${what} …`), longMs);
    const fromUs = nowUs();
    try {
      const result = await act();
      this.say(`${what}: ${((nowUs() - fromUs) / 1e6).toFixed(1)} s`);
      return result;
    } finally {
      clearTimeout(timer);
    }
  }
}
