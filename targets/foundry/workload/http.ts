/** HTTP on a connection of its own, by Node's own client: what every command and keeper loads must be quick to load, and nobody meets a stale connection. */
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Nothing, or not all of it, came within the deadline. */
export class NoAnswer extends Error {}

/** Rejects with what the socket says, or with NoAnswer. */
export async function send(
  url: string,
  how: { readonly method?: string; readonly headers?: OutgoingHttpHeaders; readonly body?: string | Uint8Array | undefined; readonly deadlineMs: number },
): Promise<HttpAnswer> {
  const { method = "GET", headers = {}, body, deadlineMs } = how;
  let late: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, agent: false }, (answer) => {
        text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: said }), reject);
      });
      late = setTimeout(() => {
        reject(new NoAnswer(`no answer within ${deadlineMs} ms`));
        sent.destroy();
      }, deadlineMs);
      sent.on("error", reject);
      if (body !== undefined) sent.setHeader("content-length", Buffer.byteLength(body));
      sent.end(body);
    });
  } finally {
    clearTimeout(late);
  }
}
