/** Which rights a container has, and why. Everything else is dropped; none is privileged. */
import type { Component } from "../../core.js";

export type Need = "mounts" | "namespaces" | "packets";
interface Right {
  readonly why: string;
  /** Capability → what it is for. */
  readonly caps: Readonly<Record<string, string>>;
  readonly devices?: readonly string[];
  readonly security?: Readonly<Record<string, string>>;
  readonly sysctls?: Readonly<Record<string, string>>;
}

/** Where a container's supervisor is root because of a right: the component itself is not. */
const becomes = {
  CHOWN: "gives the component its data folder",
  SETUID: "starts it as an unprivileged user",
  SETGID: "and as that user's group",
  KILL: "ends what runs as that user",
};

/** The whole table: docs/engines.md is made from it. */
export const rights: Readonly<Record<Need, Right>> = {
  mounts: {
    why: "mounts volumes through FUSE",
    caps: { SYS_ADMIN: "mount and umount", ...becomes },
    devices: ["/dev/fuse"],
    security: { "apparmor:unconfined": "Docker's AppArmor profile refuses mount" },
  },
  namespaces: {
    why: "gives each app namespaces of its own",
    caps: { SYS_ADMIN: "where it is given, Docker's filter of system calls lets anybody make namespaces; and a /proc that is whole is mounted", ...becomes },
    security: { "apparmor:unconfined": "Docker's AppArmor profile refuses mount" },
  },
  packets: {
    why: "packets pass through it by rules of its own",
    caps: { NET_ADMIN: "sets rules in its own network namespace; the component has this one alone", ...becomes },
    sysctls: { "net.ipv4.ip_forward": "1" },
  },
};

export function needs(component: Component): readonly Need[] {
  const mounts = Object.keys(component.mounts).length > 0;
  return [
    ...(mounts ? (["mounts"] as const) : []),
    ...(component.slots ? (["namespaces"] as const) : []),
    ...(component.contained?.filters ? (["packets"] as const) : []),
  ];
}

export interface Rights {
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
  readonly devices?: readonly string[];
  readonly security_opt: readonly string[];
  readonly sysctls?: Readonly<Record<string, string>>;
}
/** The same as keys of a compose service. */
export function rightsOf(all: readonly Need[]): Rights {
  const mine = all.map((need) => rights[need]);
  const caps = [...new Set(mine.flatMap((right) => Object.keys(right.caps)))];
  const devices = mine.flatMap((right) => right.devices ?? []);
  const sysctls = Object.assign({}, ...mine.map((right) => right.sysctls ?? {})) as Readonly<Record<string, string>>;
  return {
    cap_drop: ["ALL"],
    ...(caps.length > 0 ? { cap_add: caps } : {}),
    ...(devices.length > 0 ? { devices } : {}),
    security_opt: ["no-new-privileges:true", ...new Set(mine.flatMap((right) => Object.keys(right.security ?? {})))],
    ...(Object.keys(sysctls).length > 0 ? { sysctls } : {}),
  };
}
