/**
 * A proxy of somebody else as a link. Our toxics carry the foundation's name and stand beside the owner's; a proxy that we disabled is written down before.
 * Undoing takes away what carries our name and enables what we disabled, by what the server shows, and nothing else.
 */
import type { Capabilities, CutLink } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { knock, knockable, throughput } from "../knock.js";
import { type LinkHurt, toxicsOf } from "../link.js";
import type { ProxyFacts, ToxiproxyApi } from "../toxiproxy.js";
import type { ForeignProxy } from "./proxies.js";

/** Proxies that we disabled, by name. */
export interface Disabled {
  has(proxy: string): boolean;
  /** Rejects where it cannot be written: then nothing may be done. */
  add(proxy: string): void;
  strike(proxy: string): void;
}

export const markOf = (foundation: string): string => `flounder-${foundation}-`;
export const oursIn = ({ toxics }: ProxyFacts, foundation: string): readonly string[] =>
  toxics.map(({ name }) => name).filter((name) => name.startsWith(markOf(foundation)));

const knockMs = 1500;

export function linkOf(proxy: ForeignProxy, foundation: string, api: ToxiproxyApi, disabled: Disabled): Capabilities["link"] {
  const { name, protocol } = proxy;
  const hurt = async (how: LinkHurt) => {
    for (const toxic of toxicsOf(how)) {
      const ours = `${markOf(foundation)}${toxic.name}`;
      await api.removeToxic(name, ours);
      await api.addToxic(name, { ...toxic, name: ours });
    }
  };
  const disable = async () => {
    const now = await api.get(name);
    if (!now.enabled) return;
    disabled.add(name);
    await api.enable(now, false);
  };
  const rtt = () => knock(proxy, protocol, knockMs);
  return {
    async cut(how: CutLink) {
      if (how === "refuse") return disable();
      needProtocol(proxy);
      if (how === "reset") {
        // The toxic touches only connections that are opened after it was added: the older ones are ended first.
        await disable();
        await hurt({ cut: how });
        await enable(api, name, disabled);
      } else await hurt({ cut: how });
    },
    async shape(to) {
      needProtocol(proxy);
      await hurt(to);
    },
    mend: () => mend(api, name, foundation, disabled),
    carries: async () => Number.isFinite(await rtt()),
    rttMs: rtt,
    throughputKBps: (bytes) => throughput(proxy, protocol, bytes),
  };
}

/** A proxy accepts by itself: without a question that only its upstream can answer, nobody could see such a fault. */
function needProtocol({ name, protocol }: ForeignProxy): void {
  if (protocol !== "tcp") return;
  throw new FlounderError(
    "refused",
    `nobody could see that on ${name}: what is behind it answers no question that is known here`,
    `proxies of servers that speak ${knockable.join(", ")} take every fault of a link; any other can be cut with how=refuse`,
  );
}

async function enable(api: ToxiproxyApi, name: string, disabled: Disabled): Promise<void> {
  if (!disabled.has(name)) return;
  const now = await api.get(name);
  if (!now.enabled) await api.enable(now, true);
  disabled.strike(name);
}

/** From whatever it is; in any process, and again and again. */
export async function mend(api: ToxiproxyApi, name: string, foundation: string, disabled: Disabled): Promise<void> {
  for (const toxic of oursIn(await api.get(name), foundation)) await api.removeToxic(name, toxic);
  await enable(api, name, disabled);
}
