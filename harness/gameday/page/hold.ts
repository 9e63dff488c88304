/** The abort button: one click of a mouse, one key; on touch a press of 0.6 s, so that a pocket does not end a game. */

export const holdMs = 600;
/** A browser makes a click of a touch that ended so short a time ago. */
const echoMs = 700;

/** Calls `act` once for each press. While a finger holds, the class "holding" lets the page show how long it takes. */
export function pressed(button: HTMLElement, act: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let touchedMs = Number.NEGATIVE_INFINITY;
  const lift = (event: PointerEvent) => {
    clearTimeout(timer);
    button.classList.remove("holding");
    if (event.pointerType === "touch") touchedMs = event.timeStamp;
  };
  button.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    touchedMs = event.timeStamp;
    button.classList.add("holding");
    timer = setTimeout(() => {
      button.classList.remove("holding");
      act();
    }, holdMs);
  });
  for (const over of ["pointerup", "pointercancel", "pointerleave"] as const) button.addEventListener(over, lift);
  // A long press would open the browser's menu under the finger.
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("click", (event) => {
    if (event.timeStamp - touchedMs > echoMs) act();
  });
}
