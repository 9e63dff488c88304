/** Writes compose/compose.yaml, profile "org" in containers, from the built topology (npm run build comes before). A test holds both equal. */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const built = (path) => import(pathToFileURL(join(root, "dist", path)).href);
const { printed } = await built("harness/engines/compose/yaml.js");
const { default: foundry } = await built("targets/foundry/target.js");
writeFileSync(join(root, "compose", "compose.yaml"), printed(foundry.topology("org", 20, {}), foundry));
