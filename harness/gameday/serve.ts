/** The page's server, in a process of its own: argv is the game's id. It may be killed and started again at any time: cookies and tabs stay good. */
import { sleep } from "../clock.js";
import { GameFolder } from "./folder.js";
import { LiveGame } from "./live-game.js";
import { servePage } from "./server.js";

/** A run whose command has gone heals and ends itself; the page tells of it meanwhile, and so long afterwards. */
const afterMs = 15_000;
const lookMs = 500;

const folder = new GameFolder(process.argv[2]!);
const record = folder.record();
const game = await new LiveGame(folder).open();
const served = await servePage({ game, gameId: record.id, secret: record.secret, port: record.port, share: record.share });
if (record.port === 0) folder.save({ ...record, port: served.port });
const end = async () => {
  await served.close();
  await game.end();
  process.exit();
};
process.on("SIGTERM", () => void end());
/** Nobody else is left to put the folder away. */
const endAlone = async () => {
  const isOver = () => ["over", "failed"].includes(game.truth.stage) || game.truth.secret.runner === "gone";
  while (!isOver()) await sleep(lookMs);
  await sleep(afterMs);
  folder.remove();
  await end();
};
process.on("disconnect", () => void endAlone());
process.send?.({ facilitator: served.link("facilitator"), player: served.link("player"), room: served.link("room") } satisfies Links);

/** What it tells the command that started it, as soon as it answers. */
export interface Links {
  readonly facilitator: string;
  readonly player: string;
  readonly room: string;
}
