/** The engine of child processes: all that engines must do, and that undoing works whoever is killed. Some eight minutes. */
import { recovery } from "./recovery.js";
import { safety } from "./safety.js";
import { conforms } from "./suite.js";

await conforms("local");
safety("local");
recovery("local");
