/** A comparison as a job of an engine that is there already: each task takes its share of one design. Text alone; nothing is sent anywhere. Pure. */
import { stringify } from "yaml";

export interface Job {
  /** What each task runs after "flounder", without --shard and --results. */
  readonly words: readonly string[];
  readonly shards: number;
  /** Has Flounder on its PATH, with sshfs. */
  readonly image: string;
  /** A folder, or volume, that all tasks share. */
  readonly results: string;
}
export const engines = ["swarm", "kubernetes"] as const;

const name = "flounder-compare";
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
/** `index`: a shell expression that counts tasks from 1. Each has a folder of its own: two may not share one. */
const script = ({ words, shards }: Job, index: string): string =>
  `n=$((${index})); exec flounder ${words.map(quoted).join(" ")} --shard "$n/${shards}" --results "/results/$n"`;

export const printed = (engine: (typeof engines)[number], job: Job): string => stringify(engine === "swarm" ? swarm(job) : kubernetes(job), { lineWidth: 0 });

/** docker stack deploy -c FILE NAME */
const swarm = (job: Job) => ({
  version: "3.8",
  services: {
    compare: {
      image: job.image,
      // $ is the stack file's own sign; {{.Task.Slot}} counts from 1.
      command: ["sh", "-c", script(job, "SLOT").replaceAll("$", "$$$$")],
      environment: { SLOT: "{{.Task.Slot}}" },
      // LUNs are FUSE mounts.
      cap_add: ["SYS_ADMIN"],
      volumes: [`${job.results}:/results`, "/dev/fuse:/dev/fuse"],
      deploy: { mode: "replicated-job", replicas: job.shards, restart_policy: { condition: "none" } },
    },
  },
  ...(job.results.startsWith("/") ? {} : { volumes: { [job.results]: {} } }),
});

/** kubectl apply -f FILE */
const kubernetes = (job: Job) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name },
  spec: {
    completionMode: "Indexed",
    completions: job.shards,
    parallelism: job.shards,
    // A share that was cut off is resumed by hand, not begun anew.
    backoffLimit: 0,
    template: {
      spec: {
        restartPolicy: "Never",
        containers: [
          {
            name: "compare",
            image: job.image,
            // The completion index counts from 0.
            command: ["sh", "-c", script(job, "JOB_COMPLETION_INDEX + 1")],
            securityContext: { privileged: true },
            volumeMounts: [{ name: "results", mountPath: "/results" }],
          },
        ],
        volumes: [
          { name: "results", ...(job.results.startsWith("/") ? { hostPath: { path: job.results } } : { persistentVolumeClaim: { claimName: job.results } }) },
        ],
      },
    },
  },
});
