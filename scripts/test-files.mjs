/**
 * Which test files there are, in which order and company they run.
 * scripts/test-times.json has seconds of an earlier run: long files begin first, and files of a second share a process, since Node's start would cost more than they do.
 * A file whose first lines say `// alone: why` measures the machine itself: nothing runs beside it.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import picomatch from "picomatch";

const patterns = ["dist/**/*.test.js", "dist/targets/*/suites/*.chaos.js"];
const shortS = 1.5;
const batchS = 10;

/** Words with dist/ in them name files, by globs too; the rest are mocha's. */
export function filesAsked(root, words) {
  const named = words.filter((word) => word.includes("dist/"));
  const options = words.filter((word) => !named.includes(word));
  const all = () => readdirSync(join(root, "dist"), { recursive: true }).map((path) => join("dist", path).split(sep).join("/"));
  const matching = (pattern) => {
    if (existsSync(join(root, pattern)) || existsSync(pattern)) return [pattern];
    const isMatch = picomatch(pattern);
    return all().filter((path) => isMatch(path));
  };
  const files = [...new Set((named.length > 0 ? named : patterns).flatMap(matching))].sort();
  const lost = named.filter((pattern) => matching(pattern).length === 0);
  if (lost.length > 0) {
    console.error(`test: no such file: ${lost.join(", ")}; expected a built test, such as dist/harness/planning/plan.test.js`);
    process.exit(64);
  }
  return { files, options, isWhole: named.length === 0 };
}

const timesFile = (root) => join(root, "scripts", "test-times.json");
const timesOf = (root) => (existsSync(timesFile(root)) ? JSON.parse(readFileSync(timesFile(root), "utf8")) : {});
const headOf = (root, file) => {
  const source = join(root, file.replace(/^dist\//, "").replace(/\.js$/, ".ts"));
  return existsSync(source) ? readFileSync(source, "utf8").slice(0, 1500) : "";
};

/** Groups of files, each for a process of its own: `{ files, seconds, isAlone }`, in the order in which they begin. */
export function plannedRuns(root, files) {
  const times = timesOf(root);
  const runs = [];
  let batch;
  for (const file of files) {
    const seconds = times[file];
    const isAlone = /^(\/\/| \*) alone: /m.test(headOf(root, file));
    if (isAlone || seconds === undefined || seconds > shortS) {
      runs.push({ files: [file], seconds: seconds ?? 20, isAlone });
      continue;
    }
    if (!batch || batch.seconds + seconds > batchS) {
      batch = { files: [], seconds: 0, isAlone: false };
      runs.push(batch);
    }
    batch.files.push(file);
    batch.seconds += seconds;
  }
  return runs.sort((a, b) => Number(a.isAlone) - Number(b.isAlone) || b.seconds - a.seconds);
}

/** Prints the seconds per file and keeps them. A file alone is timed by its process, one of many by what its tests took. */
export function saveTimes(root, runs) {
  const found = Object.fromEntries(runs.flatMap((run) => (run.name && !run.name.includes(",") ? [[run.name, run.seconds]] : Object.entries(run.secondsOf))));
  const rows = Object.entries(found)
    .map(([file, seconds]) => [relative(root, join(root, file)), Math.round(seconds * 10) / 10])
    .sort((a, b) => b[1] - a[1]);
  for (const [file, seconds] of rows) console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`);
  const all = { ...timesOf(root), ...Object.fromEntries(rows) };
  const kept = Object.keys(all)
    .filter((file) => existsSync(join(root, file)))
    .sort();
  writeFileSync(timesFile(root), `${JSON.stringify(Object.fromEntries(kept.map((file) => [file, all[file]])), null, 2)}\n`);
}
