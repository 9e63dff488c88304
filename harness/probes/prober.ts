/**
 * The prober: a process of its own, so that nothing the harness does delays a sample. NDJSON on stdin (start, routes, end) and stdout
 * (ready, samples, acked, observer, fault, ended); samples also go to a file. It ends when stdin closes, after its last flush.
 */
import { realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { nowUs } from "../clock.js";
import type { Route, Sample, TargetSystem } from "../core.js";
import { loadTarget } from "../registry.js";
import type { ProberStart } from "./child.js";
import { Sampler } from "./sampler.js";
import { SamplesFile } from "./samples-file.js";
import { raisePriority } from "./schedule/priority.js";

type Message = ({ readonly kind: "start" } & ProberStart) | { readonly kind: "routes"; readonly routes: readonly Route[] } | { readonly kind: "end" };

const batchMs = 50;

/** Resolves when it is to exit. `load` finds the target system by name. */
export async function prober(input: Readable, output: Writable, load: (name: string) => Promise<Pick<TargetSystem, "probes">>): Promise<void> {
  const say = (message: object) => void output.write(`${JSON.stringify(message)}\n`);
  output.on("error", () => {}); // the runner is gone: stdin says so as well
  let sampling: Promise<Sampling> | undefined;
  for await (const line of createInterface({ input })) {
    const message = JSON.parse(line) as Message;
    if (message.kind === "start") {
      sampling = begin(message, say, load);
      sampling.catch((error: Error) => say({ kind: "fault", says: error.message }));
    } else if (message.kind === "routes") void sampling?.then((begun) => begun.sampler.routes(message.routes)).catch(() => {});
    else break;
  }
  await sampling?.then(
    (begun) => begun.end(),
    () => {}, // said already
  );
  say({ kind: "ended" });
}

interface Sampling {
  readonly sampler: Sampler;
  end(): Promise<void>;
}

async function begin(start: ProberStart, say: (message: object) => void, load: (name: string) => Promise<Pick<TargetSystem, "probes">>): Promise<Sampling> {
  const system = await load(start.system);
  const file = new SamplesFile(start.samplesFile);
  let batch: Sample[] = [];
  const sampler = new Sampler(start.probes, system.probes, start.credentials, start.zeroUs, {
    sample(sample) {
      batch.push(sample);
      file.add(JSON.stringify(sample));
    },
    acked: (write) => say({ kind: "acked", write, atUs: nowUs() - start.zeroUs }),
  });
  const flush = () => {
    if (batch.length > 0) say({ kind: "samples", samples: batch });
    batch = [];
  };
  sampler.routes(start.routes);
  // A probe that cannot be set up still asks: what it finds is what a user would. The run learns why.
  await sampler.setUp().catch((error: Error) => say({ kind: "fault", says: error.message }));
  const began = process.cpuUsage();
  const health = () => {
    const { user, system: kernel } = process.cpuUsage(began);
    const { lateness, samples, shed } = sampler;
    say({ kind: "observer", cpuUs: user + kernel, latenessP50Us: lateness.quantile(0.5), latenessP99Us: lateness.quantile(0.99), samples, shed });
  };
  const timers = [setInterval(flush, batchMs), setInterval(health, 1000), setInterval(() => void file.flush(), 1000)];
  const ready = sampler.start(start.warmUpMs).then(() => say({ kind: "ready" }));
  return {
    sampler,
    async end() {
      await ready;
      await sampler.end();
      for (const timer of timers) clearInterval(timer);
      flush();
      health();
      await file.close();
    },
  };
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  // Ctrl-C goes to the whole terminal; the runner ends us when it has healed.
  raisePriority();
  process.on("SIGINT", () => {});
  await prober(process.stdin, process.stdout, loadTarget);
  process.exit(0);
}
