/** Events of the timeline as people read them: one short sentence each. Pure. */
import type { MarkKind, SeenEvent } from "../protocol.js";

export const markWords: Readonly<Record<MarkKind, string>> = { wrong: "Something is wrong", cause: "I know what", fixed: "It is fixed" };

export interface Said {
  readonly label: string;
  readonly says: string;
  readonly tone: "" | "good" | "bad" | "warn" | "person";
}
const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value));
const tail = (says: string): string => (says ? `: ${says}` : "");

/** undefined: nothing that a reader of the feed needs. */
export function sayEvent(event: SeenEvent): Said | undefined {
  const of = (field: string) => text(event[field]);
  switch (event.kind) {
    case "alarm":
      return { label: "alarm", says: `${of("from")}: ${of("says")}`, tone: "warn" };
    case "audit":
      return {
        label: event.ok === false ? "refused" : "verb",
        says: `${of("who")}: ${of("verb")} on ${of("on")}. ${of("says")}`,
        tone: event.ok === false ? "bad" : "person",
      };
    case "mark":
      return { label: "mark", says: `${of("who")}: ${markWords[event.mark as MarkKind]}${tail(of("says"))}`, tone: "person" };
    case "facilitator":
      return sayFacilitator(of("who"), of("did"), of("act"), of("says"), event.ok !== false);
    case "step":
      // A verb that is used without the playbook has a line of its own, and so has a step once it is over.
      return event.state === "due" || (event.by === "person" && (event.state === "acting" || event.procedure === "by hand"))
        ? undefined
        : {
            label: "step",
            says: `${of("who") ? `${of("who")}: ` : ""}${of("says")} (${stepWords[of("state")] ?? of("state")})${tail(of("came"))}`,
            tone: event.by === "person" ? "person" : "",
          };
    case "phase":
      return { label: "phase", says: phaseWords[of("phase")] ?? of("phase"), tone: "" };
    case "act":
      return { label: "act", says: `${of("act")} ${of("state").replace("-", " ")}`, tone: "" };
    case "injecting":
      return { label: "inject", says: `${of("fault") || of("injection")}${of("target") ? ` begins on ${of("target")}` : " begins"}`, tone: "bad" };
    case "healed":
      return event.proved === false
        ? { label: "unproved", says: `no proof that ${of("injection")} is healed`, tone: "bad" }
        : { label: "healed", says: `${of("injection")}, proved`, tone: "good" };
    case "detected":
      return { label: "detected", says: `${of("procedure")}: ${of("says")}`, tone: "" };
    case "trouble":
      return { label: "trouble", says: `${of("from")}: ${of("says")}`, tone: "bad" };
    case "aborted":
      return { label: "aborted", says: of("why"), tone: "bad" };
    case "broken-off":
      return { label: "broken off", says: of("why"), tone: "bad" };
    case "foreign":
      return { label: "somebody else", says: of("says"), tone: "warn" };
    default:
      return undefined;
  }
}

function sayFacilitator(who: string, did: string, act: string, says: string, ok: boolean): Said {
  if (did === "note") return { label: "note", says: `${who}${tail(says)}`, tone: "" };
  const deeds: Readonly<Record<string, string>> = {
    go: "started the run",
    inject: `injected ${act}`,
    "no-more": "lets the run go on without more injects",
    freeze: "froze all writes",
    unfreeze: "ended the freeze",
    abort: "aborted the run",
  };
  return { label: ok ? "facilitator" : "refused", says: `${who} ${deeds[did] ?? did}${tail(says)}`, tone: ok ? "person" : "bad" };
}

const stepWords: Readonly<Record<string, string>> = { acting: "begun", done: "done", refused: "refused", "gave-up": "given up", skipped: "left out" };
const phaseWords: Readonly<Record<string, string>> = {
  boot: "the run begins: probes start",
  steady: "steady phase: what is normal is measured",
  turbulence: "turbulence: acts begin",
  watch: "watch: late damage would show now",
  end: "the run is over",
};

/** Which field of a kind is listed when several lines in a row say the same of different things. */
const listed: Readonly<Record<string, string>> = { injecting: "target", healed: "injection" };
const alikeUs = 3e6;
/** One fault on eight targets is one line. */
export function grouped(events: readonly SeenEvent[]): readonly SeenEvent[] {
  const lines: SeenEvent[] = [];
  for (const event of events) {
    const field = listed[event.kind];
    const last = lines.at(-1);
    const isAlike =
      field !== undefined && last?.kind === event.kind && last.fault === event.fault && last.proved === event.proved && event.atUs - last.atUs < alikeUs;
    if (isAlike) lines[lines.length - 1] = { ...last, [field]: `${last[field]}, ${event[field]}` };
    else lines.push(event);
  }
  return lines;
}
