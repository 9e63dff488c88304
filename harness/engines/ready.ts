/**
 * "http:<port>/path" (2xx) or "tcp:<port>": whether a component answers, asked at its own port.
 * tcp is a knock in the port's protocol: the kernel goes on accepting connections for a process that is stopped.
 */
import type { Component } from "../core.js";
import { ask } from "./call.js";
import { knock } from "./knock.js";

export function readiness(
  component: Component,
  ports: Readonly<Record<string, number>>,
  host: () => string,
  token: string,
): (deadlineMs: number) => Promise<boolean> {
  const [, kind, name = "", path = ""] = /^(http|tcp):([^/]+)(\/.*)?$/.exec(component.ready) ?? [];
  const port = ports[name];
  if (!kind || port === undefined) throw new Error(`${component.name}: ready is "${component.ready}"; expected http:<port>/path or tcp:<port> of its ports`);
  if (kind === "tcp") return async (deadlineMs) => Number.isFinite(await knock({ host: host(), port }, component.ports[name]!, deadlineMs));
  return async (deadlineMs) => {
    const answer = await ask({ host: host(), port, token }, path, undefined, deadlineMs).catch(() => undefined);
    return answer !== undefined && answer.status >= 200 && answer.status < 300;
  };
}
