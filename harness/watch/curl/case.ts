/** An endpoint that curl and `flounder watch` are both asked about: what is asked, and what its server does. */

/** What a server does on the connection, one after the other; without "end", "reset" or "hang" it waits for the next request. */
export type Step = Buffer | { readonly waitMs: number } | "end" | "reset" | "hang";

export interface Asked {
  readonly method: string;
  /** Below the case's own path; begins with "/". */
  readonly path: string;
  readonly query: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of this server: "http://127.0.0.1:1234/17". */
  readonly here: string;
  /** The same place on another host, and by a name that only `resolve` knows. */
  readonly there: string;
  readonly named: string;
}
/** Doors that do something before anything is asked, and those that speak TLS. */
export const doors = [
  "plain",
  "refused",
  "closes",
  "resets",
  "silent",
  "banner",
  "tls",
  "tls-expired",
  "tls-other",
  "tls-unknown",
  "tls-ip",
  "python",
] as const;
export type Door = (typeof doors)[number];

export interface Case {
  /** Unique: what it is, for whoever reads that curl and watch do not agree. */
  readonly name: string;
  /** Default: plain. */
  readonly door?: Door;
  /** Below the case's own path (of Python: of the server), with what may stand behind it; default "/". */
  readonly path?: string;
  readonly user?: string;
  readonly method?: "HEAD" | "POST";
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A good answer holds this. */
  readonly text?: string;
  /** Good ones; default: below 400. */
  readonly statuses?: readonly number[];
  readonly follow?: false;
  readonly insecure?: true;
  /** The authority of the test is trusted; default: of every case with TLS. */
  readonly trusts?: false;
  readonly connection?: "kept";
  /** Key of the difference (differences.ts) that it shows. */
  readonly shows?: string;
  /** Or that it shows now and then, as chance made it. */
  readonly mayShow?: string;
  answer?(asked: Asked): readonly Step[];
}
