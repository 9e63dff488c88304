/** Which components a profile has, and how they are wired: pure data for an engine. */
import { join } from "node:path";
import { chosenPolicies, shapeOf } from "../../harness/choices.js";
import type { Component, Topology } from "../../harness/core.js";
import { dist } from "../../harness/paths.js";

/** How many services stand behind the front. */
const shapes = { single: 1, pair: 2 };
export const profiles = Object.keys(shapes);
/** The first choice is the default. */
export const policies = { "entries.breaker": ["manual", "auto"] };

/** Timers at factor 1: how old the services' copy of the book gets, and how long a book stays closed that opens by itself. */
const timersMs = { refresh: 2000, reopen: 30_000 };
const scaledMs = (timer: keyof typeof timersMs, timeFactor: number) => Math.round(timersMs[timer] / timeFactor);
export const refreshMs = (timeFactor: number): number => scaledMs("refresh", timeFactor);

const component = (name: string, role: string, parts: Partial<Component> = {}): Component => ({
  name,
  role,
  command: ["node", join(dist, "targets", "guestbook", "platform", `${role}.mjs`)],
  env: {},
  links: {},
  mounts: {},
  ports: { admin: "http", http: "http" },
  ready: "http:admin/healthz",
  secrets: [`admin:${name}`],
  supervised: true,
  ...parts,
});

export function topology(profile: string, timeFactor: number, policy: Readonly<Record<string, string>>): Topology {
  const services = Array.from({ length: shapeOf(shapes, profile) }, (_, i) => `entries-${i + 1}`);
  const env = {
    BREAKER: chosenPolicies(policies, policy)["entries.breaker"],
    REFRESH_MS: String(refreshMs(timeFactor)),
    REOPEN_MS: String(scaledMs("reopen", timeFactor)),
  };
  const components = [
    component("store-1", "store"),
    ...services.map((name) => component(name, "entries", { env, links: { store: { to: "store-1", port: "http", class: "state" } } })),
    component("web-1", "web", {
      links: Object.fromEntries(services.map((to) => [to, { to, port: "http", class: "edge" }])),
      // Users reach it: from their own network where there are containers.
      contained: { outside: ["web"], published: ["http"] },
    }),
  ];
  return { profile, domain: "guestbook.test", components };
}

export const servicesOf = ({ components }: { readonly components: readonly { readonly name: string; readonly role: string }[] }): readonly string[] =>
  components.filter(({ role }) => role === "entries").map(({ name }) => name);
