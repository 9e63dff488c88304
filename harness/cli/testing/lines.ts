/** For tests: reads command lines as JSON, an array of words a line, runs each in this one process, and answers each with its exit code and what it said. */
import { createInterface } from "node:readline";
import { programFor } from "../program.js";
import { complain } from "../words/complain.js";

const real = { out: process.stdout.write.bind(process.stdout), err: process.stderr.write.bind(process.stderr) };
let said = "";
const keep = ((text: string | Uint8Array, ...rest: unknown[]) => {
  said += String(text);
  const done = rest.find((one) => typeof one === "function") as (() => void) | undefined;
  done?.();
  return true;
}) as typeof process.stdout.write;

async function ended(words: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  try {
    await (await programFor()).parseAsync([process.execPath, "flounder", ...words]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return complain(error);
  }
}
for (const kind of ["uncaughtException", "unhandledRejection"] as const)
  process.on(kind, (error) => {
    said += `${kind}: ${(error as Error)?.stack ?? error}`;
  });
for await (const line of createInterface({ input: process.stdin })) {
  said = "";
  process.stdout.write = keep;
  process.stderr.write = keep;
  const code = await ended(JSON.parse(line) as string[]);
  process.stdout.write = real.out;
  process.stderr.write = real.err;
  real.out(`${JSON.stringify({ code, said })}\n`);
}
process.exit(0);
