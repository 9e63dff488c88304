/** The life of a keeper's process: lock, boot, serve, and an end that leaves nothing injected, whatever brought it about. */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { within } from "../clock.js";
import { FlounderError } from "../errors.js";
import { tokenOrNew } from "./folder.js";
import { Keeper, type Loaders } from "./keep.js";
import { lockFolder } from "./socket/door.js";
import { bind, serve } from "./socket/server.js";

/** A keeper whose starter died before it said hello ends by itself. */
const helloMs = 15_000;
const defect = 70;

/** Keeps the foundation in `dir` until its end; sets the process's exit code. Writes to stdout and stderr, which are the keeper's log. */
export async function keep(dir: string, loaders: Loaders): Promise<void> {
  let keeper: Keeper;
  let server: Awaited<ReturnType<typeof bind>>;
  let token: string;
  try {
    claim(dir);
    keeper = new Keeper(dir, loaders);
    token = tokenOrNew(dir, log);
    server = await bind(dir);
  } catch (error) {
    log(`cannot start: ${error instanceof FlounderError ? `${error.code}: ${error.message}` : (error as Error).stack}`);
    process.exitCode = error instanceof FlounderError ? error.exitCode : defect;
    return;
  }
  keeper.onSay.add(log);
  keeper.onEvent.add((event) => event.kind === "trouble" && log(`${event.from}: ${event.says}`));

  let ending = false;
  /** Answers go out first (they are written at once to whoever reads); then the process ends, and the lock with it. */
  const leave = async (code: number) => {
    server.close();
    await pause(10);
    process.exit(code);
  };
  const ownedEnd = async (why: string) => {
    log(`${why}: healing and ending the foundation`);
    await keeper.down();
    await leave(0);
  };
  const attempt = (what: Promise<void>) => what.catch((error: Error) => log(`${error.stack ?? error.message}`));

  const orphan = setTimeout(() => void attempt(keeper.record.state === "up" ? Promise.resolve() : ownedEnd("nobody said hello")), helloMs);
  serve(
    server,
    keeper,
    {
      ownerCame: () => clearTimeout(orphan),
      async lost({ owner, lease, injected }, why) {
        if (owner && (lease || !keeper.up)) return attempt(ownedEnd(`the client that started this is gone (${why})`));
        if (!lease) return;
        const reports = await keeper.heal([...injected], "lease");
        if (reports.length > 0)
          log(`a client with a lease is gone (${why}): healed ${reports.map((one) => `${one.injection}${one.proved ? "" : " (not proved)"}`).join(", ")}`);
      },
      ended: () => void leave(0),
    },
    token,
  );

  /** A keeper that ends leaves nothing injected; components of a foundation that nobody's run owns stay for the next keeper. */
  const end = async (why: string, code: number) => {
    if (ending) return;
    ending = true;
    log(`${why}: healing`);
    if (keeper.record.ownedByRun && code === 0) await attempt(keeper.down());
    else await attempt(within(60_000, "healing", keeper.heal(undefined, "stop")).then(() => {}));
    await leave(code);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(signal, 0));
  process.on("SIGHUP", () => {});
  for (const kind of ["uncaughtException", "unhandledRejection"] as const)
    process.on(kind, (error: unknown) => {
      log(`defect: ${error instanceof Error ? error.stack : error}`);
      void end("a defect", defect);
    });

  try {
    await keeper.boot();
    log("up");
  } catch (error) {
    if (keeper.ending) return;
    log(`boot failed: ${(error as Error).stack}`);
    return leave(error instanceof FlounderError ? error.exitCode : defect);
  }
  await once(server, "close");
}

function claim(dir: string): void {
  if (lockFolder(dir)) return;
  throw new FlounderError("owned", `foundation ${basename(dir)} has a keeper already`, `flounder status --foundation ${basename(dir)}`);
}

/** Ends what is left of a foundation that nobody can keep any more, by what the machine shows; needs nothing of the folder's content. Sets the exit code. */
export async function clear(dir: string, loaders: Loaders): Promise<void> {
  try {
    claim(dir);
    for (const name of loaders.engines()) await (await loaders.loadEngine(name)).clear(basename(dir), dir);
    await rm(dir, { recursive: true, force: true });
  } catch (error) {
    log(`cannot end it: ${error instanceof Error ? error.message : error}`);
    process.exitCode = error instanceof FlounderError ? error.exitCode : defect;
  }
}

function log(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`);
}
