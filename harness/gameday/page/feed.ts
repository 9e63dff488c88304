/**
 * The event stream of this tab: one EventSource, closed while the tab is hidden, opened again when it is shown, when the network comes back,
 * and when the server was restarted. A new one begins from the first event: what the tab knew before is replaced, not added to.
 */
import type { Role, StreamEvents } from "../protocol.js";

export interface Listener {
  /** A new stream has begun to speak: what follows is everything from the beginning. */
  fresh(): void;
  /** `index`: of an event, counted from 1; the same one may come again. */
  heard<K extends keyof StreamEvents>(name: K, data: StreamEvents[K], index: number): void;
  /** The session is not known any more. */
  out(): void;
}

const names = ["state", "event", "lanes", "progress", "abort"] as const satisfies readonly (keyof StreamEvents)[];
/** The server says something at least every 10 s; longer silence is a dead connection that nobody has noticed. */
const silentMs = 15_000;
const againMs = 1000;

export class Feed {
  #source: EventSource | undefined;
  #heardMs = performance.now();
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly role: Role,
    readonly listener: Listener,
    readonly isKnown: () => Promise<boolean>,
  ) {}

  start(): void {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.stop() : this.#open()));
    window.addEventListener("online", () => this.#open());
    setInterval(() => {
      if (!document.hidden && this.#source && performance.now() - this.#heardMs > silentMs) this.#open();
    }, 2000);
    this.#open();
  }
  stop(): void {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#source = undefined;
  }
  /** Seconds since anything was heard; 0 while the connection is open and not silent for too long. */
  deadS(): number {
    const silentForMs = performance.now() - this.#heardMs;
    return this.#source?.readyState === EventSource.OPEN && silentForMs < silentMs ? 0 : Math.round(silentForMs / 1000);
  }

  #open(): void {
    this.stop();
    if (document.hidden) return;
    const source = new EventSource(`/api/stream?as=${this.role}`);
    this.#source = source;
    let isFresh = true;
    source.addEventListener("beat", () => {
      this.#heardMs = performance.now();
    });
    for (const name of names)
      source.addEventListener(name, (message) => {
        this.#heardMs = performance.now();
        if (isFresh) this.listener.fresh();
        isFresh = false;
        this.listener.heard(name, JSON.parse(message.data) as StreamEvents[typeof name], Number(/(\d+)\.\d+$/.exec(message.lastEventId)?.[1] ?? 0));
      });
    source.addEventListener("error", () => {
      // A browser reconnects by itself after a lost connection, and gives up after a refusal.
      if (source.readyState !== EventSource.CLOSED || source !== this.#source) return;
      this.#again = setTimeout(async () => {
        if (await this.isKnown()) this.#open();
        else this.listener.out();
      }, againMs);
    });
  }
}
