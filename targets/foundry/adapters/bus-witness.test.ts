import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { expect } from "chai";
import { connect, type NatsConnection } from "nats";
import { until } from "../../../harness/clock.js";
import { needTool } from "../../../harness/engines/tools/find.js";
import { busCarries, busOwner, closeBusWitness } from "./bus-witness.js";

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

describe("the witness of bus links, on a real nats-server", () => {
  const host = "127.0.0.1";
  const password = "of a test";
  const never = new AbortController().signal;
  let port: number;
  let server: ChildProcess;
  const open: NatsConnection[] = [];
  let answersOfDea2 = 0;

  const startServer = async () => {
    server = spawn(needTool("nats-server"), ["-a", host, "-p", String(port), "--user", busOwner, "--pass", password], { stdio: "ignore" });
    await until(
      "nats-server to answer",
      async () => {
        await (await connect({ servers: `${host}:${port}`, user: busOwner, pass: password, reconnect: false })).close();
        return true;
      },
      5000,
    );
  };
  const component = async (name: string, heard: () => void = () => {}) => {
    const nats = await connect({ servers: `${host}:${port}`, user: busOwner, pass: password, reconnect: false });
    nats.subscribe("vcap.component.discover", {
      callback: (_, message) => {
        heard();
        message.respond(JSON.stringify({ type: "DEA", name }));
      },
    });
    await nats.flush();
    open.push(nats);
    return nats;
  };

  before(async () => {
    port = await freePort();
    await startServer();
  });
  after(async () => {
    await closeBusWitness();
    await Promise.all(open.map((nats) => nats.close()));
    server.kill("SIGKILL");
  });

  it("hears the component that is asked for, and nobody for one that is not there", async () => {
    await component("dea-1");
    expect(await busCarries("dea-1", { host, port, password }, never)).to.equal(true);
    expect(await busCarries("dea-3", { host, port, password }, never)).to.equal(false);
  });
  it("asks once for many links at the same time", async () => {
    await component("dea-2", () => answersOfDea2++);
    answersOfDea2 = 0;
    const said = await Promise.all(["dea-1", "dea-2", "dea-2", "dea-1"].map((name) => busCarries(name, { host, port, password }, never)));
    expect(said).to.deep.equal([true, true, true, true]);
    expect(answersOfDea2).to.equal(1);
  });
  it("sees a component go", async () => {
    const gone = await component("cc-1");
    expect(await busCarries("cc-1", { host, port, password }, never)).to.equal(true);
    await gone.close();
    expect(await busCarries("cc-1", { host, port, password }, never)).to.equal(false);
  });
  it("is false while the server is frozen or gone, and true again after it came back", async () => {
    server.kill("SIGSTOP");
    expect(await busCarries("dea-1", { host, port, password }, never)).to.equal(false);
    server.kill("SIGCONT");
    await until("the link to carry again", () => busCarries("dea-1", { host, port, password }, never), 5000);
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await ended;
    expect(await busCarries("dea-1", { host, port, password }, never)).to.equal(false);
    await startServer();
    await component("dea-1");
    expect(await busCarries("dea-1", { host, port, password }, never)).to.equal(true);
  });
  it("stops when it is told to", async () => {
    const abort = new AbortController();
    const asked = busCarries("dea-9", { host, port, password }, abort.signal);
    abort.abort(new Error("enough"));
    expect(await asked.catch((error: Error) => error.message)).to.equal("enough");
  });
});
