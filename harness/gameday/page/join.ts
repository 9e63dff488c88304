/** The first screen: who are you? The link has the key, or a join code that was read aloud is typed. */
import type { Role, Seat, Session, State } from "../protocol.js";
import type { Api } from "./api.js";
import { h } from "./dom.js";

export interface Joined {
  readonly session: Session;
  readonly state: State;
}
const titles: Readonly<Record<Role, string>> = { facilitator: "You run this game day", player: "You are on call", room: "The room’s screen" };
const says: Readonly<Record<Role, string>> = {
  facilitator: "You start the run, inject, freeze and abort. What you do stands in the timeline under your name.",
  player: "You see what users and the platform’s own monitoring see. Say when something is wrong, when you know what, and when it is fixed.",
  room: "A clock, the planes, alarms and marks for everybody in the room.",
};
const nameKey = "flounder name";

/** Resolves once the server has let this tab in. `key` is the token of the link; empty: a code is asked for. */
export async function join(into: HTMLElement, api: Api, key: string): Promise<Joined> {
  const { joined, name, key: opened } = await whoAreYou(into, api, key);
  if (api.role !== "player" || joined.state.seats.length < 2) return joined;
  return chooseSeat(into, joined.state.seats, (seat) => api.ask<Joined>("POST /api/join", { role: api.role, key: opened, name, seat }));
}

function whoAreYou(into: HTMLElement, api: Api, key: string): Promise<{ readonly joined: Joined; readonly name: string; readonly key: string }> {
  return new Promise((resolve) => {
    const wrong = h("p", { class: "wrong", role: "alert" });
    const name = h("input", { type: "text", id: "name", autocomplete: "nickname", maxlength: 40, required: true, value: localStorage.getItem(nameKey) ?? "" });
    const code = h("input", { type: "text", id: "code", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true });
    const button = h("button", { class: "first", type: "submit" }, "Join");
    const submit = async (event: Event) => {
      event.preventDefault();
      button.disabled = true;
      wrong.textContent = "";
      const typed = { name: name.value.trim(), key: key || code.value.trim() };
      try {
        const joined = await api.ask<Joined>("POST /api/join", { role: api.role, ...typed });
        localStorage.setItem(nameKey, typed.name);
        resolve({ joined, ...typed });
      } catch (error) {
        wrong.textContent = (error as Error).message;
        button.disabled = false;
      }
    };
    into.replaceChildren(
      h(
        "form",
        { class: "join", submit },
        h("h1", null, titles[api.role]),
        h("p", { class: "soft" }, says[api.role]),
        h("label", { for: "name" }, "Your name, as the timeline will have it"),
        name,
        key === "" && h("label", { for: "code" }, "Join code"),
        key === "" && code,
        wrong,
        button,
      ),
    );
    name.focus();
  });
}

function chooseSeat(into: HTMLElement, seats: readonly Seat[], take: (seat: string) => Promise<Joined>): Promise<Joined> {
  return new Promise((resolve) => {
    const wrong = h("p", { class: "wrong", role: "alert" });
    const seatButton = ({ name, inside, console }: Seat) => {
      const sees = inside ? "what users see, and figures from inside" : "what users see";
      const does = console ? "has the console, the logs and the playbook" : "has no console";
      const click = () =>
        take(name).then(resolve, (error: Error) => {
          wrong.textContent = error.message;
        });
      return h("button", { type: "button", id: `seat-${name}`, click }, name, h("small", null, `sees ${sees}; ${does}`));
    };
    into.replaceChildren(h("div", { class: "join" }, h("h1", null, "Choose your seat"), h("div", { class: "seats" }, ...seats.map(seatButton)), wrong));
    into.querySelector("button")?.focus();
  });
}
