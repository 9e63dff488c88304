/** The event stream: one per tab. What a role has been sent is counted per role, so that the numbers tell nothing of what it may not see. */
import type { ServerResponse } from "node:http";
import type { Change, Game, Viewer } from "./game.js";
import { Refusal } from "./guard.js";
import type { LaneBins, Role, SeenEvent, StreamEvents } from "./protocol.js";
import { seenAbort, seenEvent, seenLanes, seenState, seesAll } from "./sight.js";

const heartbeatMs = 10_000;
/** An event and no comment: a page must see it to know that the connection lives. */
const beat = "event: beat\ndata: 1\n\n";
const maxTabs = 100;
/** A tab that reads nothing is hung up on: it comes back by itself and goes on where it was. */
const maxUnreadBytes = 1024 * 1024;

/** The last bins may have changed since. */
const resentBins = 4;

interface Tab {
  readonly viewer: Viewer;
  readonly response: ServerResponse;
  /** How many of the game's events were looked at, and how many of them this role has been sent. */
  looked: number;
  sent: number;
  bins: number;
  /** Everything has become this role's to see: it is sent again, from the first. */
  all: boolean;
}

export class Streams {
  readonly #tabs = new Set<Tab>();
  readonly #off: () => void;
  readonly #beat: NodeJS.Timeout;
  #stateDue = false;

  constructor(readonly game: Game) {
    this.#off = game.onChange((change) => this.#changed(change));
    this.#beat = setInterval(() => {
      for (const { response } of this.#tabs) response.write(beat);
    }, heartbeatMs).unref();
  }
  present(): Readonly<Record<Role, number>> {
    const count = (role: Role) => [...this.#tabs].filter(({ viewer }) => viewer.role === role).length;
    return { facilitator: count("facilitator"), player: count("player"), room: count("room") };
  }
  /** `lastId` as the browser gives it back. */
  open(viewer: Viewer, response: ServerResponse, lastId: string | undefined): void {
    if (this.#tabs.size >= maxTabs) throw new Refusal(503, "full", `${maxTabs} tabs are open already`, "close one");
    const { truth } = this.game;
    const all = seesAll(viewer, truth);
    const [, sight, sent, bins] = /^([ab])(\d{1,9})\.(\d{1,9})$/.exec(lastId ?? "") ?? [];
    const knows = sight === (all ? "a" : "b");
    const tab: Tab = { viewer, response, looked: 0, sent: 0, bins: knows ? Math.max(0, Number(bins) - resentBins) : 0, all };
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
    response.write("retry: 1000\n\n");
    response.on("close", () => {
      this.#tabs.delete(tab);
      this.#tellState();
    });
    this.#tabs.add(tab);
    // What it has already is passed over, and only that.
    this.#events(tab, knows ? Number(sent) : 0);
    this.#lanes(tab, tab.bins);
    const abort = seenAbort(viewer, truth);
    if (abort) send(tab, "abort", abort);
    this.#tellState();
  }
  close(): void {
    this.#off();
    clearInterval(this.#beat);
    for (const { response } of this.#tabs) response.end();
    this.#tabs.clear();
  }

  #changed(change: Change): void {
    if (change.of === "truth") this.#tellState();
    else
      for (const tab of this.#tabs) {
        if (change.of === "events") this.#events(tab, 0);
        else if (change.of === "lanes") this.#lanes(tab, change.fromBin);
        else if (change.of === "progress") {
          if (tab.viewer.role === "facilitator") send(tab, "progress", { says: change.says });
        } else {
          const abort = seenAbort(tab.viewer, this.game.truth);
          if (abort) send(tab, "abort", abort);
        }
      }
  }
  /** Many changes at once are told once. */
  #tellState(): void {
    if (this.#stateDue) return;
    this.#stateDue = true;
    setImmediate(() => {
      this.#stateDue = false;
      const present = this.present();
      for (const tab of this.#tabs) {
        send(tab, "state", seenState(tab.viewer, this.game.truth, present));
        if (tab.all || !seesAll(tab.viewer, this.game.truth)) continue;
        [tab.all, tab.looked, tab.sent, tab.bins] = [true, 0, 0, 0];
        this.#events(tab, 0);
        this.#lanes(tab, 0);
      }
    });
  }
  #events(tab: Tab, skip: number): void {
    const { events, truth } = this.game;
    for (; tab.looked < events.length; tab.looked++) {
      const seen = seenEvent(events[tab.looked]!, tab.viewer, truth);
      if (!seen) continue;
      tab.sent++;
      if (tab.sent > skip) send(tab, "event", seen satisfies SeenEvent, idOf(tab));
    }
  }
  #lanes(tab: Tab, from: number): void {
    const { bins } = this.game;
    const heads = seenLanes(tab.viewer, this.game.truth);
    const lost: Record<string, readonly (number | null)[]> = {};
    let to = 0;
    for (const { key } of heads) {
      const lane = bins.lost.get(key) ?? [];
      to = Math.max(to, lane.length);
      lost[key] = lane.slice(from);
    }
    if (to <= from) return;
    tab.bins = to;
    send(tab, "lanes", { binUs: bins.binUs, from, lost } satisfies LaneBins, idOf(tab));
  }
}

/** a: counted among all events, b: among those that the blind may see. */
const idOf = ({ all, sent, bins }: Tab): string => `${all ? "a" : "b"}${sent}.${bins}`;

function send<K extends keyof StreamEvents>({ response }: Tab, name: K, data: StreamEvents[K], id?: string): void {
  if (response.destroyed) return;
  response.write(`${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  if (response.writableLength > maxUnreadBytes) response.destroy();
}
