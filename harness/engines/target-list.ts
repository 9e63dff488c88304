/** What can be broken in a topology: pure data, the same for every engine but for the ways of mounts. */
import type { Component, CutMount, TargetInfo, TargetSystem, Topology } from "../core.js";

export const linkName = (from: string, to: string) => `${from}>${to}`;
/** The name of one of a component's links; with the port where it has several links to the same one: "web-1>store-1.admin". */
export function linkOf({ name, links }: Pick<Component, "name" | "links">, key: string): string {
  const { to, port, from } = links[key]!;
  const several = Object.values(links).filter((link) => link.to === to && link.from === from).length > 1;
  return several ? `${linkName(from ?? name, to)}.${port}` : linkName(from ?? name, to);
}
export const frontName = (component: string) => `*>${component}`;
export const slotName = (component: string, slot: number) => `*>${component}.${slot}`;
export const mountName = (component: string, volume: string) => `${component}:${volume}`;
export const slotClass = "apps";
export const mountClass = "storage";

/** `ways`: what this engine can do to a mount here. */
export function targetList(
  topology: Topology,
  system: Pick<TargetSystem, "capabilities" | "overMounts" | "ways">,
  ways: readonly (CutMount | "slow")[],
): readonly TargetInfo[] {
  const dialled = new Set(topology.components.flatMap((component) => Object.values(component.links).map(({ to }) => to)));
  const linksForMounts = !ways.includes("hang");
  const own = (component: Component) => system.capabilities(component).filter((one) => !linksForMounts || !system.overMounts?.includes(one));
  return topology.components.flatMap((component): TargetInfo[] => {
    const { name, role } = component;
    const link = (target: string, linkClass: string): TargetInfo => ({ name: target, role, kind: "link", can: ["link"], ways: {}, class: linkClass });
    const linked = dialled.has(name) || [component.links, component.fronts ?? {}].some((own) => Object.keys(own).length > 0) || (component.slots ?? 0) > 0;
    return [
      {
        name,
        role,
        kind: "component",
        can: ["process", ...(linked ? (["links"] as const) : []), ...own(component)],
        ways: system.ways?.(component) ?? {},
        ...(component.slots ? { hosts: true } : {}),
      },
      ...Object.entries(component.links).map(([key, { class: of }]) => link(linkOf(component, key), of)),
      ...Object.values(component.fronts ?? {}).map((of) => link(frontName(name), of)),
      ...Array.from({ length: component.slots ?? 0 }, (_, i) => link(slotName(name, i + 1), slotClass)),
      ...Object.keys(component.mounts).map(
        (volume): TargetInfo => ({ name: mountName(name, volume), role, kind: "mount", can: ["mount"], ways: { mount: ways }, class: mountClass }),
      ),
    ];
  });
}
