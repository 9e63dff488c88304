/** A Toxiproxy that somebody else runs: what is asked stands in its owner's config, and without one its HTTP proxies are the data plane. */
import type { TargetSystem } from "../../harness/core.js";
import { FlounderError } from "../../harness/errors.js";
import composeProject from "../compose-project/target.js";

const toxiproxy: TargetSystem = {
  ...composeProject,
  name: "toxiproxy",
  says: "a Toxiproxy that is up: flounder attach toxiproxy:URL",
  topology(profile) {
    throw new FlounderError(
      "usage",
      `a Toxiproxy is not brought up here: "${profile}" is its owner's`,
      "flounder attach toxiproxy:URL, then --foundation NAME",
    );
  },
  tries: ({ id }) => [
    { words: ["flounder", "break", "link-cut", "--on", "*>*", "--pick", "one", "--for", "5", "-F", id], says: "a fault on one of its proxies" },
    { words: ["flounder", "detach", "-F", id], says: "lets go of it, as it was" },
  ],
};
export default toxiproxy;
