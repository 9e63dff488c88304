/** One page for three roles: it joins, follows the stream, shows the role's view, and becomes the debrief when the run is over. */
import type { Debrief, Role } from "../protocol.js";
import { announcer } from "./announce.js";
import { Api, Refusal } from "./api.js";
import { debrief } from "./debrief.js";
import { deck } from "./deck.js";
import { h, say } from "./dom.js";
import { Feed } from "./feed.js";
import { Game } from "./game.js";
import { type Joined, join } from "./join.js";
import type { Part, Tab } from "./tab.js";
import { views } from "./views.js";

const drawMs = 250;
const wanted = location.pathname.slice(1);
const role: Role = wanted === "facilitator" || wanted === "room" ? wanted : "player";
const api = new Api(role);
const spoken = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
const main = h("main", { id: "main" });
document.body.dataset.role = role;
document.body.append(main, spoken);

/** The key of the link: taken out of the address, so that it is not copied or bookmarked with it. */
function takeKey(): string {
  const key = decodeURIComponent(location.hash.slice(1));
  if (key !== "") history.replaceState(null, "", location.pathname);
  return key;
}

async function enter(): Promise<Joined> {
  const key = takeKey();
  // Whoever opens a link again may come as somebody else.
  if (key !== "") return join(main, api, key);
  const known = await api.ask<Joined>("GET /api/session").catch((error: unknown) => {
    if (error instanceof Refusal && error.status === 401) return undefined;
    throw error;
  });
  return known ?? join(main, api, key);
}

function play({ session, state }: Joined): void {
  const game = new Game();
  game.state = state;
  const tab: Tab = { game, api, session, runS: () => game.runS(Date.now()), announce: announcer((text) => say(spoken, text)) };
  const feed = new Feed(
    role,
    {
      fresh: () => game.forget(),
      heard: (name, data, index) => game.heard(name, data, index, Date.now()),
      out: () => location.reload(),
    },
    () =>
      api.ask("GET /api/session").then(
        () => true,
        (error: Refusal) => error.status !== 401,
      ),
  );
  const top = deck(tab, () => feed.deadS());
  const view = views[role](tab);
  let parts: readonly Part[] = [top, ...view.parts];
  document.body.prepend(top.element);
  main.replaceChildren(view.element);
  let isOver = false;
  const update = () => {
    for (const part of parts) part.update();
    if (game.state?.stage !== "over" || isOver) return;
    isOver = true;
    void api.ask<Debrief>("GET /api/debrief").then(
      (told) => {
        parts = [top];
        main.replaceChildren(debrief(tab, told));
        tab.announce("The run is over. This is the debrief.");
      },
      () => {
        isOver = false;
      },
    );
  };
  feed.start();
  update();
  setInterval(update, drawMs);
}

async function begin(): Promise<void> {
  try {
    play(await enter());
  } catch (error) {
    main.replaceChildren(h("p", { class: "wrong", role: "alert" }, (error as Error).message));
    setTimeout(() => void begin(), 2000);
  }
}
void begin();
