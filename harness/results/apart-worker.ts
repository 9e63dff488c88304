/** The reporter's thread: one folder, one answer. */
import { parentPort } from "node:worker_threads";
import { toWireError } from "../keeper/socket/wire.js";
import type { Drawn } from "./apart.js";
import { preload, writeReports } from "./results.js";

preload();
parentPort!.once("message", (dir: string) => {
  const answer = (drawn: Drawn) => parentPort!.postMessage(drawn);
  writeReports(dir).then(
    (verdict) => answer({ verdict }),
    (error) => answer({ error: toWireError(error) }),
  );
});
