/** Who a client is, in words for others: what it says of itself when it introduces itself. */
import { basename } from "node:path";

export interface Who {
  /** The program, and of Flounder's own the command; no arguments: they may hold what is nobody else's business. */
  readonly command: string;
  readonly pid: number;
}

/** This process. */
export function self(argv: readonly string[] = process.argv): Who {
  const program = basename(argv[1] ?? argv[0] ?? "node");
  const command = program === "flounder" || program === "flounder.mjs" ? `flounder ${argv[2] ?? ""}`.trim() : program;
  return { command: command.slice(0, 100), pid: process.pid };
}

/** "flounder break (process 4711)" */
export const nameOf = ({ command, pid }: Who): string => `${command} (process ${pid})`;
