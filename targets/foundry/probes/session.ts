/**
 * What the control-plane probes of one vantage and target share: a token and the apps they work on.
 * The token is renewed beside the samples, never inside of one, so that no operation's result depends on the login probe or on an expiry.
 */
import { randomBytes } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { nowUs } from "../../../harness/clock.js";
import { type ProbeContext, ProbeFailure, type Route } from "../../../harness/core.js";
import { CfClient } from "../workload/cf-client.js";
import { lifecycleApps, probeOrg, pushApp, scaleApp } from "../workload/sample-apps.js";

/** An app that is started and stopped: what was last said of it, and how many operations are under way. */
export interface LifecycleApp {
  readonly guid: string;
  state: "STARTED" | "STOPPED";
  underWay: number;
  /** Counts operations begun, so that one can see whether another began meanwhile. */
  begun: number;
}
/** An app to be deleted; `tried`: a deletion of it may have happened already. */
export interface MadeApp {
  readonly guid: string;
  readonly tried: boolean;
}
export interface Session {
  client: CfClient;
  renewedUs: number;
  renewing: boolean;
  readonly spaceGuid: string;
  readonly lifecycle: readonly LifecycleApp[];
  readonly pushGuid: string;
  readonly scaleGuid: string;
  /** Made by `create`, to be removed by `delete`. */
  readonly made: MadeApp[];
  /** Handed out by `login`, to be revoked by `logout`. */
  readonly tokens: string[];
}

/** Part of the names of what this prober makes: no other one's has it. A process id would not do: in a container each prober has the same. */
export const prober = randomBytes(4).toString("hex");

/** Tokens live for minutes; a fresh one is fetched long before. */
const renewAfterUs = 60e6;
export const sessionKey = (route: Route) => `session:${route.target}`;

/** setUp of every control-plane probe; the first one of a target does the work. */
export function openSession(context: ProbeContext): Promise<void> {
  const key = sessionKey(context.route);
  const opening = (context.shared.get(`opening:${key}`) as Promise<void> | undefined) ?? open(context);
  context.shared.set(`opening:${key}`, opening);
  return opening;
}

async function open(context: ProbeContext): Promise<void> {
  const { route } = context;
  const client = await logIn(context);
  const spaceGuid = await client.spaceGuid(probeOrg.org, probeOrg.space);
  const apps = new Map((await client.apps(spaceGuid)).map((app) => [app.name, app]));
  const standing = (name: string) => {
    const app = apps.get(name);
    if (!app) throw new Error(`app ${name} is not in org ${probeOrg.org}: the foundation was not prepared`);
    return app;
  };
  const session: Session = {
    client,
    renewedUs: nowUs(),
    renewing: false,
    spaceGuid,
    lifecycle: lifecycleApps(route.target).map((name) => ({ guid: standing(name).guid, state: standing(name).state, underWay: 0, begun: 0 })),
    pushGuid: standing(pushApp(route.target)).guid,
    scaleGuid: standing(scaleApp(route.target)).guid,
    made: [],
    tokens: [],
  };
  context.shared.set(sessionKey(route), session);
}

/** The session with a token that is still good; without one there is nothing to ask with: not-attempted. */
export function sessionOf(context: ProbeContext): Session {
  const session = context.shared.get(sessionKey(context.route)) as Session | undefined;
  if (!session) throw new ProbeFailure("not-attempted", "no session: set-up failed");
  if (nowUs() - session.renewedUs > renewAfterUs && !session.renewing) {
    session.renewing = true;
    logIn(context)
      .then(
        (client) => {
          session.client = client;
          session.renewedUs = nowUs();
        },
        () => {}, // while nobody can log in the old token is used; the next sample tries again
      )
      .finally(() => {
        session.renewing = false;
      });
  }
  if (session.client.expiresInS < 1) throw new ProbeFailure("not-attempted", "no token to be had");
  return session;
}

/** At the route's address as it is now: whoever was started again may have another one. */
async function logIn({ route, credentials }: ProbeContext): Promise<CfClient> {
  const client = new CfClient(await addressOf(route), route.host, credentials);
  await client.login();
  return client;
}

/** http://address:port of a route; a name is resolved at the route's resolvers. */
async function addressOf(route: Route): Promise<string> {
  const url = new URL(route.url);
  if (route.resolvers.length === 0) return url.origin;
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  resolver.setServers([...route.resolvers]);
  const [address] = await resolver.resolve4(url.hostname);
  return `${url.protocol}//${address}:${url.port}`;
}
