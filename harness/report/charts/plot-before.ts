/**
 * Plot shifts its lines by half a pixel if a global `it` exists when it is loaded (its own tests run under mocha). A suite's report must be the one
 * that `flounder judge` makes, so `it` is put away while Plot is evaluated. Modules without top-level await are evaluated in one go: nobody sees it gone.
 */
export const putAway: PropertyDescriptor | undefined = Object.getOwnPropertyDescriptor(globalThis, "it");
Reflect.deleteProperty(globalThis, "it");
