/** Does a symbolic link of an archive lead out of the folder it is unpacked into, also through other links of it? Pure: by what the archive says, before or after it is on a disk. */

/** As many as the kernel follows; a loop leads nowhere. */
const maxHops = 40;
export const maxTargetOctets = 4095;

/** `path`: of the link, relative to the folder; its parents are folders. `linkAt` gives the target of a path that is a link. */
export function leaves(path: string, target: string, linkAt: (path: string) => string | undefined): boolean {
  const at = path.split("/").slice(0, -1);
  const ahead = target.split("/").reverse();
  if (target === "" || target.startsWith("/") || target.includes("\0")) return true;
  let hops = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (at.pop() === undefined) return true;
      continue;
    }
    const link = linkAt([...at, part].join("/"));
    if (link === undefined) {
      at.push(part);
      continue;
    }
    if (link.startsWith("/")) return true;
    if (++hops > maxHops) return false;
    ahead.push(...link.split("/").reverse());
  }
  return false;
}
