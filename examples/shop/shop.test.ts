/** The shop by itself, in containers: it works, and its two versions differ in what its README says, without anything of Flounder. */
import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { type App, answers, ask, needsCompose, type Shop, shopUp } from "./testing/project.js";

const docker = (...words: string[]) => execFileSync("docker", words, { stdio: "pipe", encoding: "utf8" });
const buy = (shop: Shop) => ask(`${shop.web}/buy/1`, { method: "POST" });

for (const app of ["fragile", "mended"] satisfies App[]) {
  const holds = app === "mended";
  describe(`the shop, ${app}`, function () {
    this.timeout("6m");
    let shop: Shop;
    const container = async (service: string) => (await shop.compose("ps", "-q", service)).trim();
    before(async function () {
      await needsCompose(this);
      shop = await shopUp(app);
    });
    after(() => shop?.down());

    it("sells, ships, and lets staff set a price", async () => {
      expect(await answers(shop.web)).to.contain("flounder, fillet: 18.50");
      expect((await ask(`${shop.api}/products/2`, { method: "PUT", body: '{"cents": 1900}' })).status).to.equal(200);
      expect(await answers(shop.web)).to.contain("flounder, fillet: 19.00");
      const { id } = JSON.parse((await buy(shop)).text) as { id: number };
      let state = "";
      for (const endMs = Date.now() + 10_000; state !== "shipped" && Date.now() < endMs; )
        state = (JSON.parse(await answers(`${shop.web}/orders/${id}`)) as { state: string }).state;
      expect(state).to.equal("shipped");
      expect((await ask(`${shop.web}/orders/999999`)).status).to.equal(404);
    });

    it(`while the queue hangs, shoppers ${holds ? "buy and see pages" : "soon see no page"}`, async () => {
      const queue = await container("queue");
      docker("pause", queue);
      try {
        const orders = await Promise.all(Array.from({ length: 9 }, () => buy(shop)));
        expect(orders.filter(({ status }) => status === 200)).to.have.length(holds ? 9 : 0);
        expect((await ask(shop.web)).status).to.equal(holds ? 200 : 0);
      } finally {
        docker("unpause", queue);
      }
      await answers(shop.web);
      await answers(`${shop.api}/shipping`);
    });

    it(`when the database has restarted, the shop ${holds ? "is there again" : "stays away until its API is restarted"}`, async () => {
      const db = await container("db");
      docker("kill", db);
      expect((await ask(shop.web)).status).to.equal(holds ? 200 : 500);
      docker("start", db);
      for (const endMs = Date.now() + 20_000; Date.now() < endMs && docker("exec", db, "sh", "-c", "pg_isready -q && echo yes || true").trim() !== "yes"; );
      if (holds) await answers(`${shop.api}/products`);
      else expect((await ask(`${shop.api}/products`)).status).to.equal(500);
      await shop.compose("restart", "-t", "1", "api", "worker");
      await answers(`${shop.api}/products`);
      expect(await answers(shop.web)).to.contain("19.00");
    });

    it(`when the queue has restarted, the worker ${holds ? "goes on" : "has ended"}`, async () => {
      const [queue, worker] = [await container("queue"), await container("worker")];
      docker("kill", queue);
      docker("start", queue);
      let runs = true;
      for (const endMs = Date.now() + 5000; runs && Date.now() < endMs; ) runs = docker("inspect", "-f", "{{.State.Running}}", worker).trim() === "true";
      expect(runs).to.equal(holds);
      if (holds) await answers(`${shop.api}/shipping`);
    });
  });
}
