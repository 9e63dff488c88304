import { expect } from "chai";
import { announcer } from "./page/announce.js";
import { clipped, clock, joined, rows, type Stretch, ticks } from "./page/geometry.js";

describe("the page's lanes", () => {
  it("join neighbours that are alike and keep those that are not", () => {
    const lane: Stretch[] = [
      { fromS: 0, toS: 1, lost: 0 },
      { fromS: 1, toS: 2, lost: 0 },
      { fromS: 2, toS: 3, lost: 1 },
      { fromS: 3, toS: 4, lost: null },
    ];
    expect(joined(lane)).to.deep.equal([
      { fromS: 0, toS: 2, lost: 0 },
      { fromS: 2, toS: 3, lost: 1 },
      { fromS: 3, toS: 4, lost: null },
    ]);
  });

  it("never draw more than asked for, and never lose an outage by it", () => {
    const flicker = Array.from({ length: 1000 }, (_, i): Stretch => ({ fromS: i, toS: i + 1, lost: i % 2 === 0 ? 0 : i === 501 ? 1 : 0.25 }));
    const drawn = joined(flicker, 50);
    expect(drawn.length).to.be.at.most(50);
    expect(Math.max(...drawn.map(({ lost }) => lost ?? 0))).to.equal(1);
    expect(drawn.find(({ lost }) => lost === 1)).to.include({ fromS: 500, toS: 520 });
    expect([drawn[0]!.fromS, drawn.at(-1)!.toS]).to.deep.equal([0, 1000]);
  });

  it("show of a window what lies in it", () => {
    const lane: Stretch[] = [
      { fromS: 0, toS: 10, lost: 0 },
      { fromS: 10, toS: 20, lost: 1 },
    ];
    expect(clipped(lane, 5, 12)).to.deep.equal([
      { fromS: 5, toS: 10, lost: 0 },
      { fromS: 10, toS: 12, lost: 1 },
    ]);
    expect(clipped(lane, 20, 30)).to.deep.equal([]);
  });

  it("have an axis that can be read at any width", () => {
    for (const [toS, width] of [
      [30, 350],
      [90, 1040],
      [3600, 350],
      [100_000, 680],
    ] as const) {
      const at = ticks(0, toS, width);
      expect(at.length, `${toS} s on ${width} px`).to.be.within(2, width / 70 + 1);
      expect(at.every((s) => s >= 0 && s <= toS)).to.equal(true);
    }
    expect([clock(7), clock(750), clock(3723), clock(-5)]).to.deep.equal(["0:07", "12:30", "1:02:03", "−0:05"]);
  });

  it("put labels that would lie on each other into rows of their own", () => {
    expect(
      rows([
        { x: 0, width: 50 },
        { x: 20, width: 50 },
        { x: 60, width: 50 },
        { x: 75, width: 5 },
      ]),
    ).to.deep.equal([0, 1, 0, 1]);
  });
});

describe("what a screen reader is told", () => {
  it("comes at most once in five seconds, together, and nothing twice in a row", () => {
    let nowMs = 0;
    const said: [number, string][] = [];
    const due: { atMs: number; then: () => void }[] = [];
    const announce = announcer(
      (text) => said.push([nowMs, text]),
      () => nowMs,
      (then, ms) => due.push({ atMs: nowMs + ms, then }),
    );
    const until = (ms: number) => {
      for (let one = due.shift(); one; one = due.shift()) {
        if (one.atMs > ms) {
          due.unshift(one);
          break;
        }
        nowMs = one.atMs;
        one.then();
      }
      nowMs = ms;
    };
    announce("app users are down");
    until(1000);
    announce("alarm: no route");
    announce("alarm: no route");
    announce("app users are up");
    until(20_000);
    expect(said).to.deep.equal([
      [0, "app users are down"],
      [5000, "alarm: no route. app users are up"],
    ]);
  });
});
