import { expect } from "chai";
import type { ProberReport } from "../protocol.js";
import { Combined } from "./combined.js";

const report = (samples: number) => ({ cpuUs: 0, latenessUs: { p50: 0, p99: 0 }, samples, shed: 0 }) as ProberReport;

describe("what several probers say of themselves", () => {
  it("is said together, and at the end nothing is held back, whoever ends first", () => {
    const said: number[] = [];
    const both = new Combined(2, ({ samples }) => said.push(samples));
    both.said(report(10), 0);
    both.said(report(10), 1);
    both.said(report(20), 0);
    both.said(report(25), 1); // its last
    both.said(report(29), 0); // the other's last
    expect(said).to.deep.equal([20, 45]);
    both.end();
    expect(said).to.deep.equal([20, 45, 54]);
    both.end();
    expect(said).to.have.length(3);
  });
});
