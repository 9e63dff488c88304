/** Whether something of a mocha suite went wrong, so that whoever keeps evidence knows when it may go. */
import type { Hook, Suite } from "mocha";

/** A test of it failed, or a hook, however deep. Tests that were skipped or not asked for have not. */
export function hasFailed(suite: Suite): boolean {
  // mocha has no public word for a suite's hooks.
  const { _beforeAll, _beforeEach, _afterEach, _afterAll } = suite as unknown as Readonly<Record<string, readonly Hook[] | undefined>>;
  const hooks = [_beforeAll, _beforeEach, _afterEach, _afterAll].flatMap((some) => some ?? []);
  return [...suite.tests, ...hooks].some((one) => one.isFailed()) || suite.suites.some(hasFailed);
}
