/** junit.xml: one test case per check of the judge. fail → failure, inconclusive → error, aborted → skipped with the reason. */
import { worst } from "../judge-findings.js";
import type { Story } from "./story.js";
import { xml } from "./xml.js";

export function junit({ plan, verdict, checks, run }: Story): string {
  const name = `flounder.${plan.name}`;
  const cases = checks.map((check) => {
    const result = worst(check.findings);
    const says = check.findings
      .filter((finding) => finding.result === result)
      .map((finding) => `${finding.says}${finding.atUs.length > 0 ? ` (at ${finding.atUs.map((us) => (us / 1e6).toFixed(3)).join(", ")} s)` : ""}`);
    const element = { fail: "failure", inconclusive: "error", aborted: "skipped", pass: undefined }[result];
    const inner = element ? `\n      <${element} message="${xml(says[0]!)}">${xml(says.join("\n"))}</${element}>\n    ` : "";
    return { result, text: `    <testcase classname="${xml(name)}" name="${xml(check.name)}" time="0">${inner}</testcase>` };
  });
  const count = (result: string) => cases.filter((one) => one.result === result).length;
  const counts = `tests="${cases.length}" failures="${count("fail")}" errors="${count("inconclusive")}" skipped="${count("aborted")}" time="${((run.toUs - run.fromUs) / 1e6).toFixed(3)}"`;
  const properties = { result: verdict.result, seed: plan.seed, plan: plan.digest, engine: plan.engine, profile: verdict.profile };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${xml(name)}" ${counts}>`,
    "    <properties>",
    ...Object.entries(properties).map(([key, value]) => `      <property name="${key}" value="${xml(String(value))}"/>`),
    "    </properties>",
    ...cases.map((one) => one.text),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
