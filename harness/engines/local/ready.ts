/** "http:<port>/path" (2xx) or "tcp:<port>": whether a component answers, asked at its own port. */
import { connect } from "node:net";
import type { Component } from "../../core.js";
import { ask } from "./call.js";
import { host } from "./wiring.js";

const connects = (port: number, deadlineMs: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port, timeout: deadlineMs });
    const end = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket
      .once("connect", () => end(true))
      .once("error", () => end(false))
      .once("timeout", () => end(false));
  });

export function readiness(component: Component, ports: Readonly<Record<string, number>>): (deadlineMs: number) => Promise<boolean> {
  const [, kind, name = "", path = ""] = /^(http|tcp):([^/]+)(\/.*)?$/.exec(component.ready) ?? [];
  const port = ports[name];
  if (!kind || port === undefined) throw new Error(`${component.name}: ready is "${component.ready}"; expected http:<port>/path or tcp:<port> of its ports`);
  if (kind === "tcp") return (deadlineMs) => connects(port, deadlineMs);
  return async (deadlineMs) => {
    const answer = await ask(port, path, undefined, deadlineMs).catch(() => undefined);
    return answer !== undefined && answer.status >= 200 && answer.status < 300;
  };
}
