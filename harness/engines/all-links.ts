/** Every link of a component as one target. */
import type { Capabilities } from "../core.js";

export interface OwnLink {
  readonly can: Capabilities["link"];
  /** An app slot: nobody may be behind it, so that it does not carry proves nothing. */
  readonly slot: boolean;
}

export function allLinks(links: readonly OwnLink[]): Capabilities["links"] {
  const each = async (act: (link: Capabilities["link"]) => Promise<void>) => {
    // All are tried before one's failure is told: a component half cut off by a slow proxy would be neither.
    const done = await Promise.allSettled(links.map(({ can }) => act(can)));
    for (const one of done) if (one.status === "rejected") throw one.reason;
  };
  return {
    cut: (how) => each((link) => link.cut(how)),
    mend: () => each((link) => link.mend()),
    async carry() {
      const carries = await Promise.all(links.map(async ({ can, slot }) => ({ slot, yes: await can.carries() })));
      if (!carries.some(({ yes }) => yes)) return "none";
      return carries.every(({ yes, slot }) => yes || slot) ? "all" : "some";
    },
  };
}
