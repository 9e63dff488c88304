/**
 * Who may do what at the foundation's Toxiproxy servers. Loopback is no boundary: every user of the machine reaches it, and host processes reach containers.
 * A server's API wants its token. SFTP has no word for who asks, so the proxies of SFTP links introduce themselves to the server with a secret line, for the
 * foundation's own users alone (tools/go/toxiproxy-server); the server hangs up on who begins otherwise.
 */
import type { Component } from "../core.js";
import { derived } from "./secrets.js";
import { proxyName, type Wiring } from "./wiring.js";

export const tokenLabel = (linkClass: string): string => `toxiproxy:${linkClass}`;
export const sftpLabel = (component: string): string => `sftp:${component}`;

/** All labels that a component is granted: those that it declares, and what it hears from who asks it over SFTP. */
export const labelsOf = ({ name, ports, secrets = [] }: Pick<Component, "name" | "ports" | "secrets">): readonly string[] => [
  ...secrets,
  ...(Object.values(ports).includes("sftp") ? [sftpLabel(name)] : []),
];

export interface Guard {
  /** What the server is granted. */
  readonly secrets: readonly string[];
  /** The variable GUARD: labels, and no secrets. */
  readonly text: string;
}

/** `uids`: who is introduced, on this machine; absent: the component that a link is from, known by its own address. */
export function guardOf(linkClass: string, wiring: Wiring, uids?: readonly number[]): Guard {
  const introduced = [...wiring.proxies.values()].filter((one) => one.class === linkClass && one.protocol === "sftp");
  const introduce = Object.fromEntries(introduced.map(({ target, to }) => [proxyName(target), sftpLabel(to)]));
  const from = Object.fromEntries(introduced.map(({ target, from: component }) => [proxyName(target), component]));
  const token = tokenLabel(linkClass);
  return {
    secrets: [token, ...new Set(Object.values(introduce))],
    text: JSON.stringify({ token, introduce, ...(uids === undefined ? { from } : { uids }) }),
  };
}

/** The line that an SFTP server of this component hears first. */
export const introduction = (secret: string, component: string): string => `FLOUNDER ${derived(secret, sftpLabel(component))}\n`;
