/** Environment variables and places of files, for people: docs/reference.md has them from here. A test holds the code to the first list, and the second to the code. */

export interface Variable {
  readonly name: string;
  readonly says: string;
}
export const variables: readonly Variable[] = [
  { name: "FLOUNDER_FAULTS", says: "a folder with faults of one's own (docs/faults.md); a file of it that is broken is left out, and said" },
  { name: "FLOUNDER_RELEASES", says: "where released tools are fetched from, instead of https://github.com: a mirror with the same paths" },
  { name: "FLOUNDER_OFFLINE", says: "1: no tool is fetched or built by itself; what is missing is an error that names it" },
  { name: "XDG_STATE_HOME", says: "where state is kept, instead of ~/.local/state" },
  { name: "XDG_CACHE_HOME", says: "where tools are kept, instead of ~/.cache" },
  { name: "NO_COLOR", says: "set to anything: no colours" },
  { name: "FORCE_COLOR", says: "set to anything: colours also where the output is no terminal" },
  { name: "PATH", says: "tools are looked for there first: nats-server, sshfs, docker, go …" },
  { name: "DOCKER_HOST", says: "which Docker engine, unix:///… only: containers must run on this machine" },
  { name: "GOPROXY", says: "where Go gets the sources of tools that are built here" },
  { name: "PIP_INDEX_URL", says: "where a Go toolchain comes from if there is none: an index of Python packages" },
  { name: "http_proxy, https_proxy, no_proxy", says: "for what is fetched; endpoints are asked through them with flounder watch --proxy env alone" },
  { name: "GITHUB_STEP_SUMMARY", says: "where a job's summary goes: flounder compare adds its report" },
  { name: "DISPLAY, WAYLAND_DISPLAY", says: "without either, flounder open prints where the report is and opens nothing" },
];

export interface Place {
  readonly path: string;
  readonly says: string;
}
/** `~/.local/state` and `~/.cache` stand for what XDG_STATE_HOME and XDG_CACHE_HOME say. */
export const places: readonly Place[] = [
  {
    path: "~/.local/state/flounder/foundations/NAME/",
    says: "a foundation: what it is, its secrets (0600), the keeper's journal, a log per component below logs/; flounder down removes it",
  },
  { path: "~/.local/state/flounder/last-failure/", says: "logs of the last foundation that could not be started" },
  { path: "~/.local/state/flounder/calibration.json", says: "what flounder calibrate found on this machine" },
  { path: "~/.local/state/flounder/locks/", says: "locks of ports and tools among the keepers of one user; always in the home folder that the system knows" },
  { path: "~/.cache/flounder/tools/", says: "tools that were fetched or built, by version" },
  {
    path: "results/UTC-SCENARIO-SEED/",
    says: "one run, below the folder where flounder run was started (or --results DIR); results/latest points at the newest",
  },
];

/** What a run, or a watch, writes, and the schema that each file has. */
export const documents: readonly { readonly file: string; readonly says: string; readonly schema?: string }[] = [
  { file: "plan.json", says: "every choice that was made, with its digest", schema: "plan.schema.json" },
  { file: "timeline.jsonl", says: "what happened, an event a line, µs after the run's zero", schema: "timeline.schema.json" },
  { file: "samples.jsonl.gz", says: "every answer of every probe, a sample a line; one gzip member per second", schema: "samples.schema.json" },
  { file: "verdict.json", says: "the judgement: lost seconds with bounds, receipts, recovery, findings", schema: "verdict.schema.json" },
  { file: "report.html, report.md, junit.xml", says: "the same, drawn; flounder report makes them again from the first three" },
  { file: "logs/", says: "what components wrote" },
  { file: "comparison.json", says: "what flounder compare found: playbooks against each other", schema: "comparison.schema.json" },
  { file: "flounder watch --json FILE", says: "outages of endpoints, with bounds", schema: "watch.schema.json" },
  { file: "flounder watch --config FILE", says: "what is read: endpoints and limits, as YAML", schema: "watch-config.schema.json" },
];
