/** Which proxies of somebody else we disabled: a disabled one does not show who did it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../../state/own-file.js";
import type { Disabled } from "./link.js";

export class DisabledFile implements Disabled {
  readonly #names: Set<string>;
  readonly #path: string;

  /** Throws where the file is no good: nobody would know what to enable. */
  constructor(dir: string) {
    this.#path = join(dir, "disabled.json");
    this.#names = new Set(existsSync(this.#path) ? z.array(z.string()).parse(JSON.parse(readFileSync(this.#path, "utf8"))) : []);
  }
  has = (proxy: string): boolean => this.#names.has(proxy);
  all = (): readonly string[] => [...this.#names];
  add(proxy: string): void {
    this.#names.add(proxy);
    this.#save();
  }
  strike(proxy: string): void {
    if (this.#names.delete(proxy)) this.#save();
  }
  #save(): void {
    writeWhole(this.#path, JSON.stringify(this.all()));
  }
}
