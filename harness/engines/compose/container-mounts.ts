/** What is mounted in a container, by its own table (proc(5)): nothing here touches a mount itself. */

export interface Mounted {
  readonly readOnly: boolean;
  readonly says: string;
}

/** `read`: the text of /proc/self/mountinfo there. */
export class ContainerMounts {
  #next: Promise<string> | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(private readonly read: () => Promise<string>) {}

  /** As it is after this call. Undefined: nothing is mounted there. */
  async at(path: string): Promise<Mounted | undefined> {
    const text = await this.#text();
    const line = text.split("\n").findLast((one) => one.split(" ")[4] === path);
    if (!line) return undefined;
    const [left = "", right = ""] = line.split(" - ");
    const own = left.split(" ")[5] ?? "";
    const [type, source, options] = right.split(" ");
    return { readOnly: own.split(",").includes("ro"), says: `${type} ${source} ${own};${options}` };
  }

  /** One reading at a time, and one for all who ask before it begins: to run something in a container takes a third of a second of a core, and some have eight mounts. */
  #text(): Promise<string> {
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }
  async #after(running: Promise<unknown>): Promise<string> {
    await running.catch(() => undefined);
    this.#next = undefined;
    const text = this.read();
    this.#running = text;
    return text;
  }
}
