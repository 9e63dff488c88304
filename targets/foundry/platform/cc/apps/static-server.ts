/** The program that serves an app of static files: put into its droplet, run with Node. Plain text, since it lives in another process and in other releases than we do. */
export const staticServer = `// Serves the files below ./app (or ./app/public, if there is such a folder). Port: env PORT.
import { createReadStream, existsSync, realpathSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const app = realpathSync(join(dirname(fileURLToPath(import.meta.url)), "app"));
const root = existsSync(join(app, "public")) ? join(app, "public") : app;
const types = {
  ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif", ".ico": "image/x-icon",
  ".txt": "text/plain; charset=utf-8", ".xml": "application/xml", ".woff2": "font/woff2", ".wasm": "application/wasm",
};
const find = (path) => {
  const full = resolve(root, "." + path);
  if (full !== root && !full.startsWith(root + "/")) return undefined;
  const facts = statSync(full, { throwIfNoEntry: false });
  if (facts?.isDirectory()) {
    const index = statSync(join(full, "index.html"), { throwIfNoEntry: false });
    return index?.isFile() ? { full: join(full, "index.html"), size: index.size } : undefined;
  }
  return facts?.isFile() ? { full, size: facts.size } : undefined;
};
createServer((request, response) => {
  let path;
  try {
    path = decodeURIComponent(new URL(request.url, "http://app").pathname);
  } catch {
    path = "\\0";
  }
  const file = path.includes("\\0") || /(^|\\/)(\\.|Staticfile)/.test(path) ? undefined : find(path);
  if (request.method !== "GET" && request.method !== "HEAD") return response.writeHead(405).end();
  if (!file) return response.writeHead(404, { "content-type": "text/plain" }).end("404 Not Found\\n");
  response.writeHead(200, { "content-type": types[extname(file.full)] ?? "application/octet-stream", "content-length": file.size });
  if (request.method === "HEAD") return response.end();
  createReadStream(file.full).on("error", () => response.destroy()).pipe(response);
}).listen(Number(process.env.PORT), process.env.VCAP_APP_HOST || "0.0.0.0");
`;
