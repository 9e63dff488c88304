/** The files that `flounder init` writes, as text. Pure. */
export interface StarterFile {
  readonly path: string;
  readonly text: string;
}
export type Ci = "github" | "gitlab" | "none";

/** mocha's config: where it lies decides how mocha is called. */
export const mochaConfig = `${JSON.stringify(
  {
    spec: ["chaos/**/*.chaos.mjs"],
    timeout: 180_000,
    reporter: "flounder/reporter",
    "reporter-option": ["junit=results/junit.xml", "ctrf=results/ctrf.json"],
  },
  null,
  2,
)}\n`;

/** Whoever runs the project brings it up; the job does so as they would. */
const bringsUp = (project: string | undefined, lead: string) => (project === undefined ? "" : `${lead}docker compose -p ${project} up --detach --wait\n`);

const github = (mocha: string, project?: string) => `name: chaos
on: [push, workflow_dispatch]
jobs:
  chaos:
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - uses: actions/cache@v4
        with:
          path: ~/.cache/flounder
          key: flounder-\${{ runner.os }}-\${{ runner.arch }}-\${{ hashFiles('package-lock.json') }}
      - run: npm ci
      - run: npx flounder setup
${bringsUp(project, "      - run: ")}      - run: ${mocha} --reporter-option annotations=true
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: chaos-results
          path: results
`;

const gitlab = (mocha: string, project?: string) => `chaos:
  image: node:22-bookworm
  timeout: 20m
  cache:
    key:
      files: [package-lock.json]
    paths: [.cache/flounder]
  variables:
    XDG_CACHE_HOME: $CI_PROJECT_DIR/.cache
  script:
    - npm ci
    - npx flounder setup
${bringsUp(project, "    - ")}    - ${mocha}
  artifacts:
    when: always
    paths: [results]
    reports:
      junit: results/junit.xml
`;

/** `project`: the Compose project that the suite breaks. */
export const ciJob = (ci: Exclude<Ci, "none">, mocha: string, project?: string): string => (ci === "github" ? github(mocha, project) : gitlab(mocha, project));
