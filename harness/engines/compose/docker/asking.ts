/** A question to Docker whose refusal is told in our words: what it was to do, and what to look at. */
import type Dockerode from "dockerode";
import { FlounderError } from "../../../errors.js";

/** Done already, or gone already: what an idempotent act takes for success. 304: runs already; 404: is not there; 409: is paused, or dead. */
export type Harmless = readonly (304 | 404 | 409)[];

/** Rejects with FlounderError: "refused" where Docker answers that it will not, "unreachable" where it does not answer. */
export async function ask<T>(what: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof FlounderError) throw error;
    const { statusCode, message, json } = error as { statusCode?: number; message?: string; json?: { message?: string } };
    const says = json?.message ?? message ?? String(error);
    if (statusCode !== undefined) throw new FlounderError("refused", `Docker will not ${what}: ${says}`, "docker ps -a shows its containers", { cause: error });
    throw new FlounderError("unreachable", `Docker cannot be asked to ${what}: ${says}`, "is its engine running? docker version says", { cause: error });
  }
}

/** Does it to a container; answers that mean it is so already are success. Rejects as `ask` does. */
export const act = (
  what: string,
  container: Dockerode.Container,
  harmless: Harmless,
  how: (container: Dockerode.Container) => Promise<unknown>,
): Promise<void> =>
  ask(`${what} a container`, async () => {
    await how(container).catch((error: { statusCode?: number }) => {
      if (!harmless.some((status) => status === error.statusCode)) throw error;
    });
  });
