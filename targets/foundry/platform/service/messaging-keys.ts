/** Who is who on the messaging server: an operator that both sides believe, the server's own account, and one account per service instance. */
import type { Secret } from "../base/secrets.js";
import { Nkey } from "./nkeys.js";
import { ofId } from "./of-id.js";

const unlimited = { subs: -1, data: -1, payload: -1 };

export const operatorKey = (secret: Secret) => new Nkey("operator", secret("messaging-operator"));
export const systemKey = (secret: Secret) => new Nkey("account", secret("messaging-system"));
export const accountKey = (secret: Secret, instance: string) => new Nkey("account", ofId(secret, `messaging-instance-${instance}`));
export const userKey = (secret: Secret, binding: string) => new Nkey("user", ofId(secret, `messaging-binding-${binding}`));

export const operatorToken = (secret: Secret): string => {
  const operator = operatorKey(secret);
  return operator.token(operator.id, "flounder", { type: "operator", system_account: systemKey(secret).id });
};

/** revocations: user → second; what was issued to the user until then is void. */
export const accountToken = (secret: Secret, account: Nkey, name: string, revocations: Readonly<Record<string, number>> = {}): string =>
  operatorKey(secret).token(account.id, name, {
    type: "account",
    limits: { ...unlimited, imports: 0, exports: 0, wildcards: true, conn: -1, leaf: 0 },
    default_permissions: { pub: {}, sub: {} },
    ...(Object.keys(revocations).length > 0 ? { revocations } : {}),
  });

export const userToken = (account: Nkey, user: Nkey, name: string): string => account.token(user.id, name, { type: "user", pub: {}, sub: {}, ...unlimited });
