/** How a command ends that could not do its work: one message with what to do, and the designed exit code. */
import { getSystemErrorMap } from "node:util";
import { CommanderError } from "commander";
import { exitCodes, FlounderError } from "../../errors.js";
import { defectExit } from "../flags/exit.js";

/** Prints what went wrong and what to do; returns the exit code. */
export function complain(error: unknown): number {
  if (error instanceof FlounderError) {
    process.stderr.write(`flounder: ${error.message}\n  → ${error.hint}\n`);
    return error.exitCode;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  const machine = ofTheMachine(error);
  if (machine !== undefined) {
    process.stderr.write(`flounder: ${machine}\n  → mend that and try again; flounder doctor says what this machine lacks\n`);
    return exitCodes.environment;
  }
  process.stderr.write(`flounder: a defect in the harness, please report it:\n${error instanceof Error ? error.stack : String(error)}\n`);
  return defectExit;
}

const errnoNames = new Set([...getSystemErrorMap().values()].map(([name]) => name));

/** What the kernel refused, with the place where: a full disk, a folder that may not be read, a port that nobody listens on. None of it is a defect of ours. */
function ofTheMachine(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path, address, port } = error as NodeJS.ErrnoException & { readonly address?: string; readonly port?: number };
  if (code === undefined || !errnoNames.has(code)) return undefined;
  const where = path ?? (address === undefined ? undefined : `${address}${port === undefined ? "" : `:${port}`}`);
  return where === undefined ? undefined : error.message;
}
