/** Game days beside the comparison: what each came to, and why one does not count. */
import { boundsOf, datum, type Markup, markup, table } from "../../report/html/markup.js";
import { saySeconds } from "../analysis/figures.js";
import { sayInvalid } from "../analysis/footnotes.js";
import { whole } from "./cells.js";
import type { Report } from "./report.js";

export function people({ comparison: { people: played } }: Report): Markup | "" {
  if (!played) return "";
  const columns = [
    { title: "game day" },
    ...["seed", "block of this seed", "primary", "recovered after", "lost writes"].map((title) => ({ title, figures: true })),
    { title: "counts" },
  ];
  const rows = played.trials.map(({ results, seed, block, lostS, recovered, recoveryS, lostWrites, harm, invalid }, t) => {
    const at = `people.trials.${t}`;
    return {
      mark: invalid ? "soft" : undefined,
      cells: [
        results,
        whole(`${at}.seed`, seed),
        block === null ? "none" : whole(`${at}.block`, block),
        boundsOf(`${at}.lostS`, lostS),
        recovered ? datum(`${at}.recoveryS`, recoveryS, saySeconds(recoveryS)) : "not recovered",
        whole(`${at}.lostWrites`, lostWrites),
        invalid ? `no: ${sayInvalid(invalid.code)} (${invalid.says})` : harm === "" ? "yes" : `yes; damage: ${harm}`,
      ],
    };
  });
  return markup`<section><h2>Played by people</h2><p>${played.says}</p><p class="soft">Nobody drew by chance who played, or when. So people have no verdict, and change no figure of the others. What they did and when is in the report of each game day.</p>${table(columns, rows)}</section>`;
}
