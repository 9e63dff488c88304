/** All probes of the foundry, by plane: the users of an app, then what developers do. */
import type { Probe } from "../../../harness/core.js";
import { app } from "./app.js";
import { create } from "./create.js";
import { remove } from "./delete.js";
import { start, stop } from "./lifecycle.js";
import { login } from "./login.js";
import { logout } from "./logout.js";
import { push } from "./push.js";
import { scale } from "./scale.js";

export const probes: readonly Probe[] = [app, login, logout, create, start, stop, scale, push, remove];
