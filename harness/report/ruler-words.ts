/** What reports say about the ruler: its measured error at the rates of the probes, or why nothing is known of it. Plain text. */
import type { CalibratedAsker, PlannedCalibration } from "../core.js";
import { sayDuration } from "../durations.js";
import { type Connection, errorNear, type Ruler, type RulerError, stretch } from "../measure/error-bars.js";
import { type Asked, type Visible, visibleAt } from "../measure/visible.js";
import { plural } from "../words.js";

const alone = "the bounds come from the sampling periods alone";
const make = "flounder calibrate makes one";
const whose = ({ machine, madeIso }: PlannedCalibration) =>
  `${machine.cpu}, ${plural(machine.cores, "core")}, kernel ${machine.kernel}, id ${machine.id}, ${madeIso.slice(0, 10)}`;
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const hz = (value: number): string => `${Number(value.toFixed(2))} Hz`;

const askers: Readonly<Record<CalibratedAsker, string>> = {
  http: "plain requests",
  probe: "a target’s probes",
  tcp: "TCP endpoints",
  dns: "DNS questions",
  exec: "commands",
  http2: "HTTP/2 endpoints",
};
/** `asked`: what was measured with, one for each rate, connection and asker. */
export function sayRuler(ruler: Ruler, asked: readonly Asked[]): string {
  if (ruler.is === "none") return `There is no calibration record for this machine: how far its prober is off is not known, and ${alone}; ${make}.`;
  const { record } = ruler;
  if (ruler.is === "other")
    return `The calibration record comes from another machine (${whose(record)}) and is not used: ${alone}; ${make} of the machine that measures.`;
  if (ruler.is === "unsaid")
    return `There is a calibration record (${whose(record)}), but the timeline does not say which machine measured; it is not used: ${alone}.`;
  const groups = new Map<string, { readonly error: RulerError; readonly connection: Connection; readonly rates: number[] }>();
  const unknown = new Set<CalibratedAsker>();
  for (const { rateHz, connection, asker } of asked) {
    const error = errorNear(ruler, rateHz, connection, asker);
    if (!error) {
      unknown.add(asker);
      continue;
    }
    const key = `${asker} ${error.rateHz} ${connection}`;
    const group = groups.get(key) ?? { error, connection, rates: [] };
    groups.set(key, group);
    group.rates.push(rateHz);
  }
  const says = [...groups.values()].map(({ error, connection, rates }) =>
    sayError(error, rates, Math.max(...rates.map((rate) => stretch(ruler, 1000 / rate, connection, error.asker)))),
  );
  for (const one of asked) says.push(...sayVisible(one, visibleAt(ruler, one), asked.length > 1));
  if (unknown.size > 0) says.push(`For ${[...unknown].map((asker) => askers[asker]).join(" and ")} the record has no row, and ${alone}; ${make}.`);
  return `This machine’s prober was held against known outages on ${record.madeIso.slice(0, 10)}${record.quick ? " (quickly: a few short ones)" : ""}. ${says.join(" ")}`;
}

function sayError({ asker, rateHz, windows, missed, rmsMs, theoryMs, biasMs, ownMs, coverage }: RulerError, rates: readonly number[], widest: number): string {
  const [slowest, fastest] = [Math.min(...rates), Math.max(...rates)];
  const probes = slowest === fastest ? hz(slowest) : `${Number(slowest.toFixed(2))} to ${hz(fastest)}`;
  const at = slowest === rateHz && fastest === rateHz ? `At ${hz(rateHz)}` : `At ${hz(rateHz)}, the calibrated rate nearest to the ${probes} asked here,`;
  const bars =
    widest < 1.005
      ? "next to the sampling periods that is nothing, and error bars are the bounds"
      : `it makes error bars up to ${widest.toFixed(2)} times as wide as the bounds`;
  return `${at} the lengths of ${plural(windows, "outage")}${asker === "http" ? "" : `, asked as ${askers[asker]} are`} (brown-outs and stalls apart) were off by ${ms(rmsMs)} rms (bias ${ms(biasMs)}) where sampling alone makes ${ms(theoryMs)}; ${missed === 0 ? "none was" : `${missed} more were`} missed, and the bounds held the truth in ${(100 * coverage).toFixed(0)} %. The ruler’s own part is ${ms(ownMs)}: ${bars}.`;
}

/** What length that rate can see: one for all modes that are alike, and those that are worse by name. */
function sayVisible({ rateHz, connection, asker }: Asked, all: readonly Visible[], several: boolean): readonly string[] {
  if (all.length === 0) return [];
  const length = ({ fromMs }: Visible) => sayDuration(fromMs);
  const groups = new Map<string, string[]>();
  for (const one of [...all].sort((a, b) => a.fromMs - b.fromMs)) {
    const from = `${one.missed ? "over" : "from"} ${length(one)}`;
    groups.set(from, [...(groups.get(from) ?? []), one.mode]);
  }
  const each = [...groups].map(([from, modes]) => `${modes.join(", ")} ${from}`);
  const whom = several ? ` ${askers[asker]}${asker === "http" ? ` over ${connection} connections` : ""}` : "";
  return [`What ${hz(rateHz)}${whom} can see (over: one of that length was missed; from: none shorter was tried): ${each.join("; ")}.`];
}
