/** The text that is loaded into the kernel. */
import { expect } from "chai";
import { deny, parts, type Rules } from "./rules.js";
import { ruleset } from "./ruleset.js";

const saved: Rules = { listeners: ["front"], rules: [{ action: "allow", port: "front" }], otherwise: "drop" };
const balancers = [
  { host: "10.0.0.5", port: 20_100 },
  { host: "10.0.0.5", port: 20_101 },
];
const text = (rules: Rules, living = balancers) => ruleset(rules, () => 20_010, living);
/** The lines of a chain, its hook left out. */
const chain = (of: string, name: string) => {
  const lines = new RegExp(`\\tchain ${name} \\{\\n([^}]*(?:\\{[^}]*\\}[^}]*)*)\\n\\t\\}\\n`).exec(of)?.[1];
  return lines?.split("\n").map((line) => line.trim());
};

describe("packet rules", () => {
  it("are one file that replaces its own table and no other", () => {
    expect(text(saved)).to.equal(`table inet flounder
delete table inet flounder
table inet flounder {
	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		meta nfproto ipv4 tcp dport { 20010 } dnat ip to numgen inc mod 2 map { 0 : 10.0.0.5 . 20100, 1 : 10.0.0.5 . 20101 }
	}

	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ct status dnat meta l4proto tcp ct original proto-dst { 20010 } masquerade
	}

	chain rules {
		meta l4proto tcp ct original proto-dst { 20010 } accept
		drop
	}

	chain input {
		type filter hook input priority filter; policy accept;
		tcp dport { 20010 } jump rules
	}

	chain forward {
		type filter hook forward priority filter; policy drop;
		ct status dnat meta l4proto tcp ct original proto-dst { 20010 } jump rules
	}
}
`);
  });

  it("lead to nobody when nobody lives", () => {
    expect(chain(text(saved, []), "prerouting")).to.have.length(1);
    expect(chain(text(saved, []), "rules")).to.deep.equal(chain(text(saved), "rules"));
  });

  it("say in order what the config says, and the default policy last", () => {
    expect(chain(text(deny(saved, saved, "reject")), "rules")).to.deep.equal([
      "reject with tcp reset",
      "meta l4proto tcp ct original proto-dst { 20010 } accept",
      "drop",
    ]);
    expect(chain(text(parts.rules!(saved)), "rules")).to.deep.equal(["drop"]);
    expect(chain(text({ ...saved, rules: [], otherwise: "allow" }), "rules")).to.deep.equal(["accept"]);
  });

  it("of a wiped config only end what was let in before", () => {
    expect(text(parts.all!(saved))).to.equal(`table inet flounder
delete table inet flounder
table inet flounder {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct status dnat reject with tcp reset
	}
}
`);
  });
});
