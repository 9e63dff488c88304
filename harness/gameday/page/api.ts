/** Asks the server, for the role of this tab. */
import type { Refused, Role, RouteName } from "../protocol.js";

/** The server said no, or could not be asked: `says` is for people, `hint` is what to do. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly says: string,
    readonly hint: string,
  ) {
    super(hint ? `${says}. ${hint}` : says);
  }
}

const waitMs = 10_000;

export class Api {
  constructor(readonly role: Role) {}

  /** Of a route with the method in front, as the protocol names it. Rejects with a Refusal. */
  async ask<T>(route: RouteName, body?: object, query: Readonly<Record<string, string>> = {}): Promise<T> {
    const [method = "GET", path = "/"] = route.split(" ");
    const init: RequestInit = { method, credentials: "same-origin", signal: AbortSignal.timeout(waitMs) };
    if (method === "POST") Object.assign(init, { headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}) });
    const answer = await fetch(`${path}?${new URLSearchParams({ as: this.role, ...query })}`, init).catch(() => {
      throw new Refusal(0, "the server does not answer", "the run goes on without it; this page comes back by itself");
    });
    const said: unknown = await answer.json().catch(() => ({}));
    if (answer.ok) return said as T;
    const { error } = said as Partial<Refused>;
    throw new Refusal(answer.status, error?.says ?? `the server answered ${answer.status}`, error?.hint ?? "");
  }
}
