/**
 * junit.xml of a suite. fail → failure; inconclusive → error of type "inconclusive"; earlier attempts of a test stay as flakyFailure or flakyError. A test's run
 * gives properties, and its report as an attachment that Jenkins and GitLab show.
 */
import { xml } from "../report/xml.js";
import type { LoggedRun } from "./run-log.js";
import { count, type SuiteReport, type TestReport, type TestStatus, type Trouble } from "./suite-report.js";

export function suiteJunit(report: SuiteReport): string {
  const counts = [
    `tests="${report.tests.length}" failures="${count(report, "fail", "flaky")}" errors="${count(report, "inconclusive")}"`,
    `skipped="${count(report, "skipped", "not-run")}" time="${seconds(report.toMs - report.fromMs)}" timestamp="${new Date(report.fromMs).toISOString()}"`,
  ].join(" ");
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="flounder" ${counts}>`,
    `  <testsuite name="flounder" ${counts}>`,
    `    <properties>${property("flounder", report.flounder)}</properties>`,
    ...report.tests.flatMap(testcase),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
const property = (name: string, value: string | number): string => `<property name="${xml(name)}" value="${xml(String(value))}"/>`;

function testcase(test: TestReport): readonly string[] {
  const [last] = test.runs.slice(-1);
  const inner = [
    ...(last ? [`<properties>${properties(last)}</properties>`] : []),
    ...outcome(test),
    ...test.attempts.map((one) => element(one.kind === "fail" ? "flakyFailure" : "flakyError", one)),
    ...(last ? [`<system-out>${test.runs.map(({ report }) => xml(`[[ATTACHMENT|${report}]]`)).join("\n")}</system-out>`] : []),
  ];
  const name = `classname="${xml(test.suite.join(" › ") || "flounder")}" name="${xml(test.title)}" time="${seconds(test.durationMs)}" file="${xml(test.file)}"`;
  return inner.length === 0 ? [`    <testcase ${name}/>`] : [`    <testcase ${name}>`, ...inner.map((line) => `      ${line}`), "    </testcase>"];
}

const properties = ({ result, name, seed, planDigest, engine, profile, timeFactor }: LoggedRun): string =>
  Object.entries({ result, scenario: name, seed, plan: planDigest, engine, profile, timeFactor })
    .map(([key, value]) => property(key, value))
    .join("");

function outcome({ status, trouble, attempts }: TestReport): readonly string[] {
  const words: Readonly<Record<TestStatus, () => readonly string[]>> = {
    pass: () => [],
    fail: () => [element("failure", trouble!)],
    inconclusive: () => [element("error", trouble!)],
    // It passed in the end; whoever reads only failures must still see it.
    flaky: () => [
      element("failure", { ...attempts.find(({ kind }) => kind === "fail")!, message: "flaky: it failed, and passed when it was tried again" }, "flaky"),
    ],
    skipped: () => ["<skipped/>"],
    "not-run": () => [`<skipped message="${xml(trouble?.message ?? "not run")}"/>`],
  };
  return words[status]();
}

const element = (tag: string, { kind, message, detail }: Trouble, type: string = kind): string =>
  `<${tag} type="${type}" message="${xml(message)}">${xml(detail)}</${tag}>`;
