/** Questions to a component's admin port, past every proxy. One connection each: a restarted component never meets a stale one. */
import { request } from "node:http";
import { FlounderError } from "../errors.js";

const defaultMs = 5000;

export interface At {
  readonly host: string;
  readonly port: number;
  /** Goes along with the question: Authorization: Bearer. */
  readonly token?: string;
}
interface Answer {
  readonly status: number;
  readonly text: string;
}

/** An HTTP request with a deadline over all of it. */
export function ask({ host, port, token }: At, path: string, body: unknown, deadlineMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    };
    const sent = request({ host, port, path, method: text === undefined ? "GET" : "POST", headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", fail);
      answer.on("end", () => {
        clearTimeout(late);
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
      });
    });
    const fail = (error: Error) => {
      clearTimeout(late);
      reject(error);
    };
    const late = setTimeout(() => sent.destroy(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
    sent.on("error", fail);
    sent.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** GET, or POST if there is a body; resolves with the JSON of a 2xx, or its text. */
export async function callAdmin(component: string, at: At, path: string, body?: unknown, timeoutMs = defaultMs): Promise<unknown> {
  let answer: Answer;
  try {
    answer = await ask(at, path, body, timeoutMs);
  } catch (error) {
    throw new FlounderError("unreachable", `${component} ${path}: ${error instanceof Error ? error.message : error}`, "flounder status shows how it is", {
      cause: error,
    });
  }
  const value = parsed(answer.text);
  if (answer.status >= 200 && answer.status < 300) return value;
  const says = typeof value === "object" && value !== null && "error" in value ? String(value.error) : answer.text.slice(0, 300);
  throw new FlounderError("refused", `${component} ${path} answered ${answer.status}: ${says}`, `read logs/${component}.log of the foundation`);
}
