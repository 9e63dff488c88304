/** What is known of our own ruler's error: the record that `flounder calibrate` writes, and that reports draw their error bars from. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, release } from "node:os";
import { dirname, join } from "node:path";
import { plannedCalibrationSchema } from "../core/calibration.js";
import type { CalibratedRow, Machine, PlannedCalibration } from "../core.js";
import { foundationsDir } from "../paths.js";

/** Errors of outage lengths, measured against known ones, per mode and rate. Milliseconds. */
export interface CalibrationRow extends CalibratedRow {
  /** Windows that were reported as several outages. */
  readonly cut: number;
  /** T/√6: what is the least that sampling at this rate can do. */
  readonly theoryMs: number;
  /** Median width of an edge's bounds. */
  readonly edgeMs: number;
  /** Median from the true start until three bad answers were in. */
  readonly delayMs: number;
}
export interface Calibration {
  readonly version: 1;
  readonly madeIso: string;
  readonly flounder: string;
  readonly quick: boolean;
  readonly seed: number;
  readonly machine: Machine;
  readonly rows: readonly CalibrationRow[];
  /** The same while every core is busy; empty if that was not tried. */
  readonly busyRows: readonly CalibrationRow[];
  readonly falseAlarms: number;
  readonly observerShare: number;
  readonly latenessMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The prober stopped for 300 ms: outages reported of a healthy target, and whether one that overlapped the stop was found, within its bounds. */
  readonly frozen: { readonly falseAlarms: number; readonly found: boolean; readonly covered: boolean; readonly widestEdgeMs: number };
}
export function thisMachine(): Machine {
  const cpu = cpus()[0]?.model ?? arch();
  const cores = cpus().length;
  let machineId = "";
  try {
    machineId = readFileSync("/etc/machine-id", "utf8").trim();
  } catch {
    // A container without one: processor and kernel have to do.
  }
  const id = createHash("sha256").update(`flounder ${machineId} ${cpu} ${cores} ${release()}`).digest("hex").slice(0, 16);
  return { id, cpu, cores, kernel: release(), node: process.version };
}

export const calibrationFile = (): string => join(dirname(foundationsDir()), "calibration.json");

export function writeCalibration(record: Calibration): void {
  mkdirSync(dirname(calibrationFile()), { recursive: true, mode: 0o700 });
  writeFileSync(calibrationFile(), `${JSON.stringify(record, null, 2)}\n`);
}

/** The newest record, as plans keep it; undefined if there is none that can be read. It may be another machine's: whoever uses it compares. */
export function plannedCalibration(): PlannedCalibration | undefined {
  try {
    const { rows, ...record } = plannedCalibrationSchema.parse(JSON.parse(readFileSync(calibrationFile(), "utf8"))) as PlannedCalibration;
    const rounded = (value: number) => Math.round(value * 1000) / 1000;
    return { ...record, rows: rows.map((row) => ({ ...row, biasMs: rounded(row.biasMs), rmsMs: rounded(row.rmsMs), coverage: rounded(row.coverage) })) };
  } catch {
    return undefined;
  }
}
