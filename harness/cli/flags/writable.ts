/** Whether results can be written, asked before anything is started. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { FlounderError } from "../../errors.js";

/** The results folder, or the nearest one above it that exists, must be a folder that we may write. */
export function refuseUnwritable(dir: string): void {
  let above = dir;
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  try {
    if (!statSync(above).isDirectory()) throw new Error(`${above} is no folder`);
    accessSync(above, constants.W_OK);
  } catch (error) {
    throw new FlounderError(
      "environment",
      `results folder ${dir} cannot be written: ${(error as Error).message}`,
      "give a folder that you may write with --results DIR",
      { cause: error },
    );
  }
}
