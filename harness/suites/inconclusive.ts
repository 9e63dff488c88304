/** A run that proved nothing, neither way: an error class of its own, so that no report takes it for a failed expectation. */
export class InconclusiveRun extends Error {
  /** `because`: what was not sound, or what the bounds leave open. `dir`: the results folder. */
  constructor(
    readonly because: string,
    readonly dir: string,
    shown = "",
  ) {
    super(`inconclusive: ${because}${shown === "" ? "" : `\n\n${shown}`}`);
    this.name = "InconclusiveRun";
  }
}
