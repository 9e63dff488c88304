/** junit.xml of a comparison: one test case per declared pair, one for the expectation, one for writes, one for undoing. */
import { xml } from "../../report/xml.js";
import { type Report, refusals } from "./report.js";

interface Case {
  readonly name: string;
  readonly element?: "failure" | "error" | "skipped";
  readonly says: string;
}
export function renderJunit({ design, comparison }: Report): string {
  const { aborted, expectation, undoFailed } = comparison;
  const name = `flounder.compare.${design.scenario}`;
  const pairs = comparison.pairs
    .filter((pair) => pair.declared)
    .map(({ a, b, verdict, veto, says }): Case => {
      if (veto && veto.lostWrites > 0) return { name: `${a} against ${b}`, element: "failure", says };
      if (verdict !== "not decided") return { name: `${a} against ${b}`, says };
      return { name: `${a} against ${b}`, element: aborted === null ? "error" : "skipped", says: aborted === null ? says : `aborted: ${aborted}` };
    });
  const expected = expectation
    ? [
        {
          name: `expected: ${expectation.faster} < ${expectation.slower}`,
          says: expectation.state,
          ...(expectation.state === "held" ? {} : { element: expectation.state === "refuted" ? ("failure" as const) : ("error" as const) }),
        },
      ]
    : [];
  const undone: Case = { name: "every fault was undone", says: refusals(comparison).join(" "), ...(undoFailed.length > 0 ? { element: "failure" } : {}) };
  const cases: readonly Case[] = [...pairs, ...expected, undone];
  const count = (element: string) => cases.filter((one) => one.element === element).length;
  const counts = `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
  const properties = { design: comparison.designDigest, sentence: comparison.sentence, exitCode: String(comparison.exitCode) };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${xml(name)}" ${counts}>`,
    "    <properties>",
    ...Object.entries(properties).map(([key, value]) => `      <property name="${key}" value="${xml(value)}"/>`),
    "    </properties>",
    ...cases.map(({ name: one, element, says }) => {
      const inner = element ? `<${element} message="${xml(says)}">${xml(says)}</${element}>` : "";
      return `    <testcase classname="${xml(name)}" name="${xml(one)}" time="0">${inner}</testcase>`;
    }),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
