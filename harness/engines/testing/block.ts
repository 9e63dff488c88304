/** Takes a block of ports, says where, and holds it until it is killed. */
import { takeBlock } from "../ports.js";

const block = await takeBlock(600);
process.send?.(block.base);
process.on("disconnect", () => process.exit(0));
