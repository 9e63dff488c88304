/** One question to a component's own traffic port, on a connection of its own: what witnesses of the front end see. */
import { NoAnswer, send } from "../workload/http.js";

export interface EdgeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
/** refused: nobody listens; reset: thrown out; closed: hung up on without an answer; silence: nothing within the deadline. */
export type EdgeSilence = "refused" | "reset" | "closed" | "silence";

/** An answer that takes longer is none. */
const deadlineMs = 1000;

export async function askEdge(
  at: { readonly host: string; readonly port: number },
  headers: Readonly<Record<string, string>>,
  path = "/",
): Promise<EdgeAnswer | EdgeSilence> {
  try {
    return await send(`http://${at.host}:${at.port}${path}`, { headers, deadlineMs });
  } catch (error) {
    if (error instanceof NoAnswer) return "silence";
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ECONNREFUSED" ? "refused" : message === "socket hang up" ? "closed" : "reset";
  }
}

export const answered = (said: EdgeAnswer | EdgeSilence): said is EdgeAnswer => typeof said === "object";

/** What a balancer asks a router, in vcap's words; a balancer passes it on. Answered whatever routes there are. */
export const healthCheck = { host: "monitor", "user-agent": "HTTP-Monitor/1.1" } as const;
