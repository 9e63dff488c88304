/** The one error class of operating errors: what went wrong, what to do, and how the command ends. Anything else that is thrown is a defect (exit 70). */

/** Exit status per code. 64 usage · 2 the harness could not do its work (inconclusive) · 3 aborted · 70 defect. */
export const exitCodes = {
  usage: 64, // a flag, a name, a file's content
  plan: 64, // scenario or plan that cannot be planned
  unsupported: 64, // this system cannot run Flounder
  environment: 2, // a missing tool, a port taken, a folder not writable
  owned: 2, // the foundation has a keeper already
  unreachable: 2, // nobody answers
  refused: 2, // it answered no
  frozen: 2, // a freeze or a stop blocks write verbs
  platform: 2, // the foundation did not do what it must
  aborted: 3, // a person or an abort condition ended it
} as const;
export type ErrorCode = keyof typeof exitCodes;

export class FlounderError extends Error {
  /** `message`: what, where, what was expected and what was found. `hint`: what to do, as a command where there is one. */
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly hint: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = "FlounderError";
  }
  get exitCode(): number {
    return exitCodes[this.code];
  }
}
