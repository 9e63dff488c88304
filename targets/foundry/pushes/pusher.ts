/** One client that pushes apps of a given size as `cf` does, in a stream, and takes them away again. It waits as long as a patient developer would: what is slow is measured, not refused. */
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { pipeline } from "node:stream/promises";
import yazl from "yazl";
import { until } from "../../../harness/clock.js";
import { CfClient } from "../workload/cf-client.js";
import { noise } from "./noise.js";

/** Longer than any push takes that is going to end. */
const patienceMs = 600_000;
const pollMs = 250;

export interface Pushed {
  readonly name: string;
  readonly bytes: number;
  readonly uploadMs: number;
  readonly stageMs: number;
  readonly startMs: number;
}

interface Uploaded {
  readonly status: number;
  readonly text: string;
}

const index = Buffer.from("pushed\n");

/** A zip of a page and of one file of noise, not compressed, so that its length is known before it is sent. */
async function zipOf(seed: string, bytes: number): Promise<{ readonly size: number; readonly stream: NodeJS.ReadableStream }> {
  const zip = new yazl.ZipFile();
  const how = { mode: 0o100644, mtime: new Date("2011-04-25T12:45:00Z"), compress: false };
  zip.addBuffer(index, "index.html", how);
  zip.addReadStream(noise(seed, bytes), "noise.bin", { ...how, size: bytes });
  const size = await new Promise<number>((resolve) => zip.end({ forceZip64Format: false, comment: "" }, resolve as () => void));
  return { size, stream: zip.outputStream };
}

export class Pusher {
  constructor(
    readonly client: CfClient,
    readonly space: string,
  ) {}

  /** Resolves when an instance of the app runs; rejects with what the platform said against it. */
  async push(name: string, bytes: number): Promise<Pushed & { readonly guid: string }> {
    if (this.client.expiresInS < 60) await this.client.login();
    const guid = await this.client.createApp(this.space, name);
    const [fromMs, laps] = [performance.now(), [] as number[]];
    const lap = () => laps.push(performance.now() - fromMs);
    const made = (await this.client.call("POST", "/v3/packages", { type: "bits", relationships: { app: { data: { guid } } } })).json as { guid: string };
    const sent = await this.#upload(made.guid, `${name} ${bytes}`, bytes);
    if (sent.status >= 400) throw new Error(`upload of ${bytes} bytes answered ${sent.status}: ${sent.text.slice(0, 300)}`);
    await this.#state(`/v3/packages/${made.guid}`, "READY");
    lap();
    const build = (await this.client.call("POST", "/v3/builds", { package: { guid: made.guid } })).json as { guid: string };
    const staged = (await this.#state(`/v3/builds/${build.guid}`, "STAGED")) as { droplet: { guid: string } };
    lap();
    await this.client.call("PATCH", `/v3/apps/${guid}/relationships/current_droplet`, { data: { guid: staged.droplet.guid } });
    await this.client.start(guid);
    await until(`${name} to run`, async () => (await this.client.stats(guid).catch(() => [])).some(({ state }) => state === "RUNNING"), patienceMs, pollMs);
    lap();
    const [uploadMs = 0, stagedMs = 0, startedMs = 0] = laps;
    return { guid, name, bytes, uploadMs, stageMs: stagedMs - uploadMs, startMs: startedMs - stagedMs };
  }
  remove(guid: string): Promise<void> {
    return this.client.remove(guid);
  }

  async #state(path: string, wanted: string): Promise<unknown> {
    let last: { readonly state?: string } = {};
    const ended = async () => {
      last = (await this.client.call("GET", path)).json as { state?: string };
      return last.state === wanted || last.state === "FAILED" || last.state === "EXPIRED";
    };
    await until(`${path} to be ${wanted}`, ended, patienceMs, pollMs);
    if (last.state !== wanted) throw new Error(`${path} is ${last.state}: ${JSON.stringify(last).slice(0, 300)}`);
    return last;
  }

  async #upload(guid: string, seed: string, bytes: number): Promise<Uploaded> {
    const { size, stream } = await zipOf(seed, bytes);
    const boundary = randomUUID();
    const head = Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="resources"\r\n\r\n[]\r\n--${boundary}\r\nContent-Disposition: form-data; name="bits"; filename="package.zip"\r\nContent-Type: application/zip\r\n\r\n`,
    );
    const foot = Buffer.from(`\r\n--${boundary}--\r\n`);
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.client.origin}/v3/packages/${guid}/upload`,
        {
          method: "POST",
          agent: false,
          headers: {
            host: this.client.host,
            authorization: `bearer ${this.client.token}`,
            "content-type": `multipart/form-data; boundary=${boundary}`,
            "content-length": head.length + size + foot.length,
          },
          timeout: patienceMs,
        },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (piece: string) => {
            text += piece;
          });
          answer.once("end", () => resolve({ status: answer.statusCode ?? 0, text })).once("error", reject);
        },
      );
      sent.once("timeout", () => sent.destroy(new Error(`nothing for ${patienceMs} ms`)));
      sent.once("error", (error) => reject(new Error(`upload of ${bytes} bytes: ${error.message}`)));
      // One pipeline for all of it: a foot that is written by itself may overtake the last of a body that is still on its way.
      pipeline(async function* () {
        yield head;
        yield* stream as AsyncIterable<Buffer>;
        yield foot;
      }, sent).catch(reject);
    });
  }
}

/** A client of its own, logged in. */
export async function pusher(origin: string, host: string, credentials: { readonly user: string; readonly password: string }, space: string): Promise<Pusher> {
  const client = new CfClient(origin, host, credentials);
  await client.login();
  return new Pusher(client, await client.spaceGuid("pushes", space));
}
