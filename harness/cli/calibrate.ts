/** flounder calibrate: how wrong the prober is on this machine, against outages that are known exactly. */
import { execFileSync } from "node:child_process";
import type { Command } from "commander";
import pc from "picocolors";
import { type TableRow, withPooled } from "../measure/against-truth.js";
import { type Calibration, calibrationFile, thisMachine, writeCalibration } from "../measure/calibration.js";
import { root } from "../paths.js";
import { version } from "../registry.js";
import { calibrate } from "../ruler/calibrate.js";
import { say, whole } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("calibrate")
    .description("holds the prober against servers whose outages are known, and remembers its error for the reports of this machine")
    .option("--quick", "three short outages per mode, a minute and a half")
    .option("--seed <n>", "decides lengths and times of the outages (default: from the commit)", whole)
    .option("--json", "the record on stdout as well")
    .addHelpText("after", "\nExample: flounder calibrate --quick")
    .action(async (flags: { quick?: boolean; seed?: number; json?: boolean }) => {
      const seed = flags.seed ?? commitSeed();
      const quick = flags.quick ?? false;
      const measured = await calibrate({ seed, quick, say });
      const record: Calibration = {
        version: 1,
        madeIso: new Date().toISOString(),
        flounder: await version(),
        quick,
        seed,
        machine: thisMachine(),
        ...measured,
      };
      writeCalibration(record);
      if (flags.json) process.stdout.write(`${JSON.stringify(record)}\n`);
      else process.stdout.write(table(record));
      say(`written to ${calibrationFile()}`);
    });
}

/** The same code is held against the same outages, other code against others: nothing can be tuned to them. */
function commitSeed(): number {
  try {
    return Number.parseInt(
      execFileSync("git", ["-C", root, "rev-parse", "HEAD"], { stdio: ["ignore", "pipe", "ignore"] })
        .toString()
        .slice(0, 8),
      16,
    );
  } catch {
    return 20110425; // not a clone
  }
}

export function table(record: Calibration): string {
  const head = `${"asker".padEnd(7)}${"mode".padEnd(13)}${"conn".padEnd(7)}${"Hz".padStart(4)}${"n".padStart(5)}${"missed".padStart(8)}${"cut".padStart(5)}${"bias ms".padStart(9)}${"rms ms".padStart(8)}${"best".padStart(7)}${"covered".padStart(9)}${"edge ms".padStart(9)}${"delay ms".padStart(10)}`;
  const line = (row: TableRow) =>
    `${(row.asker ?? "http").padEnd(7)}${row.mode.padEnd(13)}${row.connection.padEnd(7)}${String(row.rateHz).padStart(4)}${String(row.windows).padStart(5)}${String(row.missed).padStart(8)}${String(row.cut).padStart(5)}${row.biasMs.toFixed(1).padStart(9)}${row.rmsMs.toFixed(1).padStart(8)}${row.theoryMs.toFixed(1).padStart(7)}${`${(100 * row.coverage).toFixed(0)} %`.padStart(9)}${row.edgeMs.toFixed(1).padStart(9)}${row.delayMs.toFixed(0).padStart(10)}`;
  const { frozen, latenessMs } = record;
  return [
    pc.bold(head),
    ...withPooled(record.rows).map(line),
    ...(record.busyRows.length > 0 ? ["", pc.bold("with every core busy"), ...record.busyRows.map(line)] : []),
    "",
    `false alarms ${record.falseAlarms} · observer faults ${(100 * record.observerShare).toFixed(2)} % · schedule late by p50 ${latenessMs.p50.toFixed(2)} p99 ${latenessMs.p99.toFixed(2)} max ${latenessMs.max.toFixed(1)} ms`,
    `stopped for 300 ms: ${frozen.falseAlarms} false alarms; an outage that overlapped it was ${frozen.found ? `found, ${frozen.covered ? "within" : "outside of"} its bounds (widest edge ${frozen.widestEdgeMs.toFixed(0)} ms)` : "missed"}`,
    "",
  ].join("\n");
}
