/** What a copier says to a mirror store: one request per connection, with a deadline. */
import { request } from "node:http";
import type { Address } from "../base/config.js";

const timeoutMs = 3000;

export function send(
  peer: Address,
  method: "GET" | "PUT" | "POST" | "DELETE",
  path: string,
  bytes?: Buffer,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...peer, method, path, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.once("end", () => done(() => resolve({ status: answer.statusCode ?? 0, text })));
      answer.once("error", (error) => done(() => reject(error)));
    });
    const late = setTimeout(() => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const done = (then: () => void) => {
      clearTimeout(late);
      then();
    };
    asked.once("error", (error) => done(() => reject(error)));
    asked.end(bytes);
  });
}
