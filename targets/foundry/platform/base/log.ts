/** One-line JSON logs on stdout, written synchronously: what was logged before a SIGKILL is in the file. */
import pino from "pino";

export const log = pino(
  { base: { component: process.env.FLOUNDER_COMPONENT }, timestamp: pino.stdTimeFunctions.isoTime, level: process.env.LOG_LEVEL || "info" },
  pino.destination({ fd: 1, sync: true }),
);
