import { expect } from "chai";
import type { Event } from "../../core.js";
import { endpoint } from "../../watch/testing/result.js";
import { sayLost, sentence, Telling } from "./break-told.js";

const injection = (target: string) => ({ id: `break-1/${target}`, act: "break", fault: "link-cut", options: {}, target, atS: 0, maxS: 5 });
const reading = (target: string, state: "intact" | "broken", atS: number): Event => ({
  kind: "reading",
  injection: `break-1/${target}`,
  reading: { state },
  fromUs: 0,
  atUs: atS * 1e6,
  by: "keeper",
});
const healed = (target: string, proved: boolean, atS: number): Event => ({
  kind: "healed",
  injection: `break-1/${target}`,
  proved,
  why: "time",
  atUs: atS * 1e6,
  by: "keeper",
});

describe("what break says at its end", () => {
  const told = (...events: Event[]) => {
    const telling = new Telling([injection("a>b"), injection("c>b")], 1e6);
    for (const event of events) telling.take(event);
    return { telling, says: (lost?: string) => sentence(telling.told, lost) };
  };
  it("is when it took effect on the last target, and when the last was restored", () => {
    const { telling, says } = told(
      reading("a>b", "broken", 1.2),
      reading("c>b", "broken", 1.4),
      reading("c>b", "broken", 2.4),
      healed("a>b", true, 6.1),
      healed("c>b", true, 6.3),
    );
    expect(telling.isOver).to.equal(true);
    expect(says("users lost nothing")).to.equal("link-cut on a>b, c>b: took effect after 0.4 s, restored after 5.3 s; users lost nothing");
  });
  it("names what was not seen, and what is not proved", () => {
    expect(told(reading("a>b", "broken", 1.2), healed("a>b", true, 6), healed("c>b", false, 6)).says()).to.equal(
      "link-cut on a>b, c>b: took effect on 1 of 2 targets after 0.2 s, restored on 1 of 2 targets after 5.0 s",
    );
    expect(told(reading("a>b", "intact", 1.2), healed("a>b", false, 6)).says()).to.equal(
      "link-cut on a>b, c>b: no witness saw it take effect, NOT proved to be restored",
    );
  });
  it("counts down from the last injection on, until it is healed", () => {
    const { telling } = told();
    expect(telling.left(1e6), "nothing is injected yet").to.equal(undefined);
    for (const [target, atS] of [
      ["a>b", 1],
      ["c>b", 2],
    ] as const)
      telling.take({ kind: "injecting", injection: `break-1/${target}`, atUs: atS * 1e6, by: "keeper" });
    expect(telling.left(3.5e6)).to.equal("   2.50 s  4 s left, then it is healed; Ctrl-C heals now");
    expect(telling.left(7e6)).to.equal(undefined);
    telling.take({ kind: "healing", injection: "break-1/a>b", atUs: 3.5e6, by: "keeper" });
    expect(telling.left(3.6e6)).to.equal(undefined);
  });
  it("is not about other injections", () => {
    const { telling } = told();
    expect(telling.take({ ...healed("a>b", true, 3), injection: "another" } as Event)).to.equal(false);
  });
  it("has what each kind of user lost, outside and inside, with its bounds", () => {
    const lane = (probe: string, from: string, lo: number, hi: number) => endpoint(`${probe} ${from}`, { probe, from, lostS: { lo, hi } });
    const phrases = new Map([
      ["app", "get an answer from the app"],
      ["login", "log in"],
    ]);
    const lanes = [
      lane("app", "outside", 4, 4.2),
      lane("app", "outside", 0, 0),
      lane("app", "inside", 0, 0),
      lane("login", "outside", 0, 0),
      lane("login", "inside", 0, 0),
    ];
    expect(sayLost(lanes, phrases)).to.equal(
      "users who wanted to get an answer from the app lost 2.0 to 2.1 s outside and nothing inside; who wanted to log in lost nothing",
    );
    expect(sayLost([endpoint("x", { probe: "app", from: "outside", samples: 0 })], phrases)).to.contain("what nobody measured");
  });
});
