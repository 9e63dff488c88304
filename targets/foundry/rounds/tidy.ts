/** The end of a foundation whose round did not hold: by its own `down`, and then by hand, so that the next round begins on a new one. */
import { rmSync } from "node:fs";
import type { Ground } from "./ground.js";

export async function tidy(ground: Ground): Promise<void> {
  if (!ground.isUp) return;
  ground.eye.resume();
  const said = await ground.run(["down", "--foundation", ground.id], 120_000).done;
  const left = ground.eye.left();
  if (said.status !== 0 || left.length > 0) {
    console.log(`        down ended with ${said.status}: ${said.text.trim()}${left.length > 0 ? `; left: ${left.join("; ")}` : ""}`);
    ground.eye.kill();
    rmSync(ground.folder, { recursive: true, force: true });
  }
  ground.ended();
}
