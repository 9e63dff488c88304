/** A runner that a test kills: starts probers as argv[2] says (JSON: start, facts), says "ready", and waits. */
import type { FoundationFacts } from "../../core.js";
import { startAtVantages } from "../launch/child.js";

const { start, facts } = JSON.parse(process.argv[2]!) as { start: Parameters<typeof startAtVantages>[0]; facts: Pick<FoundationFacts, "id" | "vantages"> };
const prober = startAtVantages(start, { trouble: (says) => process.stderr.write(`${says}\n`) }, facts);
await prober.ready;
process.stdout.write("ready\n");
