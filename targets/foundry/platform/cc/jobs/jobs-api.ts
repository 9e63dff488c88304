/** GET /v3/jobs/:guid, and the answer "202, see there" of every call that makes a job. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type ByGuid, baseUrl, common, type Dated, find } from "../api/requests.js";
import type { Context } from "../context.js";
import type { Sql } from "../database/database.js";

interface JobRow extends Dated {
  readonly operation: string;
  readonly state: string;
  readonly errors: readonly object[];
  readonly warnings: readonly object[];
}

/** Most jobs end sooner: then the client's first poll finds them COMPLETE, and it does not wait for its second one 3 s later. */
const patienceMs = 500;

/** Commits `act` and a job together, and answers 202 with the job's absolute URL and no body. */
export async function answerWithJob(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  operation: string,
  payload: object,
  act: (sql: Sql) => Promise<unknown> = async () => {},
): Promise<FastifyReply> {
  const guid = await context.database.transaction(async (sql) => {
    await act(sql);
    return context.work.add(sql, operation, payload);
  });
  await context.work.kickAndWait(guid, patienceMs);
  return reply
    .code(202)
    .header("location", `${baseUrl(request)}/v3/jobs/${guid}`)
    .send();
}

export function jobs(api: FastifyInstance, { database }: Context): void {
  api.get<ByGuid>("/v3/jobs/:guid", async (request) => {
    const row = await find<JobRow>(database, "jobs", "Job", request.params.guid);
    const { metadata, ...rest } = common(row, baseUrl(request), "jobs");
    return { ...rest, operation: row.operation, state: row.state, errors: row.errors, warnings: row.warnings };
  });
}
