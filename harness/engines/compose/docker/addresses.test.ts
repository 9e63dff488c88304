import { expect } from "chai";
import { addressesOf, freeNet } from "./addresses.js";

describe("addresses in containers", () => {
  it("are one for each name, and out of the way of those that Docker chooses", () => {
    const addresses = addressesOf(["toxiproxy-bus", "cc-1", "cc-2"]);
    expect([...addresses.values()]).to.deep.equal([10, 11, 12].map((byte) => `\${FLOUNDER_NET:-10.219.0}.${byte}`));
    expect(() => addressesOf(Array.from({ length: 200 }, (_, i) => `dea-${i}`))).to.throw("200 containers do not fit");
  });

  it("lie in a network that nobody has: not Docker, however large its own are, nor the machine", () => {
    const routed = (...lines: string[]) => ["Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask", ...lines, ""].join("\n");
    const none = routed("eth0\t00000000\t0102000A\t0003\t0\t0\t0\t00000000");
    expect(freeNet([], 7, none)).to.equal("10.219.7");
    expect(freeNet(["172.17.0.0/16", "10.219.7.0/24", "fd00::/64"], 7, none)).to.equal("10.219.8");
    expect(freeNet(["10.219.4.0/22"], 5, none)).to.equal("10.219.8");
    expect(freeNet(["10.219.255.128/25"], 255, none)).to.equal("10.219.0");
    expect(freeNet([], 7, routed("tun0\t0006DB0A\t00000000\t0001\t0\t0\t0\t00FEFFFF")), "10.219.6.0/23 is routed").to.equal("10.219.8");
    expect(() => freeNet(["10.0.0.0/8"], 0, none)).to.throw("no network in 10.219.0.0/16 is free");
    expect(freeNet([], 0), "as this machine is").to.match(/^10\.219\.\d+$/);
  });
});
