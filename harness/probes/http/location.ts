/** Where a redirection leads, as browsers follow it: the fetch standard, and RFC 9110 §15.4. */
import { type Hop, hop } from "./question.js";
import type { Answer } from "./response.js";

export const isRedirection = (status: number): boolean => status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

/** The next hop, or why there is none. */
export function nextHop(from: Hop, reader: Answer): Hop | string {
  const all = new Set(reader.fields().flatMap(([name, value]) => (name === "location" ? [value] : [])));
  const [location] = all;
  if (all.size > 1) return `${all.size} Locations: ${[...all].join(", ").slice(0, 80)}`;
  if (!location) return `status ${reader.status} without a Location`;
  // Servers write UTF-8 there; what comes from the wire is latin1.
  const bytes = Buffer.from(location, "latin1");
  const utf8 = bytes.toString("utf8");
  let url: URL;
  try {
    url = new URL(Buffer.from(utf8).equals(bytes) ? utf8 : location, from.url);
  } catch {
    return `redirected to what is no URL: ${location.slice(0, 60)}`;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return `redirected to ${url.protocol.replace(":", "")}, which is not HTTP`;
  const changes = reader.status === 303 ? from.method !== "HEAD" : (reader.status === 301 || reader.status === 302) && from.method === "POST";
  const method = changes ? "GET" : from.method;
  const sameOrigin = url.origin === from.url.origin;
  const headers = from.headers.filter(([name]) => {
    const lower = name.toLowerCase();
    if (changes && (lower.startsWith("content-") || lower === "transfer-encoding")) return false;
    // Credentials and a Host of one's own are for the host that they were given for.
    return sameOrigin || !["authorization", "cookie", "host", "proxy-authorization"].includes(lower);
  });
  return hop(url, sameOrigin ? from.zone : undefined, method, headers, changes ? undefined : from.body);
}
