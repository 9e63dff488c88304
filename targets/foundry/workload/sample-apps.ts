/** Names and shapes of the apps that a run needs: what users see (org flounder) and what control-plane probes work on (org flounder-probes). */

export const sampleOrg = { org: "flounder", space: "dev" } as const;
export const probeOrg = { org: "flounder-probes", space: "probes" } as const;

/** The apps whose users are the data plane, each with so many instances. */
export const sampleApps = (profile: string): readonly { readonly name: string; readonly instances: number }[] =>
  ["app-1", "app-2"].map((name) => ({ name, instances: profile === "micro" ? 1 : 3 }));

/** Control-plane probes ask the API through the front door, and each CC at its own port. */
export const controlTargets = (components: readonly { readonly name: string; readonly role: string }[]): readonly string[] => [
  "api",
  ...components.filter((component) => component.role === "cc").map((component) => component.name),
];

/** Started and stopped by turns. Two per target, so that a start and a stop under way at once work on different apps and the last word on each is known. */
export const lifecycleApps = (target: string): readonly string[] => [`probe-${target}-a`, `probe-${target}-b`];

/** Gets new bits again and again; never started. */
export const pushApp = (target: string): string => `probe-${target}-push`;

/** Scaled up and down; never started, so that scaling costs no processes. */
export const scaleApp = (target: string): string => `probe-${target}-scale`;

/** Apps made by probes, and only they, are named so. */
export const isProbeApp = (name: string): boolean => name.startsWith("probe-");

/** What prepare() leaves in the probes' org, and tidy() keeps. */
export const standingApps = (targets: readonly string[]): readonly string[] =>
  targets.flatMap((target) => [...lifecycleApps(target), pushApp(target), scaleApp(target)]);
