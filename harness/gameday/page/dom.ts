/** Makes and updates elements. Text is always set as text: nothing that a player typed is ever read as markup. */

export type Child = Node | string | number | false | null | undefined;
export type Props = Readonly<Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>>;

function fill<E extends Element>(element: E, props: Props | null, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(
    ...children
      .filter((child) => child !== false && child !== null && child !== undefined)
      .map((child) => (typeof child === "number" ? String(child) : (child as Node | string))),
  );
  return element;
}

/** An HTML element. A function among the props listens to the event of that name; true is an attribute without a value. */
export const h = <K extends keyof HTMLElementTagNameMap>(tag: K, props: Props | null = null, ...children: Child[]): HTMLElementTagNameMap[K] =>
  fill(document.createElement(tag), props, children);

/** An SVG element. */
export const svg = <K extends keyof SVGElementTagNameMap>(tag: K, props: Props | null = null, ...children: Child[]): SVGElementTagNameMap[K] =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);

/** Sets text only where it differs: a screen reader and a selection are not disturbed by what did not change. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const drawn = new WeakMap<Element, string>();
/** Draws the content of an element again when what it shows has changed. Focus on something with an id stays there. */
export function draw(element: Element, shows: unknown, make: () => Child | readonly Child[]): void {
  const now = JSON.stringify(shows) ?? "";
  if (drawn.get(element) === now) return;
  drawn.set(element, now);
  const focused = document.activeElement instanceof HTMLElement && element.contains(document.activeElement) ? document.activeElement.id : "";
  const made = make();
  element.replaceChildren();
  fill(element, null, Array.isArray(made) ? made : [made as Child]);
  if (focused) document.getElementById(focused)?.focus();
}
