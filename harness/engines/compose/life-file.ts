/** What a container's supervisor writes down: run/<component>.life, a line for each start and end of its agent; and run/<component>.hold, which keeps it dead. */
import { appendFileSync, chmodSync, existsSync, type FSWatcher, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Life {
  /** The agent's pid in its container; undefined: it is dead, or was not started yet. */
  readonly pid: number | undefined;
  /** How often it was started, in all. */
  readonly starts: number;
  /** How it ended last, as a shell says it. */
  readonly status: number | undefined;
}

/** A file that was cut while it was written is read up to its last whole line. */
export function readLife(text: string): Life {
  let life: Life = { pid: undefined, starts: 0, status: undefined };
  for (const line of text.split("\n").slice(0, -1)) {
    const [word, number] = line.split(" ");
    if (word === "up") life = { pid: Number(number), starts: life.starts + 1, status: life.status };
    else if (word === "down") life = { ...life, pid: undefined, status: Number(number) };
  }
  return life;
}

/** The folder in which keeper and supervisors meet. */
export class LifeFolder {
  readonly #watchers: FSWatcher[] = [];

  constructor(private readonly dir: string) {}

  /** Files that both sides write, whoever either is. */
  make(components: readonly string[]): void {
    for (const component of components) {
      const file = join(this.dir, `${component}.life`);
      if (!existsSync(file)) writeFileSync(file, "");
      chmodSync(file, 0o666);
    }
  }
  read(component: string): Life {
    const file = join(this.dir, `${component}.life`);
    return readLife(existsSync(file) ? readFileSync(file, "utf8") : "");
  }
  /** Its container died: the supervisor had no time to say so. */
  ended(component: string): void {
    if (this.read(component).pid !== undefined) appendFileSync(join(this.dir, `${component}.life`), "down 137\n");
  }
  isHeld(component: string): boolean {
    return existsSync(join(this.dir, `${component}.hold`));
  }
  hold(component: string, held: boolean): void {
    const file = join(this.dir, `${component}.hold`);
    if (held) writeFileSync(file, "");
    else rmSync(file, { force: true });
  }
  /** Calls back with the name of a component whose life has changed. */
  watch(changed: (component: string) => void): void {
    const watcher = watch(this.dir, { persistent: false }, (_, name) => {
      if (name?.endsWith(".life")) changed(name.slice(0, -".life".length));
    });
    watcher.on("error", () => {}); // the folder is gone: so is the foundation
    this.#watchers.push(watcher);
  }
  end(): void {
    for (const watcher of this.#watchers) watcher.close();
  }
}
