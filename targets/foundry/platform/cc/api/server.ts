/** The HTTP server of the API: bodies as `cf` sends them, errors as v3 has them. */
import { randomUUID } from "node:crypto";
import formbody from "@fastify/formbody";
import multipart from "@fastify/multipart";
import fastify, { type FastifyInstance } from "fastify";
import { log } from "../../base/log.js";
import { type Database, isAway, refusedValue } from "../database/database.js";
import { badRequest, CfError, databaseAway, parseError, unknownError, unknownRequest, unprocessable } from "./cf-error.js";
import { gate } from "./gate.js";

const maxBodyBytes = 16 * 2 ** 20;
const maxPackageBytes = 2 ** 30;
const maxResourceListBytes = 64 * 2 ** 20;

/** What a thrown thing is to the client. */
export function asCfError(error: unknown): CfError {
  if (error instanceof CfError) return error;
  if (isAway(error)) return databaseAway();
  const { statusCode: status } = error as { statusCode?: number };
  if (status !== undefined && status < 500) return parseError();
  const refused = refusedValue(error);
  if (refused !== undefined) return unprocessable(refused);
  return unknownError();
}

export async function server(database: Database): Promise<FastifyInstance> {
  const api = fastify({ bodyLimit: maxBodyBytes, keepAliveTimeout: 75_000, forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  // `cf` says application/json on every request, also where there is no body.
  api.removeContentTypeParser("application/json");
  api.addContentTypeParser("application/json", { parseAs: "string" }, (_, text, done) => {
    try {
      done(null, text === "" ? undefined : JSON.parse(text as string));
    } catch {
      done(parseError());
    }
  });
  api.addContentTypeParser(["application/x-yaml", "application/yaml", "text/yaml"], { parseAs: "string" }, (_, text, done) => done(null, text));
  await api.register(formbody);
  await api.register(multipart, { limits: { fileSize: maxPackageBytes, fieldSize: maxResourceListBytes } });

  api.addHook("onRequest", async (request, reply) => {
    reply.header("x-vcap-request-id", request.headers["x-vcap-request-id"] ?? randomUUID());
    // No name, guid or filter has one, and the CCDB cannot hold it.
    if (/%00|\0/.test(request.url)) throw badRequest("The path or query contains a null character");
    await gate(database, request);
  });
  api.setErrorHandler((error, request, reply) => {
    const cf = asCfError(error);
    if (cf.status >= 500) log[cf.code === 10001 ? "error" : "warn"]({ err: error, method: request.method, path: request.url.split("?")[0] }, "request failed");
    return reply.code(cf.status).send({ errors: [cf.entry] });
  });
  api.setNotFoundHandler(() => {
    throw unknownRequest();
  });
  return api;
}
