/**
 * curl as the oracle: 200 endpoints and more, thought of and generated, are asked by curl and by one `flounder watch`. Where they do not agree about good or
 * bad, the difference is one of those that docs/watch.md gives a reason for (differences.ts).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "../../paths.js";
import { seeded } from "../../random.js";
import { askCurl, askWatch, type Opinion } from "./ask.js";
import type { Case } from "./case.js";
import { differences, differencesTable } from "./differences.js";
import { edges } from "./edges.js";
import { generated } from "./generated.js";
import { Servers } from "./servers.js";

/** Another seed makes other cases: FLOUNDER_CURL_SEED=7 FLOUNDER_CURL_CASES=2000. */
const seed = Number(process.env.FLOUNDER_CURL_SEED || 20_110_425);
const atLeast = Number(process.env.FLOUNDER_CURL_CASES || 240);
const curlsAtOnce = 6;

describe("curl and flounder watch", function () {
  this.timeout(60_000 + atLeast * 200);
  let servers: Servers;
  let dir: string;
  before(async function () {
    if (["curl", "openssl"].some((tool) => spawnSync(tool, ["--help"]).error)) {
      console.log("      skipped: curl and openssl are not both here");
      this.skip();
    }
    dir = mkdtempSync(join(tmpdir(), "flounder-curl-"));
    servers = new Servers([...edges, ...generated(seeded(seed), Math.max(0, atLeast - edges.length))], dir);
    await servers.open();
  });
  after(async () => {
    await servers?.close();
    if (dir) rmSync(dir, { recursive: true, force: true });
  });

  it("agree about what is good and what is bad, or docs/watch.md says why not", async () => {
    const all = new Map(servers.cases.map((one, i) => [i, one] as const).filter(([, one]) => one.door !== "python" || servers.ports.has("python")));
    expect(all.size).to.be.at.least(200);
    const first = await opinions(all, 1500, 2);
    // A machine that is busy answers late: those who do not agree are asked once more, by themselves and with more time.
    const doubted = new Map([...all].filter(([i, one]) => !isAsDocumented(one, first.get(i)!)));
    const second = doubted.size === 0 ? first : await opinions(doubted, 4000, 3);
    const found = [...doubted].filter(([i, one]) => !isAsDocumented(one, second.get(i)!));
    expect(found.map(([i, { name }]) => ({ name, ...words(second.get(i)!) }))).to.deep.equal([]);
  });

  it("differ where docs/watch.md says that they do, and each difference is shown by a case", () => {
    expect(new Set(servers.cases.flatMap(({ shows }) => shows ?? []))).to.deep.equal(new Set(Object.keys(differences)));
    // However wide its columns are.
    const cells = (text: string) => text.replace(/ +\|/g, " |").replace(/-{3,}/g, "---");
    expect(cells(readFileSync(join(root, "docs/watch.md"), "utf8"))).to.contain(cells(differencesTable()));
  });

  interface Both {
    readonly curl: Opinion;
    readonly watch: Opinion;
  }
  const words = ({ curl, watch }: Both) => ({ curl: `${curl.good ? "good" : "bad"}: ${curl.says}`, watch: watch.says });
  function isAsDocumented({ shows, mayShow }: Case, { curl, watch }: Both): boolean {
    const difference = differences[shows ?? mayShow ?? ""];
    if (!difference || (mayShow !== undefined && watch.good === curl.good)) return watch.good === curl.good;
    return curl.good === (difference.curl === "good") && watch.good === !curl.good;
  }
  async function opinions(asked: ReadonlyMap<number, Case>, deadlineMs: number, seconds: number): Promise<ReadonlyMap<number, Both>> {
    const watching = askWatch(asked, servers, deadlineMs, seconds);
    const curls = new Map<number, Opinion>();
    const waiting = [...asked];
    await Promise.all(
      Array.from({ length: curlsAtOnce }, async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) curls.set(next[0], await askCurl(next[1], next[0], servers, deadlineMs));
      }),
    );
    const watched = await watching;
    return new Map([...asked].map(([i]) => [i, { curl: curls.get(i)!, watch: watched.get(i)! }]));
  }
});
