/** How an abort goes on: the keeper stops and heals, whatever the runner does, and each proof is told as it comes. */
import { nowUs } from "../clock.js";
import type { Event } from "../core.js";
import type { KeeperStatus } from "../keeper/socket/verbs.js";
import type { KeeperLink } from "./keeper-link.js";
import type { AbortProgress } from "./protocol.js";

/** By which whoever ends the game knows that the stop was the game's own. */
export const stopReason = "game day: aborted";
const againMs = 500;
type Heal = NonNullable<AbortProgress["heals"]>[number];

export class AbortWatch {
  progress: AbortProgress | null = null;
  readonly #heals: Heal[] = [];
  readonly #mustHeal = new Map<string, string>();
  #underWay = false;
  #over = false;

  constructor(readonly changed: () => void) {}

  begin({ who, reason, atMs }: { readonly who: string; readonly reason: string; readonly atMs: number }, link: KeeperLink | undefined): void {
    if (this.#underWay && link) return;
    if (!this.progress) this.#say({ by: who, askedMs: atMs, of: null, proved: 0, done: false, heals: [] });
    if (!link) return; // there is nothing to heal yet: the runner calls off what it brings up
    this.look(link.status);
    this.#underWay = true;
    void this.#stop(`${stopReason} by ${who}${reason ? `: ${reason}` : ""}`, link);
  }
  /** The run has ended by itself: nothing is injected any more, and its own healing is in the timeline. */
  runIsOver(): void {
    this.#over = true;
    if (this.progress && !this.progress.done) this.#say({ of: this.progress.of ?? 0, done: true });
  }
  heard(event: Event): void {
    if (!this.progress || event.kind !== "healed") return;
    const target = this.#mustHeal.get(event.injection) ?? event.injection.slice(event.injection.indexOf("/") + 1);
    this.#mustHeal.set(event.injection, target);
    const atMs = Date.now() - (nowUs() - event.atUs) / 1000;
    const says = event.proved ? `${target} reads intact` : `${target} is still broken`;
    this.#heals.push({ injection: event.injection, target, proved: event.proved, atMs, says });
    this.#say({});
  }
  look(status: KeeperStatus | undefined): void {
    if (!this.progress || !status) return;
    for (const { id, target } of status.injections) this.#mustHeal.set(id, target);
    this.#say({});
  }

  /** Until it is done: a keeper that has died is taken over from, and heals by its journal. */
  async #stop(reason: string, link: KeeperLink): Promise<void> {
    while (!this.#over)
      try {
        const client = await link.client(true);
        this.look(await client.status());
        await client.stop(reason);
        const { injections } = await client.status();
        if (injections.length > 0) throw new Error(`${injections.map(({ target }) => target).join(", ")}: not proved healed`);
        return this.#say({ done: true, trouble: undefined });
      } catch (error) {
        if (this.#over) return;
        this.#say({ trouble: (error as Error).message });
        await new Promise((resolve) => setTimeout(resolve, againMs).unref());
      }
  }
  #say(change: { [K in keyof AbortProgress]?: AbortProgress[K] | undefined }): void {
    const proved = new Set(this.#heals.filter((heal) => heal.proved).map(({ injection }) => injection)).size;
    const { trouble, ...rest } = { ...this.progress, ...change };
    this.progress = {
      ...(rest as AbortProgress),
      of: this.#underWay ? this.#mustHeal.size : (rest.of ?? null),
      proved,
      heals: [...this.#heals],
      ...(trouble === undefined ? {} : { trouble }),
    };
    this.changed();
  }
}
