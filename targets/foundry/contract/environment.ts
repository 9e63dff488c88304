/** What every component of the platform is told in its environment: written by the topology, read by the component. */
import type { TimersMs } from "./timers.js";

export interface Given {
  readonly domain: string;
  readonly profile: string;
  readonly timers: TimersMs;
  readonly policy: Readonly<Record<string, string>>;
}
export type Env = Readonly<Record<string, string | undefined>>;

export const environmentOf = ({ domain, profile, timers, policy }: Given): Readonly<Record<string, string>> => ({
  DOMAIN: domain,
  TIMERS_MS: JSON.stringify(timers),
  POLICY: JSON.stringify(policy),
  PROFILE: profile,
});

/** Throws what names the variable that is missing or malformed. The profile is for people: no component reads it. */
export const givenBy = (env: Env): Omit<Given, "profile"> => ({
  domain: need(env, "DOMAIN"),
  timers: json<TimersMs>(env, "TIMERS_MS"),
  policy: json<Record<string, string>>(env, "POLICY"),
});

/** Throws where the variable is missing or empty. */
export function need(env: Env, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`environment variable ${name} is missing`);
  return value;
}
function json<T>(env: Env, name: string): T {
  const text = need(env, name);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as T;
  } catch {
    // The one message below says it.
  }
  throw new Error(`environment variable ${name} is "${text}"; expected a JSON object`);
}
