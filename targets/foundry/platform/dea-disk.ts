/** The helper process of a DEA whose disk is a LUN: started by the agent, not by an engine. */
import type { Disk } from "./dea/disk-ops.js";
import { serveDisk } from "./dea/disk-process.js";

serveDisk(JSON.parse(process.argv[2] ?? "") as Disk);
