/** The helper process of a DEA whose disk is a LUN: started by the agent, not by an engine. */
import { surviveDefects } from "./base/defects.js";
import type { Disk } from "./dea/disk-ops.js";
import { serveDisk } from "./dea/disk-process.js";

const disk = JSON.parse(process.argv[2] ?? "") as Disk;
surviveDefects();
serveDisk(disk);
