/** For tests of a cabinet without a foundation: what its proxies do there, they introduce whoever comes. */
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { secretOf } from "../../base/testing/lab.js";

/** What a cabinet hears first. */
export const introductionTo = (cabinet: string): string => `FLOUNDER ${secretOf(`sftp:${cabinet}`)}\n`;

/** A port that leads to `to()`; resolves when it listens. */
export async function introducer(cabinet: string, to: () => number): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((client) => {
    const upstream = connect(to(), "127.0.0.1");
    upstream.write(introductionTo(cabinet));
    client.pipe(upstream).pipe(client);
    for (const [one, other] of [[client, upstream] as const, [upstream, client] as const]) one.on("error", () => {}).on("close", () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, server };
}
