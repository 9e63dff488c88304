/** What every part of a view is given, and what it is. */
import type { Session } from "../protocol.js";
import type { Api } from "./api.js";
import { type Child, h } from "./dom.js";
import type { Game } from "./game.js";

export interface Tab {
  readonly game: Game;
  readonly api: Api;
  readonly session: Session;
  /** Seconds of the run now; undefined before it. */
  runS(): number | undefined;
  /** For a screen reader, politely. */
  announce(text: string): void;
}
/** A part of the page. `update` draws what has changed, and may be called at any time. */
export interface Part {
  readonly element: HTMLElement;
  update(): void;
}
export interface View {
  readonly parts: readonly Part[];
  readonly element: HTMLElement;
}

/** A titled section of a view. */
export const section = (title: string, ...children: Child[]): HTMLElement => h("section", null, h("h2", null, title), ...children);

/** A button that asks the server: it waits for the answer, and says beside itself what went wrong. `done`: what to say and do then. */
export function asking(
  label: string,
  props: { readonly class?: string; readonly id?: string },
  ask: () => Promise<unknown>,
): { readonly button: HTMLButtonElement; readonly answer: HTMLElement } {
  const answer = h("span", { class: "wrong", role: "alert" });
  const button = h("button", { type: "button", class: props.class, id: props.id }, label);
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-busy", "true");
    answer.textContent = "";
    try {
      await ask();
    } catch (error) {
      answer.textContent = (error as Error).message;
    }
    button.removeAttribute("aria-busy");
  });
  return { button, answer };
}

/** A button that cannot be used says why, to everybody: it stays reachable. null: it can be used. */
export function block(button: HTMLButtonElement, why: string | null): void {
  button.setAttribute("aria-disabled", String(why !== null));
  if (why === null) button.removeAttribute("title");
  else button.title = why;
}
