/** The same as a CTRF document (https://ctrf.io), which has no word for inconclusive: that is "other". */
import type { SuiteReport, TestReport, TestStatus, Trouble } from "./suite-report.js";

const statusOf: Readonly<Record<TestStatus, "passed" | "failed" | "skipped" | "pending" | "other">> = {
  ...{ pass: "passed", fail: "failed", flaky: "failed", skipped: "skipped", "not-run": "pending", inconclusive: "other" },
};

export function suiteCtrf(report: SuiteReport): string {
  const tests = report.tests.map(test);
  const of = (status: string) => tests.filter((one) => one.status === status).length;
  return `${JSON.stringify(
    {
      reportFormat: "CTRF",
      specVersion: "0.0.0",
      generatedBy: `flounder ${report.flounder}`,
      timestamp: new Date(report.toMs).toISOString(),
      results: {
        tool: { name: "flounder", version: report.flounder },
        summary: {
          ...{ tests: tests.length, passed: of("passed"), failed: of("failed"), skipped: of("skipped"), pending: of("pending"), other: of("other") },
          ...{ flaky: tests.filter(({ flaky }) => flaky).length, start: Math.round(report.fromMs), stop: Math.round(report.toMs) },
        },
        tests,
      },
    },
    null,
    2,
  )}\n`;
}

function test({ suite, title, file, durationMs, status, trouble, attempts, runs }: TestReport) {
  const last = runs.at(-1);
  return {
    name: title,
    status: statusOf[status],
    rawStatus: status,
    duration: Math.round(durationMs),
    ...(suite.length > 0 ? { suite } : {}),
    ...(file ? { filePath: file } : {}),
    ...(trouble ? { message: trouble.message, trace: trouble.detail } : {}),
    flaky: status === "flaky",
    ...(attempts.length > 0 ? { retries: attempts.length, retryAttempts: attempts.map(attempt) } : {}),
    attachments: runs.map(({ report }) => ({ name: "report.html", contentType: "text/html", path: report })),
    ...(last ? { extra: { seed: last.seed, plan: last.planDigest, engine: last.engine, profile: last.profile, timeFactor: last.timeFactor } } : {}),
  };
}

const attempt = ({ kind, message, detail }: Trouble, index: number) => ({
  ...{ attempt: index + 1, status: kind === "fail" ? ("failed" as const) : ("other" as const), message, trace: detail },
});
