/** What is seen while a watch measures: in a terminal the lanes of the last minutes, redrawn each second; elsewhere a line whenever something changes, and now and then how long it still takes. */
import pc from "picocolors";
import type { WatchedEndpoint, WatchResult } from "./result.js";
import { since } from "./strips.js";
import { liveLine, stateOf } from "./text.js";

interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}
export interface LiveOutput {
  /** `leftS`: until the end, where there is one. */
  show(result: WatchResult, leftS?: number): void;
  /** Takes the lanes away: the report follows. */
  end(): void;
}

type Cell = "good" | "some" | "bad" | "unknown";
const drawn = {
  good: { glyph: "▁", colour: pc.green },
  some: { glyph: "▄", colour: pc.yellow },
  bad: { glyph: "█", colour: pc.red },
  unknown: { glyph: "·", colour: pc.dim },
} as const;
const nameColumns = 28;
/** Where nothing is redrawn, a watch that has an end says how long it still takes: not more often, and not more lines in all. */
const leastS = 30;
const mostLines = 20;

/** What the last second was like, from what was counted before it and after. */
export function cellOf(before: WatchedEndpoint["counts"], now: WatchedEndpoint["counts"]): Cell {
  const { good, bad } = since(before, now);
  if (good + bad === 0) return "unknown";
  return bad === 0 ? "good" : good === 0 ? "bad" : "some";
}

/** Alike neighbours share their colour. */
function laneOf(cells: readonly Cell[]): string {
  let text = "";
  for (let from = 0, to = 0; from < cells.length; from = to) {
    const { glyph, colour } = drawn[cells[from]!];
    while (to < cells.length && cells[to] === cells[from]) to++;
    text += colour(glyph.repeat(to - from));
  }
  return text;
}

export function liveOutput(terminal: Terminal): LiveOutput {
  const cells = new Map<string, Cell[]>();
  const before = new Map<string, WatchedEndpoint["counts"]>();
  let rows = 0;
  let last = "";
  let saidS = 0;
  const draw = (lines: readonly string[]) => {
    const up = rows > 1 ? `\x1b[${rows - 1}A` : "";
    terminal.write(`\r${up}\x1b[J${lines.join("\n")}`);
    rows = lines.length;
  };
  return {
    show(result, leftS) {
      if (!terminal.isTTY) {
        const now = result.endpoints.map((one) => `${stateOf(one)} ${one.outages.length}`).join();
        const isLongAgo = leftS !== undefined && result.seconds - saidS >= Math.max(leastS, (result.seconds + leftS) / mostLines);
        if (now === last && !isLongAgo) return;
        terminal.write(`${liveLine(result, leftS)}\n`);
        saidS = result.seconds;
        last = now;
        return;
      }
      const width = Math.max(10, terminal.columns - nameColumns - 3);
      const lanes = result.endpoints.map((one) => {
        const lane = cells.get(one.name) ?? [];
        lane.push(cellOf(before.get(one.name) ?? {}, one.counts));
        cells.set(one.name, lane.slice(-300));
        before.set(one.name, { ...one.counts });
        const name = one.name.length > nameColumns ? `…${one.name.slice(1 - nameColumns)}` : one.name.padEnd(nameColumns);
        return `${name} ${laneOf(lane.slice(-width))}`;
      });
      const room = Math.max(1, terminal.rows - 3);
      const shown = lanes.length <= room ? lanes : [...lanes.slice(0, room - 1), pc.dim(`and ${lanes.length - room + 1} more`)];
      const line = liveLine(result, leftS);
      draw([...shown, visible(line) > terminal.columns ? line.slice(0, terminal.columns + (line.length - visible(line))) : line]);
    },
    end() {
      if (terminal.isTTY && rows > 0) draw([""]);
    },
  };
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken away
const visible = (text: string): number => text.replace(/\x1b\[[0-9;]*m/g, "").length;
