/**
 * The game as it is: read from the results folder that the runner writes (timeline, samples), from what the runner says of itself, and from the keeper. It keeps nothing of its
 * own, so that a server that is started again knows all that the one before it knew.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nowUs } from "../clock.js";
import { eventSchema } from "../core/event.js";
import type { Event, EventBody, FoundationFacts, Plan, Playbook, TargetSystem } from "../core.js";
import { FlounderError } from "../errors.js";
import { loadPlaybook, loadTarget } from "../registry.js";
import { files } from "../results/results.js";
import { AbortWatch } from "./abort.js";
import { debriefOf } from "./debrief.js";
import { deedOf, type GameFolder, type GameRecord, type PersonsDeed, type RunnerState } from "./folder.js";
import type { Bins, Came, Change, Game, Truth, Viewer } from "./game.js";
import { Hands } from "./hands.js";
import { KeeperLink } from "./keeper-link.js";
import { LiveLanes } from "./live-lanes.js";
import { componentLog } from "./logs.js";
import type { Debrief, MarkKind } from "./protocol.js";
import { SampleTail } from "./sample-tail.js";
import { secretOf } from "./secret.js";
import { jsonOf, Tail } from "./tail.js";

const lookMs = 60;
const samplesEveryMs = 300;
const truthEveryMs = 500;
/** A runner that gave no sign of life for so long is stopped or stuck. */
const silentMs = 3000;

export class LiveGame implements Game {
  readonly events: Event[] = [];
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #progress: Tail;
  readonly #people: Tail;
  readonly #record: GameRecord;
  #runner: RunnerState | undefined;
  #timeline: Tail | undefined;
  #samples: SampleTail | undefined;
  #lanes = new LiveLanes([]);
  #link: KeeperLink | undefined;
  #hands: Hands | undefined;
  #system: TargetSystem | undefined;
  #playbook: Playbook | undefined;
  /** Until something changes. */
  #truth: Truth | undefined;
  #toldTruth = "";
  #lookedAtMs = 0;
  readonly #abort: AbortWatch;

  constructor(readonly folder: GameFolder) {
    this.#record = folder.record();
    this.#progress = new Tail(folder.path("progress.log"));
    this.#people = new Tail(folder.path("people.jsonl"));
    this.#abort = new AbortWatch(() => {
      this.#truth = undefined;
      this.#tell({ of: "abort" });
    });
  }
  /** Resolves when all that was there before is read. */
  async open(): Promise<this> {
    await this.#look();
    this.#readSamples();
    let looking = false;
    const look = async () => {
      if (looking) return;
      looking = true;
      await this.#look().catch((error: Error) => process.stderr.write(`game day: ${error.stack}\n`));
      looking = false;
    };
    this.#timers.push(
      setInterval(() => void look(), lookMs),
      setInterval(() => this.#readSamples(), samplesEveryMs),
    );
    return this;
  }
  async end(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#link?.end();
  }

  get truth(): Truth {
    this.#truth ??= this.#allThatIsTrue();
    return this.#truth;
  }
  #allThatIsTrue(): Truth {
    const { blind, seats } = this.#record;
    const runner = this.#runner;
    const zero = this.events.find((event) => event.kind === "zero");
    const frozen = this.#link?.status?.frozen ?? null;
    return {
      stage: runner?.stage ?? "raising",
      blind,
      zeroMs: zero ? Date.parse(zero.wallIso) : null,
      frozen: frozen && { untilIso: frozen.untilIso, reason: frozen.reason },
      seats,
      lanes: this.#lanes.heads,
      console: { verbs: [], playbook: [], ...this.#hands?.state, ask: this.folder.asked() },
      secret: secretOf({
        plan: runner?.plan ?? null,
        events: this.events,
        foundation: runner?.foundation ?? null,
        keeper: this.#link?.status,
        runner: this.#signOfLife(),
      }),
      abort: this.#abort.progress,
      why: runner?.why,
    };
  }
  get bins(): Bins {
    return this.#lanes.bins;
  }
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async go(who: Viewer): Promise<void> {
    if (this.#stage !== "ready") throw refused(`the run cannot begin: the game is ${this.#stage}`);
    if (this.#goAsked) throw refused("the run begins already");
    this.#goAsked = true;
    this.#facilitated(who, "go", "");
    this.folder.did({ did: "go", who: who.name });
  }
  #goAsked = false;
  async inject(act: string, who: Viewer): Promise<void> {
    const found = this.truth.secret.injects.find(({ id }) => id === act);
    if (!found) throw new FlounderError("usage", `there is no unplanned act "${act}"`, "choose one of the list");
    if (found.blocked !== null) throw refused(`${act} cannot begin: ${found.blocked}`);
    this.folder.did({ did: "begin", who: who.name, act });
  }
  async noMore(who: Viewer): Promise<void> {
    this.#mustRun();
    this.#facilitated(who, "no-more", "");
    this.folder.did({ did: "no-more", who: who.name });
  }
  async note(says: string, who: Viewer): Promise<void> {
    this.#mustRun();
    this.#facilitated(who, "note", says);
  }
  async freeze(forS: number, reason: string, who: Viewer): Promise<void> {
    const client = await this.#keeper().client();
    await client.freeze(new Date(Date.now() + forS * 1000).toISOString(), `${reason || "game day"} (${who.name})`);
    this.#facilitated(who, "freeze", reason);
  }
  async unfreeze(reason: string, who: Viewer): Promise<void> {
    await (await this.#keeper().client()).unfreeze(`${reason || "game day"} (${who.name})`);
    this.#facilitated(who, "unfreeze", reason);
  }
  async abort(reason: string, who: Viewer): Promise<void> {
    if (this.#stage === "over" || this.#stage === "failed") throw refused("the run is over");
    this.#facilitated(who, "abort", reason);
    const deed = { did: "abort", who: who.name, reason, atMs: Date.now() } as const;
    this.folder.did(deed);
    this.#abort.begin(deed, this.#link);
    this.#truth = undefined;
    this.#tell({ of: "truth" });
  }
  async mark(mark: MarkKind, says: string, who: Viewer): Promise<number> {
    this.#mustRun();
    const atUs = this.#write({ kind: "mark", by: "person", who: who.name, seat: who.seat?.name ?? "", mark, says });
    return atUs - (this.#runner?.zeroUs ?? atUs);
  }
  async verb(name: string, args: readonly string[], who: Viewer): Promise<Came> {
    this.#mustRun();
    return this.#hands!.verb(name, args, who.name);
  }
  async step(procedure: string, step: number, does: "tick" | "run" | "skip", who: Viewer): Promise<Came> {
    this.#mustRun();
    return this.#hands!.step(procedure, step, does, who.name);
  }
  async approve(ask: number, go: boolean, who: Viewer): Promise<void> {
    if (this.folder.asked()?.ask !== ask) throw refused("nobody waits for that answer any more");
    this.folder.did({ did: "answer", who: who.name, ask, go });
  }
  async components(): Promise<readonly string[]> {
    return (await this.#facts()).components.map(({ name }) => name);
  }
  async log(component: string, lines: number): Promise<readonly string[]> {
    return componentLog(await this.#facts(), component, lines);
  }
  debrief(): Promise<Debrief> {
    return debriefOf(this.#results(), this.#record);
  }
  async reportHtml(): Promise<string> {
    return readFileSync(join(this.#results(), files.html), "utf8");
  }

  get #stage() {
    return this.#runner?.stage ?? "raising";
  }
  #signOfLife(): Truth["secret"]["runner"] {
    if (!this.#runner || this.#stage === "over" || this.#stage === "failed") return "none";
    if (this.folder.silentMs() < silentMs) return "alive";
    try {
      process.kill(this.#runner.pid, 0);
      return "silent";
    } catch {
      return "gone";
    }
  }
  #results(): string {
    if (!this.#runner?.folder) throw refused("there are no results");
    return this.#runner.folder;
  }
  #mustRun(): void {
    if (this.#stage !== "running") throw refused(`the run is not going on: the game is ${this.#stage}`);
  }
  #keeper(): KeeperLink {
    if (!this.#link) throw refused("the foundation is not up");
    return this.#link;
  }
  async #facts(): Promise<FoundationFacts> {
    return (await this.#keeper().client()).facts();
  }
  /** For the timeline; returns its stamp. */
  #write(body: EventBody): number {
    const atUs = nowUs();
    this.folder.did({ did: "event", event: { atUs, by: "person", ...body } as Event });
    return atUs;
  }
  #facilitated({ name }: Viewer, did: Extract<Event, { kind: "facilitator" }>["did"], says: string): void {
    this.#write({ kind: "facilitator", by: "person", who: name, did, says, ok: true });
  }
  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  async #look(): Promise<void> {
    const runner = this.folder.runner();
    if (runner && JSON.stringify(runner) !== JSON.stringify(this.#runner)) await this.#heardOfRunner(runner);
    for (const says of this.#progress.lines()) this.#tell({ of: "progress", says });
    for (const line of this.#people.lines()) this.#heardOfPeople(deedOf(line));
    const lines = this.#timeline?.lines() ?? [];
    for (const line of lines) {
      const event = eventSchema.safeParse(jsonOf(line));
      if (event.success) this.events.push(event.data as Event);
    }
    if (lines.length > 0) {
      this.#truth = undefined;
      this.#tell({ of: "events" });
    }
    // Signs of life, freezes and questions change without a line.
    if (this.#truth && Date.now() - this.#lookedAtMs < truthEveryMs) return;
    this.#lookedAtMs = Date.now();
    this.#truth = undefined;
    const truth = JSON.stringify(this.truth);
    if (truth !== this.#toldTruth) this.#tell({ of: "truth" });
    this.#toldTruth = truth;
  }
  async #heardOfRunner(runner: RunnerState): Promise<void> {
    const before = this.#runner;
    const { plan, foundation, folder } = runner;
    if (plan && !this.#hands) await this.#know(plan);
    this.#runner = runner;
    this.#truth = undefined;
    if (foundation !== null && !this.#link)
      this.#link = new KeeperLink(foundation, { event: (event) => this.#abort.heard(event), status: () => this.#abort.look(this.#link?.status) });
    if (folder !== null && !this.#timeline) {
      this.#timeline = new Tail(join(folder, files.timeline));
      this.#samples = new SampleTail(join(folder, files.samples));
    }
    if (before?.stage !== runner.stage && (runner.stage === "over" || runner.stage === "failed")) {
      this.#readSamples();
      this.#abort.runIsOver();
    }
  }
  async #know(plan: Plan): Promise<void> {
    this.#system = await loadTarget(plan.system);
    const own = this.#record.work.playbook;
    const name = typeof own === "string" ? own : plan.playbook;
    this.#playbook = name === undefined ? undefined : await loadPlaybook(name, plan.system);
    this.#lanes = new LiveLanes(plan.probes);
    this.#hands = new Hands({
      system: this.#system,
      playbook: this.#playbook,
      topology: async () => (await this.#keeper().client()).topology(),
      call: async (component, path, body, timeoutMs) => (await this.#keeper().client()).call(component, path, body, timeoutMs),
      note: (event) => void this.#write(event),
    });
  }
  /** What a server before this one was asked for and did not end. */
  #heardOfPeople(deed: PersonsDeed | undefined): void {
    if (deed?.did === "go") this.#goAsked = true;
    if (deed?.did === "abort" && this.#stage !== "over" && this.#stage !== "failed") this.#abort.begin(deed, this.#link);
  }
  #readSamples(): void {
    const first = this.#lanes.add(this.#samples?.read() ?? []);
    if (first !== undefined) this.#tell({ of: "lanes", fromBin: first });
  }
}

const refused = (says: string) => new FlounderError("refused", says, "look at what the page says of the game");
