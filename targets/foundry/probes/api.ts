/** One call to the API from a probe, and what its answer means as an outcome (cf-api §5: a router's 404 has a header, the CC's has not). */
import { type ProbeContext, ProbeFailure, type ProbeRequest, type ProbeResponse } from "../../../harness/core.js";
import type { Session } from "./session.js";

/**
 * Resolves with an answer below 400. `writes`: after a time-out or a reset nobody knows whether it happened: outcome `unknown`.
 * Rejects with ProbeFailure; `mayHaveHappened` tells of one whether the write may be there all the same.
 */
export async function ask(context: ProbeContext, request: ProbeRequest, writes: boolean): Promise<ProbeResponse> {
  const answer = await context.http(request).catch((error: unknown) => {
    if (writes && error instanceof ProbeFailure && (error.outcome === "timeout" || error.outcome === "reset")) throw new ProbeFailure("unknown", error.message);
    throw error;
  });
  if (answer.status < 400) return answer;
  const says = `${answer.status} ${titleOf(answer)}`;
  if (answer.status === 404 && answer.headers["x-cf-routererror"]) throw new ProbeFailure("no-route", says);
  throw new ProbeFailure(answer.status >= 500 ? "http-5xx" : "wrong-answer", says);
}

/** The same with the session's token and a JSON body. */
export const askApi = (context: ProbeContext, session: Session, method: string, path: string, body?: unknown): Promise<ProbeResponse> =>
  ask(
    context,
    {
      method,
      path,
      headers: { authorization: `bearer ${session.client.token}`, accept: "application/json", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
    method !== "GET",
  );

/** False only where the answer proves that nothing was done: no connection was made, or the API itself refused. */
export function mayHaveHappened(error: unknown): boolean {
  if (!(error instanceof ProbeFailure)) return true;
  if (error.outcome === "http-5xx") return !error.message.includes("CF-ServiceUnavailable"); // a 502 is the router's: the CC may have done it
  return !["refused", "dns", "no-route", "not-attempted", "wrong-answer"].includes(error.outcome);
}

/** "CF-ServiceUnavailable" of a CC's error, X-Cf-RouterError of a router's, else the first words. */
function titleOf(answer: ProbeResponse): string {
  try {
    const { errors, error } = JSON.parse(answer.body) as { errors?: { title: string }[]; error?: string };
    return errors?.[0]?.title ?? error ?? "";
  } catch {
    return answer.headers["x-cf-routererror"] ?? answer.body.slice(0, 60);
  }
}

/** The JSON of an answer that must have it. */
export function jsonOf<T>(answer: ProbeResponse): T {
  try {
    return JSON.parse(answer.body) as T;
  } catch {
    throw new ProbeFailure("wrong-answer", `not JSON: ${answer.body.slice(0, 60)}`);
  }
}
