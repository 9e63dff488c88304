/** Which probe asks what, how often and how patiently: rates in Hz, deadlines in ms. `flounder plan` gives each its own phase. */
import type { PlannedProbe, Topology, Vantage } from "../../../harness/core.js";
import { controlTargets, sampleApps } from "../workload/sample-apps.js";

/** Samples per second of one app, per vantage: its instances share them inside. */
const dataHz = 10;
const dataDeadlineMs = 1000;

/** Outside rates; from inside two CCs share the same between them, and of what is dear (start and stop cost a process each, push a droplet) a half. */
const operations: readonly { readonly probe: string; readonly hz: number; readonly deadlineMs: number; readonly dear?: true }[] = [
  { probe: "login", hz: 2, deadlineMs: 2000 },
  { probe: "logout", hz: 1, deadlineMs: 2000 },
  { probe: "create", hz: 1, deadlineMs: 2000 },
  { probe: "delete", hz: 1, deadlineMs: 3000 },
  { probe: "start", hz: 0.5, deadlineMs: 3000, dear: true },
  { probe: "stop", hz: 0.5, deadlineMs: 3000, dear: true },
  { probe: "scale", hz: 0.5, deadlineMs: 2000 },
  { probe: "push", hz: 0.33, deadlineMs: 5000, dear: true },
];

export function plannedProbes(topology: Topology): readonly PlannedProbe[] {
  // Two of the pool stand for it: asked more rarely, each of eight would leave its lost seconds open by its long period.
  const ccs = controlTargets(topology.components).slice(1, 3);
  const control = (from: Vantage, target: string, share: number) =>
    operations.map(({ probe, hz, deadlineMs, dear }) => ({
      probe,
      plane: "control" as const,
      from,
      target,
      hz: hz * share * (dear && from === "inside" ? 0.5 : 1),
      deadlineMs,
    }));
  const data = (from: Vantage, target: string, hz: number) => ({ probe: "app", plane: "data" as const, from, target, hz, deadlineMs: dataDeadlineMs });
  const wanted = [
    ...sampleApps(topology.profile).flatMap((app) => [
      data("outside", app.name, dataHz),
      ...Array.from({ length: app.instances }, (_, index) => data("inside", `${app.name}/${index}`, dataHz / app.instances)),
    ]),
    ...control("outside", "api", 1),
    ...ccs.flatMap((cc) => control("inside", cc, 1 / ccs.length)),
  ];
  return wanted.map(({ hz, ...rest }, i) => {
    const periodMs = Math.round(1000 / hz);
    return { ...rest, periodMs, phaseMs: Math.round((periodMs * i) / wanted.length) };
  });
}
