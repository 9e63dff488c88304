import { networkInterfaces } from "node:os";
import { expect } from "chai";
import { addressesOf, freeNet } from "./addresses.js";

describe("addresses in containers", () => {
  it("are one for each name, and out of the way of those that Docker chooses", () => {
    const addresses = addressesOf(["toxiproxy-bus", "cc-1", "cc-2"]);
    expect([...addresses.values()]).to.deep.equal([10, 11, 12].map((byte) => `\${FLOUNDER_NET:-10.219.0}.${byte}`));
    expect(() => addressesOf(Array.from({ length: 200 }, (_, i) => `dea-${i}`))).to.throw("200 containers do not fit");
  });

  it("lie in a network that nobody has: not Docker, however large its own are, nor the machine", () => {
    expect(freeNet([], 7)).to.equal("10.219.7");
    expect(freeNet(["172.17.0.0/16", "10.219.7.0/24", "fd00::/64"], 7)).to.equal("10.219.8");
    expect(freeNet(["10.219.4.0/22"], 5)).to.equal("10.219.8");
    expect(freeNet(["10.219.255.128/25"], 255)).to.equal("10.219.0");
    expect(() => freeNet(["10.0.0.0/8"], 0)).to.throw("no network in 10.219.0.0/16 is free");
    for (const { address, family } of Object.values(networkInterfaces()).flatMap((all) => all ?? []))
      if (family === "IPv4") expect(address.startsWith(`${freeNet([], 0)}.`)).to.equal(false);
  });
});
