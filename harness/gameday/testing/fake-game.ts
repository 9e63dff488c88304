/**
 * A game without a foundation, for working on the page: a front end is wiped 12 s after the beginning, players restore it with restoreEdge, or the rail does after 60 s.
 *
 *     node scripts/build.mjs && node dist/harness/gameday/testing/fake-game.js [PORT] [open]
 *
 * prints the three links. `open`: not blind. It is over 15 s after the healing.
 */
import { pathToFileURL } from "node:url";
import type { Event, EventBody } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { peopleFigures } from "../../measure/people.js";
import type { Change, Game, Truth, Viewer } from "../game.js";
import type { AbortProgress, InjectionState, StageName } from "../protocol.js";
import { servePage } from "../server.js";

const binUs = 500_000;
const breaksAtS = 12;
const railS = 60;
const heads = [
  { key: "control-outside", says: "developers", plane: "control", from: "outside" },
  { key: "data-outside", says: "app users", plane: "data", from: "outside" },
  { key: "control-inside", says: "developers, inside", plane: "control", from: "inside" },
  { key: "data-inside", says: "apps, inside", plane: "data", from: "inside" },
] as const;
const targets = ["firewall-1", "lb-1", "router-1", "router-2"];
const refuse = (says: string) => new FlounderError("refused", says, "look at the page");

export function fakeGame({ blind = true, quick = 1 }: { readonly blind?: boolean; readonly quick?: number } = {}): Game & { end(): void } {
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change) => {
    for (const listener of listeners) listener(change);
  };
  const events: Event[] = [];
  const lost = new Map<string, (number | null)[]>(heads.map(({ key }) => [key, []]));
  let stage: StageName = "raising";
  let zeroMs: number | null = null;
  let frozen: Truth["frozen"] = null;
  let abort: AbortProgress | null = null;
  let begun = false;
  let injections: InjectionState[] = targets.map((target) => ({
    id: `day-2/${target}`,
    act: "day-2",
    target,
    state: "planned",
    reads: null,
    bitUs: null,
    healedUs: null,
  }));
  let brokenUs: number | undefined;
  let healedUs: number | undefined;
  const atUs = () => (zeroMs === null ? 0 : Math.round((Date.now() - zeroMs) * 1000 * quick));
  const note = (body: EventBody, us = atUs()) => {
    events.push({ atUs: us, by: "script", ...body } as Event);
    tell({ of: "events" });
  };
  const readings = (state: "intact" | "broken", us: number) => {
    for (const { id } of injections) note({ kind: "reading", by: "keeper", injection: id, reading: { state }, fromUs: us - 10_000 }, us);
  };
  const all = (state: InjectionState["state"], reads: string, more: Partial<InjectionState> = {}) => {
    injections = injections.map((one) => ({ ...one, state, reads, ...more }));
    readings(reads as "intact", atUs() + 20_000);
    tell({ of: "truth" });
  };
  const heal = (why: "playbook" | "rail" | "stop") => {
    if (brokenUs === undefined || healedUs !== undefined) return;
    healedUs = atUs();
    readings("broken", healedUs - 50_000);
    for (const { id } of injections) note({ kind: "healing", by: "keeper", injection: id });
    all("healed", "intact", { healedUs: { lo: healedUs - 200_000, hi: healedUs } });
    for (const { id } of injections) note({ kind: "healed", by: "keeper", injection: id, proved: true, why });
    note({ kind: "act", act: "day-2", state: "ended" });
    note({ kind: "phase", phase: "watch" });
  };
  const truth = (): Truth => ({
    stage,
    blind,
    zeroMs,
    frozen,
    seats: [
      { name: "operations", inside: true, console: true },
      { name: "support", inside: false, console: false },
    ],
    lanes: heads,
    console: {
      verbs: [
        { name: "restoreEdge", params: ["role"], says: 'the front end from the saved configs, from the door inwards; of one role, such as "lb", or all' },
        { name: "restart", params: ["role", "atOnce"], says: 'every component of a role, such as "router", so many at once' },
        { name: "verify", params: ["by"], says: 'hashes every blob again, through the mounts of "one" Cloud Controller or of "each"' },
      ],
      playbook: [
        {
          procedure: "nobody gets in",
          detect: "app users outside down for 2 s",
          steps: [
            { step: 1, says: "understand that it is the network, and who touched it", does: "decide", runs: false },
            { step: 2, says: "restore the front end from the saved configs", does: "restore", runs: true },
          ],
        },
      ],
      ask: null,
    },
    secret: {
      scenario: "day-2",
      says: "one keystroke wipes balancers, routers, firewall and part of the DNS: every app runs, and nobody outside can reach one",
      seed: 20110425,
      engine: "local",
      profile: "org",
      foundation: "day-2-fake",
      phase: stage === "running" ? (brokenUs === undefined ? "steady" : healedUs === undefined ? "turbulence" : "watch") : null,
      acts: [{ id: "day-2", fault: "edge-wipe", colour: "#b5530a", targets, atS: 0, forS: railS, endedBy: "playbook", clock: "10:15" }],
      injects: [
        {
          id: "slow-bus",
          fault: "link-slow",
          colour: "#2f6fb0",
          targets: ["dea-1>nats-1"],
          atS: 0,
          forS: 20,
          endedBy: "time",
          begun,
          blocked: begun ? "it has begun already" : brokenUs === undefined ? "the run is not at its acts yet" : null,
        },
      ],
      injections,
      keeper: { stopped: abort ? "aborted" : null, live: brokenUs !== undefined && healedUs === undefined ? targets.length : 0 },
      runner: stage === "running" ? "alive" : "none",
    },
    abort,
  });
  const tick = () => {
    const binAt = Math.floor(atUs() / binUs);
    const from = lost.get("data-outside")!.length;
    const down = brokenUs !== undefined && healedUs === undefined;
    for (const { key } of heads) {
      const lane = lost.get(key)!;
      while (lane.length < binAt) lane.push(lane.length < 8 ? null : down && key.endsWith("outside") ? (key.startsWith("data") ? 1 : 0.8) : 0);
    }
    if (binAt > from) tell({ of: "lanes", fromBin: from });
    if (brokenUs === undefined && atUs() > breaksAtS * 1e6) {
      brokenUs = atUs();
      note({ kind: "phase", phase: "turbulence" });
      note({ kind: "act", act: "day-2", state: "begins" });
      readings("intact", atUs() - 100_000);
      for (const { id, target } of injections) note({ kind: "injecting", by: "keeper", injection: id, fault: "edge-wipe", target, client: "fake" });
      all("injected", "broken", { bitUs: { lo: brokenUs, hi: brokenUs + 180_000 } });
      setTimeout(
        () => note({ kind: "alarm", by: "platform", from: "monitor-1", alarm: "front-door", says: "front-door lb-1: no answer for 2 s" }),
        2500 / quick,
      );
    }
    if (brokenUs !== undefined && atUs() > brokenUs + railS * 1e6) heal("rail");
    if (healedUs !== undefined && atUs() > healedUs + 15e6 && stage === "running") {
      note({ kind: "phase", phase: "end" });
      stage = "over";
      tell({ of: "truth" });
    }
  };
  const timers = [
    setTimeout(() => {
      stage = "ready";
      tell({ of: "truth" });
    }, 1500 / quick),
    setInterval(() => {
      if (stage === "running") tick();
    }, 250 / quick),
  ];
  const facilitator = (who: Viewer, did: "go" | "inject" | "no-more" | "note" | "freeze" | "unfreeze" | "abort", says: string) =>
    note({ kind: "facilitator", by: "person", who: who.name, did, says, ok: true });
  const verb = async (name: string, args: readonly string[], who: Viewer) => {
    if (frozen) return { ok: false, says: `${name} is refused: frozen until ${frozen.untilIso}` };
    const ok = name !== "verify";
    const says = ok ? (name === "restoreEdge" ? `restored from the saved configs: ${targets.join(", ")}` : `${args[0]} restarted`) : "nothing to verify";
    note({ kind: "audit", by: "person", who: who.name, verb: name, on: args[0] ?? "front end", ok, says });
    if (name === "restoreEdge") heal("playbook");
    return { ok, says };
  };
  return {
    get truth() {
      return truth();
    },
    events,
    get bins() {
      return { binUs, lost };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async go(who) {
      if (stage !== "ready") throw refuse(`the run cannot begin: the game is ${stage}`);
      stage = "running";
      zeroMs = Date.now();
      note({ kind: "zero", wallIso: new Date(zeroMs).toISOString(), flounder: "fake" });
      facilitator(who, "go", "");
      note({ kind: "phase", phase: "steady" });
      tell({ of: "truth" });
    },
    async inject(act, who) {
      if (act !== "slow-bus") throw new FlounderError("usage", `there is no unplanned act "${act}"`, "there is slow-bus");
      if (begun || brokenUs === undefined) throw refuse("it cannot begin now");
      begun = true;
      note({ kind: "facilitator", by: "person", who: who.name, did: "inject", act, says: "", ok: true });
      tell({ of: "truth" });
    },
    noMore: async (who) => facilitator(who, "no-more", ""),
    note: async (says, who) => facilitator(who, "note", says),
    async freeze(forS, reason, who) {
      frozen = { untilIso: new Date(Date.now() + forS * 1000).toISOString(), reason };
      facilitator(who, "freeze", reason);
      tell({ of: "truth" });
    },
    async unfreeze(reason, who) {
      frozen = null;
      facilitator(who, "unfreeze", reason);
      tell({ of: "truth" });
    },
    async abort(reason, who) {
      if (abort) return;
      facilitator(who, "abort", reason);
      const of = brokenUs !== undefined && healedUs === undefined ? targets.length : 0;
      const heals: NonNullable<AbortProgress["heals"]>[number][] = [];
      abort = { by: who.name, askedMs: Date.now(), of, proved: 0, done: of === 0, heals };
      tell({ of: "truth" });
      tell({ of: "abort" });
      for (const [i, target] of targets.slice(0, of).entries())
        setTimeout(
          () => {
            heals.push({ injection: `day-2/${target}`, target, proved: true, atMs: Date.now(), says: `${target} reads intact` });
            abort = { ...abort!, proved: i + 1, done: i + 1 === of, heals };
            if (abort.done) heal("stop");
            tell({ of: "abort" });
          },
          150 * (i + 1),
        );
    },
    async mark(mark, says, who) {
      note({ kind: "mark", by: "person", who: who.name, seat: who.seat?.name ?? "", mark, says });
      return atUs();
    },
    verb,
    async step(procedure, step, does, who) {
      const came = does === "run" ? await verb("restoreEdge", [], who) : { ok: true, says: does === "tick" ? "ticked" : "skipped" };
      const says = truth().console.playbook[0]!.steps[step - 1]?.says ?? "";
      note({ kind: "step", by: "person", who: who.name, procedure, step, says, state: does === "skip" ? "refused" : "done", came: came.says });
      return came;
    },
    async approve() {
      throw refuse("nobody waits for an answer");
    },
    components: async () => ["cc-1", "dea-1", ...targets],
    log: async (component, lines) =>
      Array.from({ length: Math.min(lines, 12) }, (_, i) => `2026-01-01T10:15:${String(i).padStart(2, "0")}Z ${component} line ${i + 1}`),
    async debrief() {
      const toUs = atUs();
      const seconds = (us: number) => Math.round(us / 1e5) / 10;
      const bounds = (us: number) => ({ lo: seconds(us) - 0.2, hi: seconds(us) + 0.2 });
      const bitUs = brokenUs ?? 0;
      return {
        verdict: {
          result: abort ? "aborted" : "pass",
          scenario: "day-2",
          seed: 20110425,
          lostS: {
            data: { outside: bounds((healedUs ?? bitUs) - bitUs), inside: { lo: 0, hi: 0 } },
            control: { outside: bounds((healedUs ?? bitUs) - bitUs), inside: { lo: 0, hi: 0 } },
          },
          findings: [],
          people: peopleFigures(
            {
              acts: [{ id: "day-2", fault: "edge-wipe", options: {}, on: { of: "{lb,router,firewall}-*", pick: "all" }, forS: railS }],
              injections: injections.map(({ id, act, target }) => ({ id, act, target, fault: "edge-wipe", options: {}, atS: 0, maxS: railS })),
            },
            [{ atUs: 0, by: "script", kind: "people", blind, seats: truth().seats.map(({ name }) => name) }, ...events],
            [],
          ),
        },
        sentence: "In day-2 every app ran and nobody outside could reach one.",
        zeroMs: zeroMs ?? 0,
        fromUs: 0,
        toUs,
        lanes: heads.map((head) => ({
          ...head,
          stretches: lost.get(head.key)!.map((share, i) => ({ fromUs: i * binUs, toUs: (i + 1) * binUs, lost: share })),
        })),
        acts: truth().secret.acts.map((act) => ({
          ...act,
          heldFromUs: { lo: bitUs, hi: bitUs + 180_000 },
          heldToUs: { lo: (healedUs ?? bitUs) - 200_000, hi: healedUs ?? bitUs },
        })),
        events: events.map((event) => ({
          ...event,
          seenBy: ["alarm", "mark", "audit", "step"].includes(event.kind) ? (["facilitator", "player", "room"] as const) : (["facilitator"] as const),
        })),
        sawLanes: { facilitator: heads.map(({ key }) => key), player: ["control-outside", "data-outside"], room: ["control-outside", "data-outside"] },
        seats: truth().seats,
      };
    },
    reportHtml: async () => "<!doctype html><title>report</title><p>The report of a game that was made up.</p>",
    end() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [port = "0", open] = process.argv.slice(2);
  const served = await servePage({ game: fakeGame({ blind: open !== "open" }), gameId: "fake", secret: "fake".repeat(16), port: Number(port) });
  for (const role of ["facilitator", "player", "room"] as const) process.stdout.write(`${served.link(role)}\n`);
}
