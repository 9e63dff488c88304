/**
 * A file that a user names for results. A plain file is replaced as a whole, so that whoever reads it finds the old text or the new one, also after a kill; a
 * link is written through. A pipe, a terminal or a device is never replaced: it gets the final text, once. A disk that is full ends no measurement.
 */
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { Socket } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { nowUs, sleep } from "../../clock.js";
import { FlounderError } from "../../errors.js";

/** How long, at the end, somebody is waited for who reads a pipe. */
const readerMs = 5000;
const linksMax = 40;

export interface OutputFile {
  /** Replaces what a plain file holds; other files are left alone until the end. Never throws: what goes wrong is said at the end. */
  update(text: string): void;
  /** The final text. Resolves with why it could not be written, or undefined. */
  finish(text: string): Promise<string | undefined>;
}

/** Where a link leads at its end, also if nothing is there yet. */
function endOfLinks(path: string): string {
  let here = resolve(path);
  for (let i = 0; i < linksMax; i++) {
    const is = lstatSync(here, { throwIfNoEntry: false });
    if (!is?.isSymbolicLink()) break;
    here = resolve(dirname(here), readlinkSync(here));
  }
  return here;
}
const why = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message;

/** "-" is stdout. Throws FlounderError "usage" before anything is measured if it cannot be written; `flag` is what the user called it by. */
export function openOutput(path: string, flag: string): OutputFile {
  const cannot = (reason: string) => new FlounderError("usage", `${flag} ${path} cannot be written: ${reason}`, "give a path that you may write; - is stdout");
  const own =
    path === "-"
      ? "1"
      : /^\/(?:dev\/std(in|out|err)|(?:dev|proc\/self)\/fd\/(\d+))$/
          .exec(path)
          ?.slice(1)
          .find((one) => one !== undefined);
  if (own === "1" || own === "out") return stream(process.stdout);
  if (own === "2" || own === "err") return stream(process.stderr);
  if (own === "in" || own === "0") throw cannot("it is stdin");
  let is: Stats | undefined;
  try {
    is = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw cannot(why(error));
  }
  if (is?.isDirectory()) throw cannot("EISDIR");
  if (is?.isBlockDevice()) throw cannot("it is a block device");
  if (is?.isSocket()) throw cannot("it is a socket");
  if (is?.isFIFO()) return pipe(path);
  if (is && !is.isFile()) return device(path, cannot);
  const target = is ? realpathSync(path) : endOfLinks(path);
  try {
    closeSync(openSync(target, "a"));
  } catch (error) {
    throw cannot(why(error));
  }
  return plain(target);
}

function plain(target: string): OutputFile {
  let failed: string | undefined;
  const write = (text: string) => {
    try {
      replaceWhole(target, text);
      failed = undefined;
    } catch (error) {
      failed = why(error);
    }
  };
  return {
    update: write,
    async finish(text) {
      write(text);
      return failed;
    },
  };
}

/** In one step; mode and owner stay. In a folder where only this file may be written, in place. */
export function replaceWhole(target: string, text: string): void {
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  let file: number;
  try {
    file = openSync(draft, "wx", 0o666);
  } catch (error) {
    if (!["EACCES", "EPERM", "EROFS", "ENAMETOOLONG"].includes(why(error))) throw error;
    writeFileSync(target, text);
    return;
  }
  try {
    const was = statSync(target, { throwIfNoEntry: false });
    writeFileSync(file, text);
    fsyncSync(file);
    if (was) {
      chmodSync(draft, was.mode & 0o7777);
      if (was.uid !== process.geteuid?.() || was.gid !== process.getegid?.()) chownSync(draft, was.uid, was.gid);
    }
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

function stream(to: NodeJS.WriteStream): OutputFile {
  return {
    update() {},
    finish: (text) => new Promise((resolve) => to.write(text, (error) => resolve(error ? why(error) : undefined))),
  };
}

function device(path: string, cannot: (reason: string) => FlounderError): OutputFile {
  let file: number;
  try {
    file = openSync(path, constants.O_WRONLY | constants.O_NOCTTY);
  } catch (error) {
    throw cannot(why(error));
  }
  return {
    update() {},
    async finish(text) {
      try {
        writeSync(file, text);
        return undefined;
      } catch (error) {
        return why(error);
      } finally {
        closeSync(file);
      }
    },
  };
}

/** Opened without waiting: a thread that waits for a reader could not be ended. Whoever reads sees one text and its end. */
function pipe(path: string): OutputFile {
  const open = (): number | undefined => {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (why(error) === "ENXIO") return undefined;
      throw error;
    }
  };
  let file: number | undefined;
  const meanwhile = () => {
    try {
      file ??= open();
    } catch {
      // Said at the end.
    }
  };
  meanwhile();
  return {
    update: meanwhile,
    async finish(text) {
      try {
        const endUs = nowUs() + readerMs * 1000;
        while (file === undefined && nowUs() < endUs) {
          file = open();
          if (file === undefined) await sleep(50);
        }
        if (file === undefined) return "nobody reads this pipe";
        const socket = new Socket({ fd: file, readable: false, writable: true });
        socket.end(text);
        await once(socket, "finish");
        socket.destroy();
        return undefined;
      } catch (error) {
        return why(error);
      }
    },
  };
}
