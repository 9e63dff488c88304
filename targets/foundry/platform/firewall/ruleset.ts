/**
 * The firewall as packet rules: a whole file for nft, which loads it at once or not at all. Pure. Source: nft(8).
 *
 * Who dials a door is translated to a balancer (dnat, by turns), and the way back leads here again (masquerade). The rules then judge each packet by the door that
 * its connection came in by, so a rule means established connections as well. While nobody lives, doors lead nowhere: packet-filter.ts listens there.
 */
import type { Address } from "../base/config.js";
import type { Action, Rules } from "./rules.js";

/** Nobody else's table is touched: in a container, Docker's own rules are in this namespace, too. */
export const table = "inet flounder";

const verdicts: Readonly<Record<Action, string>> = { allow: "accept", drop: "drop", reject: "reject with tcp reset" };

const chain = (name: string, lines: readonly string[]) => `\tchain ${name} {\n${lines.map((line) => `\t\t${line}\n`).join("")}\t}\n`;
const set = (of: readonly (string | number)[]) => `{ ${of.join(", ")} }`;

/** Declared first, or there would be nothing to delete at the first time. */
const replaced = (chains: readonly string[]) => `table ${table}\ndelete table ${table}\ntable ${table} {\n${chains.join("\n")}}\n`;

/** `portOf` says which number a door has; `balancers` are those that live, by IPv4 address. */
export function ruleset({ listeners, rules, otherwise }: Rules, portOf: (door: string) => number, balancers: readonly Address[]): string {
  if (listeners.length === 0)
    // Whoever was let in would go on: what a connection was translated to outlives the rule that said so.
    return replaced([chain("forward", ["type filter hook forward priority filter; policy drop;", "ct status dnat reject with tcp reset"])]);
  const doors = listeners.map(portOf);
  /** Also said of the packets of the way back. */
  const through = (numbers: readonly number[]) => `meta l4proto tcp ct original proto-dst ${set(numbers)}`;
  const led = balancers.map(({ host, port }, i) => `${i} : ${host} . ${port}`);
  return replaced([
    chain("prerouting", [
      "type nat hook prerouting priority dstnat; policy accept;",
      ...(led.length > 0 ? [`meta nfproto ipv4 tcp dport ${set(doors)} dnat ip to numgen inc mod ${led.length} map ${set(led)}`] : []),
    ]),
    chain("postrouting", ["type nat hook postrouting priority srcnat; policy accept;", `ct status dnat ${through(doors)} masquerade`]),
    chain("rules", [
      ...rules
        .filter(({ port }) => port === "any" || listeners.includes(port))
        .map(({ action, port }) => (port === "any" ? verdicts[action] : `${through([portOf(port)])} ${verdicts[action]}`)),
      verdicts[otherwise],
    ]),
    // The admin port is none of the doors: it stays open.
    chain("input", ["type filter hook input priority filter; policy accept;", `tcp dport ${set(doors)} jump rules`]),
    chain("forward", ["type filter hook forward priority filter; policy drop;", `ct status dnat ${through(doors)} jump rules`]),
  ]);
}
