/** Puts back what plot-before.ts has put away. */
import { putAway } from "./plot-before.js";

if (putAway) Object.defineProperty(globalThis, "it", putAway);
