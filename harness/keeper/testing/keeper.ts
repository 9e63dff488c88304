/** Entry of a keeper for tests: the real keeper and the real faults over the fake engine. FLAWS and LIMITS are JSON. */
import { loadFaults } from "../../registry.js";
import type { Limits } from "../injections/injection.js";
import { clear, keep } from "../process.js";
import { type Flaws, fakeEngine, fakeSystem } from "./engine.js";

const [dir, what] = process.argv.slice(2);
await (what === "clear" ? clear : keep)(dir!, {
  engines: () => ["local"],
  loadEngine: async () => fakeEngine(JSON.parse(process.env.FLAWS ?? "{}") as Flaws),
  loadTarget: async () => fakeSystem,
  loadFaults,
  limits: JSON.parse(process.env.LIMITS ?? "{}") as Partial<Limits>,
});
