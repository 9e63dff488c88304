/**
 * An engine for tests: its components are files in the foundation's folder, so that a test sees from elsewhere what is broken,
 * and so that what a killed keeper broke stays broken. FLAWS (env, JSON) makes it misbehave.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { nowUs, sleep } from "../../clock.js";
import type { Capabilities, Capability, Engine, FoundationSpec, Running, Target, TargetInfo, TargetSystem } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { writeWhole } from "../../state/own-file.js";

/** What is broken in a target. */
export interface FakeState {
  readonly cut?: string;
  readonly dead?: "agent" | "node";
  readonly paused?: boolean;
  readonly held?: boolean;
  readonly latencyMs?: number;
  readonly rateKBps?: number;
  readonly full?: "one" | "all";
  readonly brownOut?: "A" | "B";
  readonly corrupt?: number;
  readonly poisoned?: string;
  readonly wiped?: string;
  readonly denied?: string;
  readonly drained?: "some" | "all";
  readonly slipped?: string;
  readonly muted?: readonly string[];
  /** Nobody answers behind it. */
  readonly vacant?: true;
  readonly generation: number;
  readonly escalated?: readonly number[];
}
export interface Flaws {
  /** Deeds and undoings take so long. */
  readonly slowMs?: number;
  /** Deeds do nothing. */
  readonly decoy?: boolean;
  /** Undoing throws until the remedy of this place was applied. */
  readonly healsAfterStep?: 0 | 1 | 2 | 3;
  /** Starting fails with these words. */
  readonly bootError?: string;
  readonly bootMs?: number;
  /** Attaching fails with these words. */
  readonly attachError?: string;
  /** Something withstands the end so many times. */
  readonly reapFailures?: number;
}

const ways = { link: ["refuse", "reset", "swallow"], mount: ["detach", "hang", "read-only", "slow"] } as const;
const info = (name: string, role: string, kind: TargetInfo["kind"], can: readonly Capability[], cls?: string): TargetInfo => ({
  name,
  role,
  kind,
  can,
  ways: can.includes("link") ? { link: ways.link } : can.includes("mount") ? { mount: ways.mount } : {},
  ...(cls ? { class: cls } : {}),
});
const wipeable = (target: TargetInfo, parts: readonly string[]): TargetInfo => ({ ...target, ways: { config: parts } });
export const fakeTargets: readonly TargetInfo[] = [
  info("cc-1", "cc", "component", ["process"]),
  { ...info("dea-1", "dea", "component", ["process"]), hosts: true },
  info("router-1", "router", "component", ["process", "table"]),
  wipeable(info("firewall-1", "firewall", "component", ["process", "config", "rules"]), ["all", "rules"]),
  info("lb-1", "lb", "component", ["process", "pool", "links", "console"]),
  wipeable(info("dns-1", "dns", "component", ["process", "config"]), ["all", "external", "internal"]),
  info("nats-1", "nats", "component", ["process", "subjects"]),
  info("cabinet-a", "cabinet", "component", ["process", "power", "content", "room"]),
  info("dea-1>nats-1", "dea", "link", ["link"], "bus"),
  info("cc-1>ccdb-1", "cc", "link", ["link"], "state"),
  ...Array.from({ length: 8 }, (_, i) => info(`cc-${i + 1}:lun-1`, "cc", "mount", ["mount"])),
];

const fileOf = (dir: string, name: string) => join(dir, "fake", `${encodeURIComponent(name)}.json`);
export function readFake(dir: string, name: string): FakeState {
  const path = fileOf(dir, name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as FakeState) : { generation: 1 };
}
/** Breaks or repairs a target behind the keeper's back. */
export const writeFake = (dir: string, name: string, state: Partial<FakeState>): void =>
  writeWhole(fileOf(dir, name), JSON.stringify({ generation: readFake(dir, name).generation, ...state }));

function mayUndo(dir: string, name: string, { healsAfterStep }: Flaws): void {
  if (healsAfterStep !== undefined && !readFake(dir, name).escalated?.includes(healsAfterStep)) throw new Error("the proxy does not answer");
}

/** The capabilities of one target, all of them: what it may be asked for is checked by target(). */
function capabilities(dir: string, name: string, flaws: Flaws): Capabilities {
  const read = () => readFake(dir, name);
  const deed = async (change: Partial<FakeState>) => {
    await sleep(flaws.slowMs ?? 0);
    if (!flaws.decoy) writeFake(dir, name, { ...read(), ...change });
  };
  const undo = async (drop: readonly (keyof FakeState)[], change: Partial<FakeState> = {}) => {
    await sleep(flaws.slowMs ?? 0);
    const state = read();
    mayUndo(dir, name, flaws);
    writeFake(dir, name, {
      ...(Object.fromEntries(Object.entries(state).filter(([key]) => !drop.includes(key as keyof FakeState))) as Partial<FakeState>),
      ...change,
    });
  };
  return {
    process: {
      kill: (scope) => deed({ dead: scope }),
      start: () => undo(["dead"], read().dead ? { generation: read().generation + 1 } : {}),
      pause: () => deed({ paused: true }),
      resume: () => undo(["paused"]),
      responds: async () => !read().dead && !read().paused,
      generation: async () => String(read().generation),
      population: async () => (read().dead === "node" ? 0 : read().dead ? 2 : 3),
    },
    link: {
      cut: (how) => deed({ cut: how }),
      shape: ({ latencyMs, rateKBps }) => deed({ ...(latencyMs === undefined ? {} : { latencyMs }), ...(rateKBps === undefined ? {} : { rateKBps }) }),
      mend: () => undo(["cut", "latencyMs", "rateKBps"]),
      carries: async () => read().cut === undefined && !read().vacant,
      rttMs: async () => (read().cut ? Number.POSITIVE_INFINITY : 1 + (read().latencyMs ?? 0)),
      throughputKBps: async () => (read().cut ? 0 : (read().rateKBps ?? 5000)),
    },
    mount: {
      cut: (how) => deed({ cut: how }),
      slow: (latencyMs) => deed({ latencyMs }),
      mend: () => undo(["cut", "latencyMs"]),
      proofMs: async () => (read().cut ? Number.POSITIVE_INFINITY : 5 + 6 * (read().latencyMs ?? 0)),
      state: async () => (({ detach: "error", hang: "hung", "read-only": "read-only" })[read().cut ?? ""] as "error") ?? "usable",
    },
    table: {
      flush: () => deed({ generation: read().generation + 1 }),
      hold: (held) => (held ? deed({ held }) : undo(["held"])),
      answers: async () => !read().held,
      generation: async () => String(read().generation),
      poison: (poisoned) => deed({ poisoned }),
      cure: () => undo(["poisoned"]),
      truthful: async () => read().poisoned === undefined,
    },
    content: { corrupt: (corrupt) => deed({ corrupt }), restore: () => undo(["corrupt"]), whole: async () => read().corrupt === undefined },
    room: {
      fill: (full) => deed({ full }),
      free: () => undo(["full"]),
      takes: async () => (({ one: "some", all: "none" }) as const)[read().full as "one"] ?? "all",
    },
    power: { brownOut: (brownOut) => deed({ brownOut }), restore: () => undo(["brownOut"]), steady: async () => read().brownOut === undefined },
    subjects: { mute: (muted) => deed({ muted }), unmute: () => undo(["muted"]), carries: async (pattern) => read().muted?.includes(pattern) !== true },
    config: {
      wipe: (wiped = "all") => deed({ wiped, generation: read().generation + 1 }),
      restore: () => undo(["wiped"]),
      serves: async () => read().wiped === undefined,
      generation: async () => String(read().generation),
    },
    rules: { deny: (denied) => deed({ denied }), allow: () => undo(["denied"]), admits: async () => read().denied === undefined },
    pool: {
      drain: (drained) => deed({ drained }),
      fill: () => undo(["drained"]),
      reaches: async () => {
        const { drained } = read();
        return drained === undefined ? "all" : drained === "all" ? "none" : "some";
      },
    },
    console: {
      slip: (slipped) => deed({ slipped, generation: read().generation + 1 }),
      undo: () => undo(["slipped"]),
      asMeant: async () => read().slipped === undefined,
      generation: async () => String(read().generation),
    },
    links: { cut: (how) => deed({ cut: how }), mend: () => undo(["cut"]), carry: async () => (read().cut === undefined ? "all" : "none") },
  };
}

/** A live target of the fake engine, as a fault gets it. */
export function fakeTarget<C extends Capability>(dir: string, name: string, needs: readonly C[], flaws: Flaws = {}): Target<C> {
  const found = fakeTargets.find((target) => target.name === name);
  if (!found) throw new FlounderError("refused", `no target ${name}`, "choose another");
  const all = capabilities(dir, name, flaws);
  return { name, role: found.role, can: Object.fromEntries(needs.map((need) => [need, all[need]])) as unknown as Pick<Capabilities, C> };
}

function running(dir: string, flaws: Flaws): Running {
  mkdirSync(join(dir, "fake"), { recursive: true });
  let reapFailures = flaws.reapFailures ?? 0;
  return {
    topology: fakeSystem.topology("micro", 20, {}),
    target: (name, needs) => fakeTarget(dir, name, needs, flaws),
    targets: () => fakeTargets,
    direct: (_component, _port) => ({ host: "127.0.0.1", port: 1 }),
    secret: (label) => label,
    dialled: (_link) => ({ host: "127.0.0.1", port: 1 }),
    call: async (component, path, body) => {
      if (component === "boom") throw new Error("a defect in an adapter");
      if (component === "crash") setTimeout(() => Promise.reject(new Error("planted defect")), 1);
      return { component, path, body: body ?? null };
    },
    fingerprint: async () => Object.fromEntries(fakeTargets.map(({ name }) => [name, readFake(dir, name).cut ?? "whole"])),
    components: () => [{ name: "cc-1", role: "cc", host: "127.0.0.1", state: "ready", pid: null, ports: {}, restarts: 0, log: "" }],
    vacant: async (name) => readFake(dir, name).vacant === true && readFake(dir, name).cut === undefined,
    remedies: (name) =>
      [0, 1, 2].map((step) => ({
        says: `step ${step}`,
        apply: async () => writeFake(dir, name, { ...readFake(dir, name), escalated: [...(readFake(dir, name).escalated ?? []), step] }),
      })),
    /** What is cut, muted or denied, by whomever. */
    async differences() {
      return fakeTargets.flatMap(({ name, can }) => {
        const { cut, denied, muted } = readFake(dir, name);
        const says = cut ? `cut (${cut})` : denied ? `denied (${denied})` : muted ? "muted" : undefined;
        const capability = (["link", "links", "mount", "rules", "subjects"] as const).find((one) => can.includes(one));
        if (says === undefined || capability === undefined) return [];
        const mend = async () => {
          mayUndo(dir, name, flaws);
          writeFake(dir, name, {});
        };
        return [{ target: name, capability, says, mend }];
      });
    },
    onTrouble: () => {},
    async reap() {
      if (reapFailures-- > 0) throw new FlounderError("platform", "something withstands", "end it by hand");
      rmSync(join(dir, "fake"), { recursive: true, force: true });
    },
  };
}

export function fakeEngine(flaws: Flaws): Engine {
  return {
    name: "local",
    says: "files in the foundation's folder",
    facts: async () => ({}),
    users: async () => ({}),
    check: async () => [],
    obtain: async () => {},
    targets: async () => fakeTargets,
    async start(spec: FoundationSpec, say, signal) {
      say("starting nothing in particular");
      if (flaws.bootError) throw new FlounderError("environment", flaws.bootError, "mend it");
      const endUs = nowUs() + (flaws.bootMs ?? 0) * 1000;
      while (nowUs() < endUs && !signal.aborted) await sleep(10);
      signal.throwIfAborted();
      return running(spec.dir, flaws);
    },
    async clear(_id, dir) {
      rmSync(join(dir, "fake"), { recursive: true, force: true });
    },
    async attach(dir) {
      if (flaws.attachError) throw new FlounderError("environment", flaws.attachError, "end it");
      return running(dir, flaws);
    },
  };
}

const unused = () => Promise.reject(new Error("not part of the fake system"));
export const fakeSystem: TargetSystem = {
  name: "fake",
  says: "nothing but files",
  profiles: ["micro"],
  timeFactorOf: () => 20,
  defaultScenario: "none",
  topology: (profile) => ({ profile, domain: "fake.test", components: [] }),
  capabilities: () => [],
  adapters: () => ({}),
  fingerprint: async () => ({ desired: "nothing" }),
  facts: (_topology, _addresses, secret) => ({ endpoints: { front: "http://127.0.0.1:1" }, user: "admin", password: secret }),
  prepare: unused,
  tidy: unused,
  plannedProbes: () => [],
  probes: [],
  routes: async (_topology, _call, _addresses, facts) => [
    { from: "outside", target: "api", url: String(facts.endpoints.front), host: "api.fake.test", resolvers: [] },
  ],
  delayedDamageS: () => 1,
  shortestTimerMs: () => 1000,
  recover: unused,
  missing: unused,
};
