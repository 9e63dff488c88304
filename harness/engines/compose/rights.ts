/** Which rights a container has, and why. Everything else is dropped; none is privileged. */
import type { Component } from "../../core.js";

export type Need = "mounts" | "user" | "packets";
interface Right {
  readonly why: string;
  /** Capability → what it is for. */
  readonly caps: Readonly<Record<string, string>>;
  readonly devices?: readonly string[];
  readonly security?: Readonly<Record<string, string>>;
  readonly sysctls?: Readonly<Record<string, string>>;
}

/** The whole table: docs/engines.md is made from it. */
export const rights: Readonly<Record<Need, Right>> = {
  mounts: {
    why: "mounts LUNs through FUSE",
    caps: { SYS_ADMIN: "mount and umount" },
    devices: ["/dev/fuse"],
    security: { "apparmor:unconfined": "Docker's AppArmor profile refuses mount" },
  },
  user: {
    why: "its server refuses to run as root",
    caps: {
      CHOWN: "gives it its data folder",
      SETUID: "becomes the unprivileged user",
      SETGID: "and its group",
      KILL: "ends what runs as another user",
    },
  },
  packets: {
    why: "packets pass through it by rules of its own",
    caps: { NET_ADMIN: "sets rules in its own network namespace" },
    sysctls: { "net.ipv4.ip_forward": "1" },
  },
};

export function needs(component: Component): readonly Need[] {
  return [
    ...(Object.keys(component.mounts).length > 0 ? (["mounts"] as const) : []),
    ...(component.unprivileged ? (["user"] as const) : []),
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
  const caps = mine.flatMap((right) => Object.keys(right.caps));
  const devices = mine.flatMap((right) => right.devices ?? []);
  const sysctls = Object.assign({}, ...mine.map((right) => right.sysctls ?? {})) as Readonly<Record<string, string>>;
  return {
    cap_drop: ["ALL"],
    ...(caps.length > 0 ? { cap_add: caps } : {}),
    ...(devices.length > 0 ? { devices } : {}),
    security_opt: ["no-new-privileges:true", ...mine.flatMap((right) => Object.keys(right.security ?? {}))],
    ...(Object.keys(sysctls).length > 0 ? { sysctls } : {}),
  };
}
