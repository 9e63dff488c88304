/** The process that does a Cloud Controller's I/O on LUNs. A bundle of its own, so that it is there at once. */
import { surviveDefects } from "./base/defects.js";
import { runHelper } from "./cc/storage/storage-helper.js";

surviveDefects();
runHelper();
