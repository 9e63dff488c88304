/**
 * Cloud Controller: the developers' interface (CF API v3 and UAA), desired state in the CCDB, blobs on the mounted LUNs, instances placed over the bus.
 * `cc.mjs --storage-helper` is the process that does a Cloud Controller's I/O on LUNs.
 */
// Loaded only by whom it is for: the helper is light, and there at once.
if (process.argv.includes("--storage-helper")) (await import("./cc/storage-helper.js")).runHelper();
else await (await import("./cc/main.js")).main();
