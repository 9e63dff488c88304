/** A measurement that shares nothing with the prober: node:http, a timer, one request each period, counted as lost unless it is answered 200. */
import { request } from "node:http";

export interface Loop {
  /** Seconds from the first request that was lost to the first that was answered again, summed over all such windows. */
  lostS(): number;
  end(): Promise<void>;
}

export function startLoop({ url, host, periodMs }: { readonly url: string; readonly host: string; readonly periodMs: number }): Loop {
  const sent: { readonly atMs: number; ok?: boolean }[] = [];
  const open = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const one: (typeof sent)[number] = { atMs: performance.now() };
    sent.push(one);
    const done = new Promise<void>((resolve) => {
      const ask = request(url, { headers: { host }, agent: false, timeout: 1000 }, (answer) => {
        one.ok = answer.statusCode === 200;
        answer.resume().on("end", resolve).on("error", resolve);
      });
      ask.on("timeout", () => ask.destroy());
      ask.on("error", () => {
        one.ok = false;
        resolve();
      });
      ask.end();
    });
    open.add(done);
    void done.then(() => open.delete(done));
  }, periodMs);
  return {
    lostS() {
      let lostMs = 0;
      let fromMs: number | undefined;
      for (const { atMs, ok } of sent) {
        if (ok === false) fromMs ??= atMs;
        else if (ok && fromMs !== undefined) {
          lostMs += atMs - fromMs;
          fromMs = undefined;
        }
      }
      return lostMs / 1000;
    },
    async end() {
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}
