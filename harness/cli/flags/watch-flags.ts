/** What `flounder watch` takes: its flags, and the endpoints that they name. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { durationMs, sayDuration } from "../../durations.js";
import { FlounderError } from "../../errors.js";
import { type EndpointSpec, endpointsOfFile, parseEndpoint } from "../../watch/endpoints.js";
import { positive, whole } from "./options.js";

/** As commander gives them. */
export interface WatchFlags {
  readonly url?: string[];
  readonly tcp?: string[];
  readonly dns?: string[];
  readonly exec?: string[];
  readonly config?: string;
  readonly foundation?: string;
  readonly rate: number;
  readonly deadline: number;
  readonly slow?: number;
  readonly expect?: string;
  readonly status?: string;
  readonly header?: string[];
  readonly method?: string;
  readonly data?: string;
  readonly userAgent?: string;
  readonly redirect: boolean;
  readonly http2?: boolean;
  readonly insecure?: boolean;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly resolve?: string[];
  readonly proxy?: string;
  readonly connection: "fresh" | "kept" | "both";
  readonly for?: number;
  readonly grace: number;
  readonly slo?: number;
  readonly allowLost?: number;
  readonly json?: string;
  readonly junit?: string;
  readonly html?: string;
  readonly samples?: string;
  readonly metrics?: number;
}
const percent = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value <= 100)) throw new FlounderError("usage", `--slo ${text} is not a percentage`, "give one like 99.9");
  return value;
};
const notNegative = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) throw new FlounderError("usage", `--allow-lost ${text} is not a number of seconds`, "give one like 0 or 2.5");
  return value;
};
const duration =
  (unit: "ms" | "s", longestMs = Number.POSITIVE_INFINITY) =>
  (text: string): number => {
    const ms = durationMs(text, unit);
    if (ms === undefined || ms > longestMs)
      throw new InvalidArgumentError(
        `expected a duration like ${unit === "s" ? "30, 90s, 10m or 30d" : "500, 250ms or 2s"}${Number.isFinite(longestMs) ? `, at most ${sayDuration(longestMs)}` : ""}`,
      );
    return ms;
  };
const hourMs = 3_600_000;

/** The command with all that it takes; what it does is the caller's to say. */
export function watchCommand(program: Command): Command {
  return program
    .command("watch")
    .description("measures endpoints, or both planes of a foundation, while a command runs: outages with bounds on both edges, and the prober's own faults")
    .option("--url <url...>", "HTTP endpoints, anywhere; several may be given. Credentials in a URL are sent, and never shown")
    .option("--tcp <endpoint...>", "TCP endpoints, HOST:PORT[,SEND[,EXPECT]]")
    .option("--dns <question...>", "names to be asked for, NAME@SERVER[:PORT]")
    .option("--exec <command...>", "commands for sh -c; exit code 0 is good")
    .option("--config <file>", "endpoints from a YAML file (docs/watch-config.schema.json)")
    .option("-F, --foundation <name>", "instead: every probe of a foundation, outside and inside")
    .option("--rate <hz>", "samples per second and endpoint", positive, 20)
    .option("--deadline <ms>", "no answer by then is a time-out", duration("ms", hourMs), 1000)
    .option("--slow <ms>", "an answer later than this is bad (default: ten times what is usual, at least 100 ms)", duration("ms", hourMs))
    .option("--expect <text>", "the body of a good answer holds this")
    .option("--status <statuses>", "statuses that are good, like 200-299,404 (default: all below 400)")
    .option("-H, --header <header...>", "sent with each request, 'Name: value'")
    .option("--method <method>", "instead of GET (with --data: of POST)")
    .option("--data <text>", "the request's body")
    .option("--user-agent <text>", "instead of flounder")
    .option("--no-redirect", "a redirection is the answer (default: it is followed, with the cookies that it sets)")
    .option("--http2", "offers HTTP/2 where there is TLS; a server that does not take it is asked with HTTP/1.1, and it is said")
    .option("--insecure", "certificates are not checked")
    .option("--cacert <file>", "authorities that are trusted, PEM")
    .option("--cert <file>", "certificate of the client, PEM")
    .option("--key <file>", "its key, PEM")
    .option(
      "--proxy <url>",
      "HTTP endpoints are asked through it, http://[USER:PASSWORD@]HOST[:PORT], or https://, socks5://, socks5h://; env: through the proxies of the environment",
    )
    .option("--resolve <host:port:addr...>", "where a name is, as for curl")
    .addOption(
      new Option("--connection <how>", "fresh: one per sample, what a new user feels; kept: a pool, what a browser has")
        .choices(["fresh", "kept", "both"])
        .default("fresh"),
    )
    .option("--for <duration>", "ends after so long: seconds, or with a unit (default: when the command ends, or at Ctrl-C)", duration("s"))
    .option("--grace <duration>", "cut short, the command has so long to end before it is killed", duration("s", hourMs), 5000)
    .option("--slo <percent>", "fails if an endpoint is up for less of the time", percent)
    .option("--allow-lost <s>", "fails if an endpoint loses more seconds than this", notNegative)
    .option("--json <file>", "writes what was found, anew each second while it runs; - is stdout")
    .option("--junit <file>", "writes a JUnit report")
    .option("--html <file>", "writes a report as one HTML file that opens offline")
    .option("--samples <file>", "keeps every sample, gzipped JSON lines, each second")
    .option("--metrics <port>", "serves Prometheus /metrics on 127.0.0.1 while it runs", whole)
    .argument("[command...]", "after --: what to run meanwhile")
    .addHelpText("after", "\nExample: flounder watch --url https://app.example.com/ --rate 10 --expect welcome --allow-lost 2 --json out.json -- cf push app");
}

/** Endpoints as a config file would have them. */
export function specsOf(flags: WatchFlags): EndpointSpec[] {
  const named = (flags.header ?? []).map((text) => {
    const colon = text.indexOf(":");
    if (colon <= 0) throw new FlounderError("usage", `--header "${text}" is not a header`, "give one like 'X-Name: value'");
    return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()] as const;
  });
  const headers = Object.fromEntries([...(flags.userAgent === undefined ? [] : [["User-Agent", flags.userAgent] as const]), ...named]);
  const connections = flags.connection === "both" ? (["fresh", "kept"] as const) : [flags.connection];
  const { redirect, http2, insecure, method, data: body, cacert, cert, key, resolve, status, expect: text } = flags;
  const request = { method, body, headers, cacert, cert, key, resolve, insecure, http2, redirects: redirect, expect: { status, text } };
  const flagged = [
    ...(flags.url ?? []).flatMap((url) => connections.map((connection) => ({ ...request, url, connection }))),
    ...(flags.tcp ?? []).map((words) => {
      const [tcp, send, wanted] = words.split(",");
      return { tcp, send: send?.replaceAll("\\r", "\r").replaceAll("\\n", "\n"), expect: { text: wanted } };
    }),
    ...(flags.dns ?? []).map((dns) => ({ dns })),
    ...(flags.exec ?? []).map((exec) => ({ exec })),
  ];
  return [...flagged.map(parseEndpoint), ...(flags.config === undefined ? [] : endpointsOfFile(flags.config))];
}

/** The words of a command line as anybody may see them: without credentials in URLs, values of headers, and bodies. */
export const withoutSecrets = (words: readonly string[]): readonly string[] =>
  words.map((word, i) =>
    words[i - 1] === "--data"
      ? "***"
      : word
          .replace(/^--data=.*/s, "--data=***")
          .replace(/([a-z][a-z0-9+.-]*:\/\/|^|=)[^/?#\s]*@/gi, "$1***@")
          .replace(/^((?:--header=|-H)?[\w-]+):(?!\/\/)\s*\D.*/s, "$1: ***"),
  );
