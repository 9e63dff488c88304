/** Takes a Docker Compose project that somebody else runs, and lets go of it as it was. Brings nothing up. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { within } from "../../clock.js";
import type { Asked, Engine, FoundationSpec } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { readOwn } from "../../state/own-file.js";
import { specFields } from "../../state/spec-fields.js";
import { dockerSocket } from "../compose/docker/socket.js";
import { boundsSchema } from "./bounds.js";
import { Daemon } from "./daemon.js";
import { rulesLack } from "./netns.js";
import { projectSchema } from "./project.js";
import { AttachedProject, endHelpers } from "./running.js";

export const attachedName = "attached.json";
/** What `flounder attach` found, for the keeper and for every keeper after it. */
const attachedSchema = z.object({
  spec: z.object({ ...specFields, engine: z.literal("attached") }),
  config: boundsSchema,
  project: projectSchema,
  asks: z.array(z.custom<Asked>((value) => typeof value === "object")),
});
export type AttachedFile = z.output<typeof attachedSchema>;

const answerMs = 5000;

function opened(dir: string): AttachedProject {
  let file: AttachedFile;
  try {
    file = attachedSchema.parse(JSON.parse(readOwn(join(dir, attachedName))));
  } catch (error) {
    throw new FlounderError(
      "environment",
      `${join(dir, attachedName)} does not say what is attached: ${error instanceof Error ? error.message : error}`,
      "flounder detach lets go of it; flounder attach compose:PROJECT takes it anew",
      { cause: error },
    );
  }
  const secret = readFileSync(join(dir, "secret"), "utf8").trim();
  return new AttachedProject({ ...file, spec: { ...file.spec, dir, secret }, daemon: new Daemon() });
}
async function taken(dir: string): Promise<AttachedProject> {
  const project = opened(dir);
  await project.begin();
  return project;
}

const attached: Engine = {
  name: "attached",
  says: "a Docker Compose project of somebody else, taken as it runs",
  async check() {
    try {
      dockerSocket();
      await within(answerMs, "Docker's answer", new Daemon().projects());
      return [];
    } catch (error) {
      const { message, hint } = error as FlounderError;
      return [{ what: message, hint: hint ?? "is Docker's engine running? docker version says" }];
    }
  },
  async obtain() {},
  async facts() {
    return { links: rulesLack() || "rules in the containers' network namespaces (nsenter, nft), and a Toxiproxy on this machine" };
  },
  async users() {
    return { helpers: "you, in the containers' network namespaces and nowhere else in them" };
  },
  async targets(topology) {
    throw new FlounderError("usage", `what can be broken in ${topology.domain} is known once it is attached`, `flounder attach compose:${topology.domain}`);
  },
  start: (spec: FoundationSpec) => taken(spec.dir),
  attach: taken,
  async clear(id, dir) {
    if (!existsSync(join(dir, attachedName))) return;
    await endHelpers({ id, dir });
    await opened(dir).reap();
  },
};
export default attached;
