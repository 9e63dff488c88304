/** Where `flounder watch` and curl do not agree about good or bad, and why: the table of docs/watch.md. A test holds both to it. */
export interface Difference {
  /** What the endpoint does. */
  readonly when: string;
  readonly curl: "good" | "bad";
  readonly why: string;
}
export const differences: Readonly<Record<string, Difference>> = {
  version: { when: "begins its answer with `HTTP/2 200` on an HTTP/1.1 connection", curl: "good", why: "no browser takes that for an answer" },
  "no colon": { when: "has a header line without a colon", curl: "bad", why: "browsers skip the line and show the page" },
  length: {
    when: "has two different lengths, or one that is no number that anybody can count to (`+11`)",
    curl: "good",
    why: "where the body ends is not known; a client must discard the answer (RFC 9112, 6.3)",
  },
  "transfer coding": { when: "compresses by Transfer-Encoding", curl: "good", why: "nobody asked for that (RFC 9112, 7.4), and no browser reads it" },
  101: { when: "switches to another protocol (101)", curl: "good", why: "nobody asked for that, and there is no page" },
  circle: {
    when: "redirects to an address that was asked already, with the same cookies, and answers then",
    curl: "good",
    why: "a circle is called one when it closes: to walk on to the end of curl's patience would multiply the load of every sample",
  },
  Locations: { when: "redirects to two different places at once", curl: "good", why: "curl takes the first, Chrome none: where users get is chance" },
  "no Location": { when: "redirects without a Location, or to an empty one", curl: "good", why: "a user who is sent nowhere does not arrive" },
  "cut encoding": { when: "sends a compressed body that ends too early, in a frame that is whole", curl: "good", why: "half of a page is no page" },
  "raw deflate": {
    when: "sends deflate without its zlib header in small pieces",
    curl: "bad",
    why: "curl can only tell by a first piece of two bytes; browsers show the page",
  },
  "cut head": { when: "ends the head of an answer to HEAD without its empty line", curl: "good", why: "what else the head would have said is not known" },
  members: { when: "sends gzip of several members", curl: "bad", why: "that is gzip (RFC 1952, 2.2)" },
  "unknown encoding": {
    when: "names a Content-Encoding that nobody knows, and nothing is expected of the body",
    curl: "bad",
    why: "status and headers were asked for, and they came",
  },
};

/** As docs/watch.md has it. */
export const differencesTable = (): string =>
  [
    "| When an endpoint … | curl | watch | Because |",
    "| --- | --- | --- | --- |",
    ...Object.values(differences).map(({ when, curl, why }) => `| ${when} | ${curl} | ${curl === "good" ? "bad" : "good"} | ${why} |`),
  ].join("\n");
