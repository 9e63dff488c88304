/** Tells a screen reader what changed: politely, and not more than once in five seconds. What came meanwhile is said together. */

const leastMs = 5000;
/** More at once is noise: the newest matter. */
const mostAtOnce = 3;

/** `say` hears one text at a time. `later` waits (default: setTimeout), `now` is a clock in ms. */
export function announcer(
  say: (text: string) => void,
  now: () => number = () => performance.now(),
  later: (then: () => void, ms: number) => void = (then, ms) => void setTimeout(then, ms),
): (text: string) => void {
  let waiting: string[] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  let isDue = false;
  const speak = () => {
    isDue = false;
    lastMs = now();
    say(waiting.slice(-mostAtOnce).join(". "));
    waiting = [];
  };
  return (text) => {
    if (waiting.at(-1) === text) return;
    waiting.push(text);
    if (isDue) return;
    isDue = true;
    later(speak, Math.max(0, lastMs + leastMs - now()));
  };
}
