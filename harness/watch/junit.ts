/** junit.xml of a watch: a case for every endpoint, whatever happened, and one for the command. fail → failure, inconclusive → error, cut short → skipped; a dead prober → error. */
import type { WatchResult } from "./result.js";

interface Case {
  readonly name: string;
  readonly element?: "failure" | "error" | "skipped";
  readonly says?: string;
}

/** Characters that XML 1.0 cannot hold (§2.2) become U+FFFD. */
export const xml = (text: string): string =>
  text
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"\n\t\r]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? `&#${c.charCodeAt(0)};`);

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
