/** The command line: loads the command that is asked for, and turns errors into one message and the designed exit code. */

import { programFor } from "./program.js";
import { complain } from "./words/complain.js";

if (process.platform !== "linux") {
  process.stderr.write(`flounder: ${process.platform} is not supported: it needs /proc, abstract sockets and FUSE\n  → run it in a Linux virtual machine\n`);
  process.exit(64);
}
// Whoever reads along may stop reading (| head): that ends no run, and is no defect.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
try {
  await (await programFor(process.argv[2])).parseAsync();
} catch (error) {
  process.exitCode = complain(error);
}
