/**
 * Who says what to whom on the bus: nats-server enforces it, user by user. Whatever is not in this table nobody may say; apps have no user at all.
 * Source: cf-protocol §1.1 (routers), §2.1 (DEAs), §3.1 (Health Manager), §4 (Cloud Controllers, discovery); hm.alerts and monitor.alarms are our own.
 */

/** `gorouter` is a router of somebody else's that joins. */
export type BusRole = "cc" | "dea" | "hm" | "router" | "monitor" | "gorouter";
const everybody: readonly BusRole[] = ["cc", "dea", "hm", "router", "monitor", "gorouter"];
const routers: readonly BusRole[] = ["router", "gorouter"];

/** {own}: the component's own name. */
const table: readonly (readonly [subject: string, says: readonly BusRole[], hears: readonly BusRole[]])[] = [
  ["vcap.component.discover", ["monitor"], everybody],
  ["vcap.component.announce", everybody, []],

  ["router.start", routers, ["cc", "dea"]],
  ["router.greet", ["cc", "dea"], routers],
  ["router.register", ["cc", "dea"], ["router"]],
  ["router.unregister", ["cc", "dea"], ["router"]],
  // A gorouter listens to all of them at once.
  ["router.*", [], ["gorouter"]],
  ["router.active_apps", ["gorouter"], []],

  ["dea.discover", ["cc"], ["dea"]],
  ["dea.status", ["cc"], ["dea"]],
  ["dea.find.droplet", ["cc"], ["dea"]],
  ["dea.stop", ["cc"], ["dea"]],
  ["dea.update", ["cc"], ["dea"]],
  // What a DEA hears here it runs.
  ["dea.*.start", ["cc"], []],
  ["dea.{own}.start", [], ["dea"]],
  ["dea.start", ["dea"], []],
  ["dea.heartbeat", ["dea"], ["hm"]],
  ["dea.shutdown", ["dea"], []],
  // Nobody hears it: that the server says so shows that all before it has arrived.
  ["dea.{own}.farewell", ["dea"], []],
  ["droplet.exited", ["dea"], ["hm", "cc"]],

  ["droplet.updated", ["cc"], ["hm"]],
  ["healthmanager.start", ["hm"], ["dea"]],
  // Nobody asks these here.
  ["healthmanager.health", [], ["hm"]],
  ["healthmanager.status", [], ["hm"]],
  ["cloudcontrollers.hm.requests", ["hm"], ["cc", "monitor"]],
  ["hm.alerts", ["hm"], ["monitor"]],
  ["monitor.alarms", ["monitor"], []],
];

/** What is asked there is answered, by whoever hears it. */
const questions = ["vcap.component.discover", "router.greet", "dea.discover", "dea.status", "dea.find.droplet", "healthmanager.health", "healthmanager.status"];

export interface Rights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** nats-server's wildcards: `*` is one word, `>` the rest. */
const covers = (pattern: string, subject: string) =>
  new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", "[^.]+").replace(">", ".+")}$`).test(subject);

/**
 * Whoever may hear a question may answer it, and only there: the server could let everybody answer at whatever place a question names (`allow_responses`), and then
 * who may both say and hear a subject says anything: it asks itself, with `dea.dea-1.start` as the place for answers.
 */
export function rightsOf(name: string, role: BusRole): Rights {
  const subjects = (may: (says: readonly BusRole[], hears: readonly BusRole[]) => readonly BusRole[]) =>
    table.filter(([, says, hears]) => may(says, hears).includes(role)).map(([subject]) => subject.replace("{own}", name));
  const hears = subjects((_, hears) => hears);
  const asked = questions.filter((question) => hears.some((heard) => covers(heard, question)));
  return {
    publish: [
      ...subjects((says) => says),
      ...asked.map((question) => `${answersTo("*", question)}.*`),
      ...(asked.length > 0 ? [`${inboxOf(ownerUser)}.>`] : []),
    ],
    subscribe: [...hears, `${inboxOf(name)}.>`],
  };
}
export const isBusRole = (word: string): word is BusRole => (everybody as readonly string[]).includes(word);

/** Where answers to this user come: nobody else may listen there. */
export const inboxOf = (user: string): string => `_INBOX.${user}`;
/** Where answers to what this user asked on that subject come; a word follows that nobody guesses. */
export const answersTo = (user: string, subject: string): string => `${inboxOf(user)}.${subject}`;
/** The label of a user's password under the foundation's secret. */

/** Whoever owns the foundation, as witnesses and canaries need: hears and says everything. */
export const ownerUser = "owner";
/** For a joining router. */
export const gorouterUser = "gorouter";
