/** What an engine starts, as pure data, and how a running component is reached. */

export type PortProtocol = "http" | "nats" | "postgres" | "sftp" | "udp" | "tcp";

/**
 * What an engine starts: pure data. The engine adds to env: FLOUNDER_FOUNDATION, FLOUNDER_COMPONENT, DATA_DIR (the component's own
 * folder), PORT_<NAME> per port (number to listen on at BIND_HOST), ADVERTISE_<NAME>=host:port per fronted port, LINK_<NAME>=host:port per link,
 * MOUNT_<NAME>=path per mount, SECRETS_FILE, SLOTS=listen:advertisedHost:advertisedPort,… (names upper-cased, - to _).
 */
export interface Component {
  readonly name: string;
  readonly role: string;
  /** command[0]: "node" with a bundle's path as command[1], or "tool:nats-server". "{port.client}" and "{data}" are filled in. */
  readonly command: readonly string[];
  /** Runs to its end before each start (initdb …), same env and placeholders. */
  readonly prepare?: readonly string[];
  /** Started as an unprivileged user when the engine is root (Postgres refuses root). */
  readonly unprivileged?: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** Labels of the secrets that it is granted: the file at SECRETS_FILE, which it alone can read, has one for each, derived from the foundation's. Absent: none. */
  readonly secrets?: readonly string[];
  readonly ports: Readonly<Record<string, PortProtocol>>;
  /** Ports that others dial at one advertised address: a proxy stands before them, link "*>name" (class as given). */
  readonly fronts?: Readonly<Record<string, string>>;
  /**
   * key → env LINK_<KEY>; the link's name is "<component>>⟨to⟩". With `from` the component does not dial it itself but hands the address to others,
   * who are called so: the link's name is "⟨from⟩>⟨to⟩" then ("app>servicedb-1").
   */
  readonly links: Readonly<Record<string, { readonly to: string; readonly port: string; readonly class: string; readonly from?: string }>>;
  /** key = volume → env MOUNT_<KEY>; the mount's name is "<component>:<volume>"; its proxy has class storage. */
  readonly mounts: Readonly<Record<string, Mount>>;
  /** "http:<port>/path" (2xx) or "tcp:<port>". */
  readonly ready: string;
  /** Components that must be ready before this one is started; keep it short, boot time depends on it. */
  readonly after?: readonly string[];
  /** Restarted when it dies by itself. */
  readonly supervised: boolean;
  /** App slots, each a listen port and an advertised proxy port: links "*>name.<n>", class apps. */
  readonly slots?: number;
  readonly contained?: Contained;
}

/** A volume that a component mounts over SFTP. */
export interface Mount {
  /** Who keeps it, and on which of its ports it serves it. */
  readonly from: string;
  readonly port: string;
  /** A file that whoever keeps it puts into its root, with the volume's name in it: who sees that has the volume, and no bare folder. */
  readonly marker: string;
}
/** What else a component is where each lives in a container of its own; an engine without containers passes it over. */
export interface Contained {
  /** On top of the component's env. */
  readonly env?: Readonly<Record<string, string>>;
  /** Users reach it: it is on their network too, by its name and by these. */
  readonly outside?: readonly string[];
  /** Ports that are published on this machine's loopback, under the same number; a udp one over TCP as well. */
  readonly published?: readonly string[];
  /** Packets pass through it by rules of its own. */
  readonly filters?: true;
}

export interface Topology {
  readonly profile: string;
  readonly domain: string;
  readonly components: readonly Component[];
  /** What its owner wants asked, where the system under test itself knows no questions. */
  readonly asks?: readonly Asked[];
  /** For sh -c, on this machine: what its owner does after a fault was healed. It must do no harm where nothing is to be done. */
  readonly recovery?: string;
}

/** A question of somebody's config. */
export interface Asked {
  /** What samples and reports call it. */
  readonly name: string;
  readonly plane: "control" | "data";
  readonly from: "outside" | "inside";
  readonly periodMs: number;
  readonly deadlineMs: number;
  /** As a route has it, with "0.0.0.0:0" for the address of `at`. */
  readonly question: { readonly kind: "http" | "tcp" | "dns" | "exec" };
  /** A port of a component, wherever it is just then: from outside where it is published, from inside at its own address. Absent: the question has its address. */
  readonly at?: { readonly role: string; readonly port: number };
}

/** A question to a component's admin port, past everything that a fault can cut. Rejects with FlounderError code "unreachable" or "refused". */
export type Call = (component: string, path: string, body?: unknown, timeoutMs?: number) => Promise<unknown>;

/** Where a component listens, past every proxy: what adapters, inside vantage and witnesses use. */
export interface Addresses {
  direct(component: string, port: string): { readonly host: string; readonly port: number };
  /** Derived from the foundation's secret under this label, as a component with the same secret derives it: with it they log in. */
  secret(label: string): string;
}

/** What an engine does at a component's own place for adapters of servers that have no admin port: their files and signals. */
export interface Host {
  /** Replaces a file in the component's data folder, whole or not at all. */
  write(component: string, file: string, text: string): Promise<void>;
  /** Of a file there; rejects when it cannot be read. */
  read(component: string, file: string): Promise<string>;
  /** To the main process; does nothing when there is none. */
  signal(component: string, signal: "SIGHUP"): Promise<void>;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}
