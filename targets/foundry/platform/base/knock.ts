/** Is anybody behind this address? A proxy accepts for a dead or frozen server; only the first words of its protocol tell. */
import { connect } from "node:net";

/** Resolves when the server's first bytes are `greeting`; rejects when it refuses, closes, says something else or takes longer than timeoutMs. */
export function knock(host: string, port: number, greeting: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let heard = "";
    const end = (failure?: string) => {
      clearTimeout(timer);
      socket.destroy();
      if (failure === undefined) resolve();
      else reject(new Error(`${host}:${port} ${failure}`));
    };
    const timer = setTimeout(() => end(`said nothing for ${timeoutMs} ms`), timeoutMs);
    socket.on("error", (error) => end(error.message));
    socket.on("close", () => end("closed"));
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
      if (heard.length >= greeting.length) end(heard.startsWith(greeting) ? undefined : "speaks another protocol");
    });
  });
}
