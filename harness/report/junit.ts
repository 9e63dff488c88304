/** junit.xml: one test case per check of the judge. fail → failure, inconclusive → error, aborted → skipped with the reason. */
import { steadyCheck } from "../judge/experiment.js";
import { worst } from "../judge/findings.js";
import { reproFor, setupOf, setupWords } from "../judge/setup.js";
import { steadyWindow, type Window } from "../measure/windows.js";
import type { Story } from "./story.js";
import { xml } from "./xml.js";

export function junit({ plan, events, verdict, checks, run, acts, musts }: Story): string {
  const name = `flounder.${plan.name}`;
  /** How long it was held: what a must is about, the steady phase, else the whole run. */
  const windowOf = (checkName: string): Window => {
    if (checkName === steadyCheck) return steadyWindow(events) ?? { fromUs: 0, toUs: 0 };
    const during = musts.find(({ says }) => says === checkName)?.must.during;
    return during === undefined ? run : (acts.find(({ id }) => id === during)?.window ?? { fromUs: 0, toUs: 0 });
  };
  const cases = checks.map((check) => {
    const result = worst(check.findings);
    const says = check.findings
      .filter((finding) => finding.result === result)
      .map((finding) => `${finding.says}${finding.atUs.length > 0 ? ` (at ${finding.atUs.map((us) => (us / 1e6).toFixed(3)).join(", ")} s)` : ""}`);
    const element = { fail: "failure", inconclusive: "error", aborted: "skipped", pass: undefined }[result];
    const inner = element ? `\n      <${element} message="${xml(says[0]!)}">${xml(says.join("\n"))}</${element}>\n    ` : "";
    return { result, text: `    <testcase classname="${xml(name)}" name="${xml(check.name)}" time="${seconds(windowOf(check.name))}">${inner}</testcase>` };
  });
  const count = (result: string) => cases.filter((one) => one.result === result).length;
  const counts = `tests="${cases.length}" failures="${count("fail")}" errors="${count("inconclusive")}" skipped="${count("aborted")}" time="${seconds(run)}"`;
  const setup = setupOf(plan, events);
  const properties = {
    result: verdict.result,
    seed: plan.seed,
    plan: plan.digest,
    target: setup.target,
    engine: plan.engine,
    profile: verdict.profile,
    "time-factor": setup.timeFactor,
    ...Object.fromEntries(setupWords(setup)),
    repro: reproFor(plan, setup),
  };
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

const seconds = ({ fromUs, toUs }: Window): string => ((toUs - fromUs) / 1e6).toFixed(3);
