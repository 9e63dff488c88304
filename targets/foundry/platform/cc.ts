/** Cloud Controller: the developers' interface (CF API v3 and UAA), desired state in the CCDB, blobs on the mounted LUNs, instances placed over the bus. */
import { fail } from "./base/defects.js";
import { main } from "./cc/main.js";

await main().catch((error: unknown) => fail(error, "the Cloud Controller cannot start"));
