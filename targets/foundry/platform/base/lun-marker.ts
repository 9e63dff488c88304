/** The file at a LUN's root that says which one it is. Who uses a mount looks for it: without the mount a plain folder would take his writes. */
import { open } from "node:fs/promises";
import { join } from "node:path";

export const markerFile = ".lun";
const mostBytes = 256;

/** The LUN's name. Rejects with the errno of the mount. Asked for often, so with as few round trips as can be: readFile would ask for the size before and for the end after. */
export async function lunAt(root: string): Promise<string> {
  const file = await open(join(root, markerFile), "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostBytes), 0, mostBytes);
    return buffer.toString("utf8", 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}
