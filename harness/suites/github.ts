/** A suite in GitHub Actions: a step summary, and annotations for those who want them. Pure. */
import { count, repros, type SuiteReport, type TestStatus } from "./suite-report.js";

/** GitHub drops a summary of more than 1 MiB; one that people read is far smaller. */
const summaryBytes = 64 * 1024;
const marks: Readonly<Record<TestStatus, string>> = { pass: "✅", fail: "❌", inconclusive: "❔", flaky: "⚠️", skipped: "⏭️", "not-run": "⏹️" };

/** A line per test; details of what is not green, as long as there is room. */
export function stepSummary(report: SuiteReport): string {
  const [passed, all] = [count(report, "pass"), report.tests.length];
  const lines = report.tests.map(
    ({ status, suite, title, durationMs }) => `- ${marks[status]} ${[...suite, title].join(" › ")} (${status}, ${(durationMs / 1000).toFixed(1)} s)`,
  );
  const details = report.tests.flatMap(({ trouble, title, attempts }) =>
    [...attempts, ...(trouble ? [trouble] : [])].map(({ message, detail }) => `\n**${title}**: ${message}\n\n${fenced(detail)}`),
  );
  const again = repros(report).map((line) => `\n${line}`);
  let text = "";
  for (const part of [`## Flounder: ${passed} of ${all} passed`, "", ...lines, ...again, ...details]) {
    const next = `${text}${part}\n`;
    if (Buffer.byteLength(next) > summaryBytes - 100) return `${text}\nMore does not fit here: see junit.xml.\n`;
    text = next;
  }
  return text;
}

/** Longer than any fence within. */
function fenced(text: string): string {
  const fence = "`".repeat(Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/** Workflow commands: an error for what failed, a warning for what proved nothing or is flaky. */
export const annotations = (report: SuiteReport): readonly string[] =>
  report.tests.flatMap(({ status, trouble, attempts, file, title }) => {
    const said = trouble ?? attempts[0];
    if (!said || !["fail", "inconclusive", "flaky"].includes(status)) return [];
    const properties = [...(file ? [`file=${property(file)}`] : []), `title=${property(`${status}: ${title}`)}`].join(",");
    return [`::${status === "fail" ? "error" : "warning"} ${properties}::${message(said.message)}`];
  });

const message = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => message(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
