/** junit.xml of a watch: a case for every endpoint, whatever happened, and one for the command. fail → failure, inconclusive → error, cut short → skipped; a dead prober → error. */
import { xml } from "../report/xml.js";
import type { WatchResult } from "./result.js";

interface Case {
  readonly name: string;
  readonly element?: "failure" | "error" | "skipped";
  readonly says?: string;
}

export function junit(result: WatchResult): string {
  const { command, abortedBy, verdict } = result;
  const why = abortedBy === undefined ? "" : verdict.says[0]!;
  const cases: Case[] = result.endpoints.map(({ name, verdict: own }) => {
    if (own.result === "fail") return { name, element: "failure", says: own.says.join("; ") };
    if (own.result === "inconclusive") return { name, element: "error", says: own.says.join("; ") };
    if (abortedBy === undefined) return { name };
    return { name, element: abortedBy === "prober" ? "error" : "skipped", says: why };
  });
  if (command) {
    const failed = command.exitCode !== 0;
    cases.push({
      name: `command ${command.argv.join(" ")}`,
      ...(failed ? { element: abortedBy === undefined ? "failure" : "skipped", says: command.signal ?? `exit code ${command.exitCode}` } : {}),
    });
  }
  const count = (element: Case["element"]) => cases.filter((one) => one.element === element).length;
  const time = result.seconds.toFixed(3);
  const counts = `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}" time="${time}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="flounder watch" timestamp="${result.startedIso.slice(0, 19)}" ${counts}>`,
    ...cases.map(({ name, element, says = "" }) => {
      const head = `    <testcase classname="flounder.watch" name="${xml(name)}" time="${time}"`;
      return element ? `${head}><${element} message="${xml(says)}">${xml(says)}</${element}></testcase>` : `${head}/>`;
    }),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
