/**
 * How a process of the foundation is started with no more than it needs: as its own user, without other groups, without capabilities and without a way to get any
 * (no_new_privs), with bounds, and making files that are for itself. A shell and setpriv (util-linux), each of which becomes the next: 2 ms, and the pid stays.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Owner } from "../../secrets.js";
import { onPath } from "../../tools/find.js";

export interface Confinement {
  /** Whom it runs as; undefined: as we do. */
  readonly user?: Owner | undefined;
  /** A file that it has for /etc/passwd, in a mount namespace of its own. Mounts that are taken away here are taken away there; new ones it need not see. */
  readonly passwd?: string | undefined;
  /** Processes and threads; counted per user, so only where it has one for itself. */
  readonly processes?: number | undefined;
  /** What it writes its number into, to be in the foundation's control group. */
  readonly group?: string | undefined;
}

/** Node and Go take as many as they are allowed; a limit is only ever lowered. */
const openFiles = 65_536;

/** A file that gives this user a name, in a folder where others may read it. */
export function passwdFor({ uid, gid }: Owner, dir: string): string {
  const file = join(dir, `passwd-${uid}`);
  if (!existsSync(file)) writeFileSync(file, `root:x:0:0:root:/root:/bin/sh\ncomponent:x:${uid}:${gid}::/:/bin/sh\n`, { mode: 0o644 });
  return file;
}

// bash calls processes -u, dash -p.
const bounds = `umask 077; ulimit -c 0; case $(ulimit -Hn) in ?|??|???|????|?????) ;; *) ulimit -n ${openFiles} ;; esac`;
const shell = "/bin/sh";

/** The words that become `argv`. */
export function confined(argv: readonly string[], { user, passwd, processes, group }: Confinement): readonly string[] {
  const setpriv = onPath("setpriv");
  const to = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"] : [];
  const count = processes && user ? `; ulimit -u ${processes} 2>/dev/null || ulimit -p ${processes}` : "";
  const less = setpriv ? [setpriv, ...to, "--no-new-privs", "--"] : [];
  const join = group ? `{ echo $$ > '${group}'; } 2>/dev/null; ` : "";
  const plain = [shell, "-c", `${join}${bounds}${count}; exec "$@"`, "sh", ...less, ...argv];
  if (!passwd || !user) return plain;
  return ["unshare", "--mount", "--propagation", "slave", "--", shell, "-c", 'mount --bind "$0" /etc/passwd && exec "$@"', passwd, ...plain];
}
