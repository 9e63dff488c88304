/**
 * Accounts for apps on a NATS server: one per instance, whose users hear nothing of any other account, and one user per binding. The server keeps the
 * accounts itself and takes them over its own bus from whoever the operator vouches for, so no file is written and nothing is restarted.
 * Source: nats-server's account resolver, subjects $SYS.REQ.CLAIMS.* and $SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP.
 */
import { connect, jwtAuthenticator, type NatsConnection } from "nats";
import type { Address } from "../base/config.js";
import type { Secret } from "../base/secrets.js";
import type { Kind } from "./kind.js";
import { accountKey, accountToken, operatorKey, systemKey, userKey, userToken } from "./messaging-keys.js";
import { claimsOf } from "./nkeys.js";

const timeoutMs = 2000;
const nowS = () => Math.floor(Date.now() / 1000);

export class Accounts implements Kind {
  constructor(
    readonly server: Address,
    /** Where apps reach the same server. */
    readonly forApps: Address,
    readonly secret: Secret,
  ) {}

  /** As the server's own account; connects for this alone. */
  async #with<T>(act: (ask: (subject: string, payload?: string) => Promise<string>) => Promise<T>): Promise<T> {
    const user = userKey(this.secret, "gateway");
    const nats: NatsConnection = await connect({
      servers: `${this.server.host}:${this.server.port}`,
      authenticator: jwtAuthenticator(userToken(systemKey(this.secret), user, "gateway"), new TextEncoder().encode(user.seed)),
      timeout: timeoutMs,
      reconnect: false,
    });
    try {
      return await act(async (subject, payload = "") => (await nats.request(subject, payload, { timeout: timeoutMs })).string());
    } finally {
      await nats.close();
    }
  }

  provision(instance: string): Promise<boolean> {
    const account = accountKey(this.secret, instance);
    return this.#with(async (ask) => {
      if (await lookUp(ask, account.id)) return false;
      accepted(await ask("$SYS.REQ.CLAIMS.UPDATE", accountToken(this.secret, account, instance)));
      return true;
    });
  }

  deprovision(instance: string): Promise<boolean> {
    const account = accountKey(this.secret, instance);
    const operator = operatorKey(this.secret);
    return this.#with(async (ask) => {
      if (!(await lookUp(ask, account.id))) return false;
      accepted(await ask("$SYS.REQ.CLAIMS.DELETE", operator.token(operator.id, "deletion", { type: "generic", accounts: [account.id] })));
      return true;
    });
  }

  bind(instance: string, binding: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const account = accountKey(this.secret, instance);
    const user = userKey(this.secret, binding);
    return this.#with(async (ask) => {
      if (!(await lookUp(ask, account.id))) return undefined;
      const { host, port } = this.forApps;
      const jwt = userToken(account, user, binding);
      return { uri: `nats://${host}:${port}`, host, hostname: host, port, account: account.id, user: user.id, jwt, seed: user.seed };
    });
  }

  /** Nothing tells whether the user was ever made: a token needs nobody's leave. It is revoked in any case. */
  unbind(instance: string, binding: string): Promise<boolean> {
    const account = accountKey(this.secret, instance);
    const user = userKey(this.secret, binding).id;
    return this.#with(async (ask) => {
      const now = await lookUp(ask, account.id);
      if (!now) return false;
      const before = claimsOf(now).nats?.revocations ?? {};
      if (before[user] !== undefined) return false;
      accepted(await ask("$SYS.REQ.CLAIMS.UPDATE", accountToken(this.secret, account, instance, { ...before, [user]: nowS() })));
      return true;
    });
  }
}

/** The account's token as the server has it, undefined if it knows none. */
const lookUp = async (ask: (subject: string) => Promise<string>, account: string): Promise<string | undefined> =>
  (await ask(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`)) || undefined;

/** Throws with the server's words unless it says 200. */
function accepted(answer: string): void {
  const { data, error } = JSON.parse(answer) as { data?: { code?: number }; error?: { description?: string } };
  if (error || data?.code !== 200) throw new Error(`the messaging server refused: ${error?.description ?? answer}`);
}
