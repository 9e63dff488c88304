/** The largest form, as CloudFoundry.com was: one of each of its pools dies at once, and nobody at the front door finds the API gone. */
import { expect } from "chai";
import { request } from "undici";
import { sleep, until } from "../../../harness/clock.js";
import { foundation } from "../../../harness/mocha.js";
import { entrancesOf } from "../front-door.js";

describe("profile com", function () {
  this.timeout(120_000);
  const com = foundation("com", { timeFactor: 10 });

  // seeds: the three forms (micro, org, com), Cloud Controller pool <- on com: a Cloud Controller, a router, a balancer, a name server and a DEA die at once
  it("loses one of each pool at once and still serves; healed, it is as before", async () => {
    const client = com.client();
    const facts = await client.facts();
    const before = await client.fingerprint();
    const ask = () =>
      request(entrancesOf(facts).router, { headers: { host: `api.${facts.domain}` }, signal: AbortSignal.timeout(3000), reset: true }).then(
        async ({ statusCode, body }) => {
          await body.dump();
          return String(statusCode);
        },
        (error: Error) => error.message,
      );
    const serves = async () => {
      for (let i = 0; i < 8; i++) if ((await ask()) !== "200") return false;
      return true;
    };
    await until("the API at the front door", serves, 20_000, 200);
    const victims = ["cc-1", "router-1", "lb-1", "dns-1", "dea-1"];
    await Promise.all(victims.map((target) => client.inject({ id: target, act: "pools", fault: "process-kill", options: {}, target, atS: 0, maxS: 60 })));
    const dead = (await client.facts()).components.filter(({ state }) => state !== "ready").map(({ name }) => name);
    expect(dead).to.have.members(victims);
    await until("the pools to have dropped who is dead", serves, 20_000, 200);
    for (let i = 0; i < 20; i++) {
      expect(await ask()).to.equal("200");
      await sleep(50);
    }
    for (const { proved, says } of await client.heal()) expect(proved, says).to.equal(true);
    await until("the fingerprint to be as before", async () => JSON.stringify(await client.fingerprint()) === JSON.stringify(before), 30_000, 500);
  });
});
