/** Where the API says what it is, and the collections that this platform has nothing in. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { buildpacks } from "../apps/droplet.js";
import type { Context } from "../context.js";
import { type EventRow, presentEvent } from "./events.js";
import { baseUrl, list, listOf } from "./requests.js";

/** High enough for no warning in cf v8 and v9, and low enough for plain per-process stats. */
const apiVersion = "3.195.0";

/** The same address under another of our names. */
const sibling = (request: FastifyRequest, name: string) => baseUrl(request).replace(/\/\/api\./, `//${name}.`);

const empty = [
  "service_route_bindings",
  "deployments",
  "tasks",
  "sidecars",
  "revisions",
  "feature_flags",
  "isolation_segments",
  "organization_quotas",
  "space_quotas",
  "security_groups",
];
const named = (request: FastifyRequest, names: readonly string[], more: object) =>
  listOf(
    request,
    names.map((name) => ({
      guid: name,
      name,
      created_at: "2011-04-12T00:00:00Z",
      updated_at: "2011-04-12T00:00:00Z",
      metadata: { labels: {}, annotations: {} },
      ...more,
    })),
  );

export function root(api: FastifyInstance, { database }: Context): void {
  api.get("/", (request) => ({
    links: {
      self: { href: baseUrl(request) },
      cloud_controller_v2: null,
      cloud_controller_v3: { href: `${baseUrl(request)}/v3`, meta: { version: apiVersion } },
      network_policy_v0: null,
      network_policy_v1: null,
      login: { href: sibling(request, "login") },
      uaa: { href: sibling(request, "uaa") },
      credhub: null,
      routing: null,
      logging: null,
      log_cache: null,
      log_stream: null,
      app_ssh: null,
    },
  }));
  api.get("/v3", (request) => ({
    links: Object.fromEntries(
      ["self", "apps", "organizations", "spaces", "domains", "routes", "packages", "builds", "droplets", "processes", "service_instances", "audit_events"].map(
        (name) => [name, { href: `${baseUrl(request)}/v3${name === "self" ? "" : `/${name}`}` }],
      ),
    ),
  }));
  api.get("/v3/info", (request) => ({
    build: "flounder",
    cli_version: { minimum: "", recommended: "" },
    custom: {},
    description: "Flounder's foundation",
    name: "vcap",
    version: 0,
    links: { self: { href: `${baseUrl(request)}/v3/info` }, support: { href: "" } },
  }));
  api.get("/healthz", (_, reply) => reply.type("text/plain").send("OK"));

  api.get("/v3/audit_events", (request) =>
    list<EventRow>(database, request, {
      columns: "e.*",
      from: "audit_events e",
      of: "e",
      filters: { types: "e.type", target_guids: "e.target_guid", space_guids: "e.space_guid", organization_guids: "e.org_guid" },
      orders: { created_at: "e.seq", updated_at: "e.seq" },
      present: presentEvent,
    }),
  );
  for (const name of empty) api.get(`/v3/${name}`, (request) => listOf(request, []));
  api.get("/v3/stacks", (request) => named(request, ["flounder"], { description: "Processes on this host", default: true }));
  api.get("/v3/buildpacks", (request) =>
    named(request, buildpacks, {
      stack: "flounder",
      state: "READY",
      position: 1,
      enabled: true,
      locked: false,
    }),
  );
}
