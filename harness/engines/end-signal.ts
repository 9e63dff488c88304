/** Servers that are asked to end in their own way: Postgres' SIGTERM waits for its clients, its SIGINT does not. */
export const endSignal = (command: readonly string[]): NodeJS.Signals => (command[0] === "tool:postgres" ? "SIGINT" : "SIGTERM");
