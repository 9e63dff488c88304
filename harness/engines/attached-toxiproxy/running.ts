/** A Toxiproxy that somebody else runs, in the keeper's hands: its proxies are links; nothing of it is started or ended here. */
import type {
  Asked,
  Call,
  Capability,
  ComponentFacts,
  Difference,
  FoundationSpec,
  Rails,
  Remedy,
  Running,
  Target,
  TargetInfo,
  TargetName,
  Topology,
} from "../../core.js";
import { FlounderError } from "../../errors.js";
import type { ToxiproxyApi } from "../toxiproxy.js";
import { DisabledFile } from "./disabled.js";
import { linkOf, mend, oursIn } from "./link.js";
import { apiOf, type ForeignProxy, type Proxies } from "./proxies.js";

export interface ForeignParts {
  readonly spec: Pick<FoundationSpec, "id" | "dir">;
  readonly found: Proxies;
  readonly asks: readonly Asked[];
  readonly rails: Rails;
  readonly recover?: string | undefined;
}

/** As a registered endpoint: one address for all who dial it. */
export const linkName = ({ name }: Pick<ForeignProxy, "name">): TargetName => `*>${name}`;

export const targetsOf = ({ proxies }: Proxies): readonly TargetInfo[] =>
  proxies.map((proxy) => ({
    name: linkName(proxy),
    role: proxy.name,
    kind: "link",
    can: proxy.spared === undefined ? ["link"] : [],
    ways: proxy.protocol === "tcp" ? { link: ["refuse"] } : {},
    class: "proxies",
  }));

export class ForeignToxiproxy implements Running {
  readonly topology: Topology;
  readonly rails: Rails;
  readonly #own: ForeignParts;
  readonly #api: ToxiproxyApi;
  readonly #disabled: DisabledFile;

  constructor(own: ForeignParts) {
    this.#own = own;
    this.rails = own.rails;
    this.#api = apiOf(own.found.url);
    this.#disabled = new DisabledFile(own.spec.dir);
    const { host } = new URL(own.found.url);
    this.topology = { profile: host, domain: host, components: [], asks: own.asks, ...(own.recover === undefined ? {} : { recovery: own.recover }) };
  }

  targets(): readonly TargetInfo[] {
    return targetsOf(this.#own.found);
  }
  target<C extends Capability>(name: TargetName, needs: readonly C[]): Target<C> {
    const proxy = this.#proxy(name);
    if (proxy.spared !== undefined && needs.length > 0) throw new FlounderError("refused", `${name} is never broken: ${proxy.spared}`, "choose another target");
    const link = linkOf(proxy, this.#own.spec.id, this.#api, this.#disabled);
    const lacking = needs.filter((need) => need !== "link");
    if (lacking.length > 0)
      throw new FlounderError("plan", `${name} cannot ${lacking.join(", ")}: it is a link`, "choose a fault of links: flounder list faults");
    return { name, role: proxy.name, can: { link } as unknown as Target<C>["can"] };
  }
  #proxy(name: TargetName): ForeignProxy {
    const proxy = this.#own.found.proxies.find((one) => linkName(one) === name);
    if (proxy) return proxy;
    throw new FlounderError("plan", `there is no target "${name}"`, `there are ${this.#own.found.proxies.map(linkName).join(", ")}`);
  }

  direct(component: string): { readonly host: string; readonly port: number } {
    throw new FlounderError("unsupported", `nothing is known of ${component} but its proxy`, "links are *>PROXY");
  }
  dialled(link: TargetName): { readonly host: string; readonly port: number } {
    const { host, port } = this.#proxy(link);
    return { host, port };
  }
  secret(): string {
    throw new FlounderError("unsupported", "an attached Toxiproxy has no secrets of ours", "its own are its owner's");
  }
  readonly call: Call = async (component, path) => {
    throw new FlounderError("unsupported", `${component} has no ${path}: it is no program of ours`, "only its owner's commands act on it");
  };
  components(): readonly ComponentFacts[] {
    return [];
  }

  /** All that its owner set; a toxic of ours is a difference, too. */
  async fingerprint(): Promise<Readonly<Record<TargetName, string>>> {
    const all = Object.values(await this.#api.all()).sort((a, b) => (a.name < b.name ? -1 : 1));
    return Object.fromEntries(
      all.map(({ name, listen, upstream, enabled, toxics }) => [
        linkName({ name }),
        `${enabled ? "enabled" : "disabled"} from ${listen} to ${upstream}, toxics ${JSON.stringify([...toxics].sort((a, b) => (a.name < b.name ? -1 : 1)))}`,
      ]),
    );
  }
  /** Its owner removed it, and with it all that was done to it. */
  async vacant(name: TargetName): Promise<boolean> {
    return !((await this.#api.all())[this.#proxy(name).name] !== undefined);
  }
  /** To make somebody else's proxy anew would drop its toxics: the same gentle way once more. */
  remedies(name: TargetName): readonly Remedy[] {
    const { name: proxy } = this.#proxy(name);
    return [{ says: `take ours away from ${name} once more`, apply: () => this.#mend(proxy) }];
  }
  #mend = (proxy: string) => mend(this.#api, proxy, this.#own.spec.id, this.#disabled);

  async differences(): Promise<readonly Difference[]> {
    const all = await this.#api.all();
    return Object.values(all).flatMap((facts) => {
      const ours = oursIn(facts, this.#own.spec.id);
      const isOff = this.#disabled.has(facts.name) && !facts.enabled;
      if (ours.length === 0 && !isOff) return [];
      const says = isOff ? "proxy disabled" : `toxics ${ours.join(", ")}`;
      return [{ target: linkName(facts), capability: "link" as const, says, mend: () => this.#mend(facts.name) }];
    });
  }
  onTrouble(): void {} // it has no events: whoever asks it hears whether it answers
  /** The proxies stay, as they were; what is ours goes. Where the server is gone, so is all that was done to it. */
  async reap(): Promise<void> {
    const left: string[] = [];
    const all = await this.differences().catch((error: FlounderError) => {
      if (error.code === "unreachable") return [];
      throw error;
    });
    for (const { target, says, mend: undo } of all) await undo().catch((error: Error) => left.push(`${target}: ${says}: ${error.message}`));
    if (left.length > 0) throw new FlounderError("platform", `of Toxiproxy at ${this.#own.found.url} is left: ${left.join("; ")}`, "flounder detach once more");
  }
}
