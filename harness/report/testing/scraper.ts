/** Prometheus' own strict parsers, of Debian's python3-prometheus-client: tests hold our metrics against them. */
import { spawnSync } from "node:child_process";
import { openMetrics } from "../metrics/exposition.js";

/** Prints each family as "name type samples". */
const parser = `
import sys
om = sys.argv[1] == "om"
if om:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
else:
    from prometheus_client.parser import text_string_to_metric_families as parse
for family in parse(sys.stdin.read()):
    print(family.name, family.type, len(family.samples), *sorted(str(s.labels) for s in family.samples))
`;
const python = "/usr/bin/python3";

/** Name, type, number of samples and labels of each family. Throws what the parser says. */
export function parsed(how: "om" | "text", text: string): string[] {
  const { status, stdout, stderr } = spawnSync(python, ["-c", parser, how], { input: text });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout.toString().trimEnd().split("\n");
}
/** False, and a line that says why, where it is not installed. */
export function canParse(): boolean {
  const is = spawnSync(python, ["-c", "import prometheus_client"]).status === 0;
  if (!is) console.log("      skipped: apt install python3-prometheus-client");
  return is;
}

/** "name type" of each family of a text in Prometheus' format, and of the same as OpenMetrics. */
export const bothParsed = (text: string): readonly (readonly string[])[] =>
  [parsed("text", text), parsed("om", openMetrics(text))].map((families) => families.map((line) => line.split(" ").slice(0, 2).join(" ")));
