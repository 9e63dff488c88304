/** HAProxy's socket for operators: one question, one answer, then it hangs up. Source: HAProxy 2.6's management guide. */
import { connect } from "node:net";

const limitMs = 2000;

/** Rejects when it is not there or does not answer in time. */
export function tell(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const line = connect(socket);
    line.setEncoding("utf8").setTimeout(limitMs, () => line.destroy(new Error(`haproxy did not answer "${command}" within ${limitMs} ms`)));
    line.on("data", (text) => {
      said += text;
    });
    line.once("error", reject).once("end", () => resolve(said));
    line.end(`${command}\n`);
  });
}

/** One of a backend's servers, as `show stat` has it. */
export interface ServerStat {
  readonly name: string;
  /** "UP", "DOWN", "MAINT", "MAINT (resolution)" … */
  readonly status: string;
  /** Whether a check has ended since it was started: until then it counts as up. */
  readonly checked: boolean;
}

/** From the CSV of `show stat`, whose first line names the columns. */
export function serversOf(csv: string, backend: string): ServerStat[] {
  const [head = "", ...lines] = csv.replace(/^# /, "").trim().split("\n");
  const columns = head.split(",");
  return lines
    .map((line) => {
      const fields = line.split(",");
      return (name: string) => fields[columns.indexOf(name)] ?? "";
    })
    .filter((of) => of("pxname") === backend && !["BACKEND", "FRONTEND"].includes(of("svname")))
    .map((of) => ({ name: of("svname"), status: of("status"), checked: !["", "INI"].includes(of("check_status").replace(/^\* /, "")) }));
}
