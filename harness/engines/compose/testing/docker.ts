/** For tests of containers: whether they can run here. */
import { problems } from "../check.js";

/** In a before hook: skips where Docker lacks something; where FLOUNDER_DOCKER=1 says that it must be here, that is a failure. */
export async function needsDocker(test: { skip(): void }): Promise<void> {
  const lacking = (await problems()).map(({ what, hint }) => `${what} (${hint})`).join("; ");
  if (!lacking) return;
  if (process.env.FLOUNDER_DOCKER === "1") throw new Error(`FLOUNDER_DOCKER=1, but ${lacking}`);
  test.skip();
}
