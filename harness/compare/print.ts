/** A comparison as a job of an engine that is there already: each task takes its share of one design. Text alone; nothing is sent anywhere. Pure. */
import type { Job as KubernetesJob } from "kubernetes-types/batch/v1.js";
import type { Volume } from "kubernetes-types/core/v1.js";
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
/**
 * `index`: a shell expression that counts tasks from 1. Each has a folder of its own: two may not share one. An engine may start a task again, also one that was
 * over: it goes on with what is there.
 */
const script = ({ words, shards }: Job, index: string): string =>
  `n=${index}; for d in "/results/$n"/*-compare-*; do [ -d "$d" ] && set -- --resume "$d"; done; ` +
  `exec flounder ${words.map(quoted).join(" ")} --shard "$n/${shards}" --results "/results/$n" "$@"`;
/** Swarm counts the slots of a job from 0, and has the node's id in the place of 0. */
const slot = '$(case "$SLOT" in *[!0-9]*|"") echo 1;; *) echo $((SLOT + 1));; esac)';

export const printed = (engine: (typeof engines)[number], job: Job): string => stringify(engine === "swarm" ? swarm(job) : kubernetes(job), { lineWidth: 0 });

/** docker stack deploy -c FILE NAME */
const swarm = (job: Job) => ({
  version: "3.8",
  services: {
    compare: {
      image: job.image,
      // $ is the stack file's own sign.
      command: ["sh", "-c", script(job, slot).replaceAll("$", "$$$$")],
      environment: { SLOT: "{{.Task.Slot}}" },
      // LUNs are FUSE mounts.
      cap_add: ["SYS_ADMIN"],
      volumes: [`${job.results}:/results`, "/dev/fuse:/dev/fuse"],
      deploy: { mode: "replicated-job", replicas: job.shards, restart_policy: { condition: "none" } },
    },
  },
  ...(job.results.startsWith("/") ? {} : { volumes: { [job.results]: {} } }),
});

/** A folder of each node, or a claim that is there already. */
const volume = ({ results }: Job): Volume =>
  results.startsWith("/") ? { name: "results", hostPath: { path: results } } : { name: "results", persistentVolumeClaim: { claimName: results } };

/** kubectl apply -f FILE. The types are those that are made of Kubernetes' own OpenAPI document. */
const kubernetes = (job: Job): KubernetesJob => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name },
  spec: {
    completionMode: "Indexed",
    completions: job.shards,
    parallelism: job.shards,
    template: {
      spec: {
        restartPolicy: "Never",
        containers: [
          {
            name: "compare",
            image: job.image,
            // The completion index counts from 0.
            command: ["sh", "-c", script(job, "$((JOB_COMPLETION_INDEX + 1))")],
            securityContext: { privileged: true },
            volumeMounts: [{ name: "results", mountPath: "/results" }],
          },
        ],
        volumes: [volume(job)],
      },
    },
  },
});
