/** Observable Plot, the same under every runner; see plot-before.ts. The order of these imports matters. */
import "./plot-before.js";

export * from "@observablehq/plot";

import "./plot-after.js";
