/** Two networks, and on both of them a server in a container that answers as the sample app does. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { until } from "../../clock.js";
import type { Vantage, Vantages } from "../../core.js";
import { labels } from "../../engines/compose/docker/labels.js";
import { dockerEnv } from "../../engines/compose/docker/socket.js";
import { newestImage } from "../../engines/compose/image/image-content.js";

const execute = promisify(execFile);
/** The docker command's output. */
export async function docker(...words: string[]): Promise<string> {
  return (await execute("docker", words, { env: { ...process.env, ...dockerEnv() } })).stdout.trim();
}

/** What is not here of all that containers of a test need; empty: nothing. */
export async function lacking(): Promise<string> {
  try {
    await docker("image", "inspect", "--format", "{{.Id}}", newestImage);
    return "";
  } catch (error) {
    return `no image ${newestImage}: ${(error as Error).message.trim().split("\n").at(-1)} (flounder images build)`;
  }
}

export interface ContainerSite {
  readonly id: string;
  readonly vantages: Vantages;
  /** URL of the server, as it is on that network. */
  url(from: Vantage): string;
  /** Who has asked it so far, by address. */
  askers(): Promise<ReadonlySet<string>>;
  /** Ids of what carries the label besides the server. */
  probers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const port = 8080;
const program = `
const seen = new Set();
require("node:http").createServer((request, response) => {
  const { remoteAddress } = request.socket;
  if (!seen.has(remoteAddress)) console.log(remoteAddress);
  seen.add(remoteAddress);
  const nonce = new URL(request.url, "http://app").searchParams.get("nonce");
  response.end(JSON.stringify({ nonce, app: "app-1", index: 0 }));
}).listen(${port}, "0.0.0.0", () => console.log("listens"));`;

export async function containerSite(id: string): Promise<ContainerSite> {
  const label = `${labels.foundation}=${id}`;
  const networks = { outside: `flounder-${id}_outside`, inside: `flounder-${id}_inside` };
  for (const network of Object.values(networks)) await docker("network", "create", "--label", label, network);
  const server = await docker("run", "-d", "--label", label, "--network", networks.outside, "--cap-drop", "ALL", newestImage, "node", "-e", program);
  await docker("network", "connect", networks.inside, server);
  await until("the server to listen", async () => (await docker("logs", server)).includes("listens"), 20_000, 200);
  const addresses = JSON.parse(await docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", server)) as Record<string, { IPAddress: string }>;
  const all = async () => (await docker("ps", "--all", "--quiet", "--no-trunc", "--filter", `label=${label}`)).split("\n").filter((one) => one !== "");
  return {
    id,
    vantages: { outside: { network: networks.outside, image: newestImage }, inside: { network: networks.inside, image: newestImage } },
    url: (from) => `http://${addresses[networks[from]]!.IPAddress}:${port}`,
    askers: async () => new Set((await docker("logs", server)).split("\n").slice(1)),
    probers: async () => (await all()).filter((one) => one !== server),
    async close() {
      await docker("rm", "--force", ...(await all()));
      await docker("network", "rm", ...Object.values(networks));
    },
  };
}
