/** Nobody does anything: what the damage costs by itself, and the control of every comparison. */
import type { Playbook } from "../../../harness/core.js";

export default { name: "none", says: "bets that it passes by itself: nobody does anything", procedures: [] } satisfies Playbook;
