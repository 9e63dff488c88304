/** A runner for tests: connects (or starts), injects what it is told, says "injected", and waits to be killed or stopped. Arguments are JSON. */
import type { FoundationSpec, Injection } from "../../core.js";
import { connect, startKeeper } from "../start.js";
import { entry } from "./spec.js";

interface Orders {
  /** Start this foundation … */
  readonly start?: FoundationSpec;
  /** … or attach to that one. */
  readonly attach?: string;
  readonly lease: boolean;
  readonly inject: readonly Injection[];
  /** Ends the foundation and says "down", or why it is not, instead of waiting. */
  readonly down?: boolean;
}
const orders = JSON.parse(process.argv[2]!) as Orders;
const client = orders.start
  ? await startKeeper(orders.start, () => {}, { entry, stays: !orders.lease })
  : await connect(orders.attach!, { lease: orders.lease });
console.log("connected");
await Promise.all(orders.inject.map((injection) => client.inject(injection)));
console.log("injected");
if (orders.down) {
  const said = await client.down().then(
    () => "down",
    (error: Error) => `not down: ${error.message}`,
  );
  console.log(said);
} else setInterval(() => {}, 1000);
