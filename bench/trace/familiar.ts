import type { World } from "../../src/simulate/index.ts";
import { briefNetworkDays, sharedNetworkActors } from "../../src/trace/index.ts";

/** Which (account, address) pairs are unfamiliar, by the tracer's own rule but counted independently of its SQL. */
export function unfamiliarNetworks(world: World): (actor: number, ip: number) => boolean {
  const days = new Map<number, Set<number>>();
  const users = new Map<number, Set<number>>();
  const { accesses } = world;
  for (let at = 0; at < accesses.count; at++) {
    const ip = accesses.ip[at]!;
    const actor = accesses.actor[at]!;
    const pair = key(actor, ip);
    const day = Math.floor(accesses.time[at]! / 86_400_000);
    const seen = days.get(pair);
    if (seen === undefined) days.set(pair, new Set([day]));
    else seen.add(day);
    const known = users.get(ip);
    if (known === undefined) users.set(ip, new Set([actor]));
    else known.add(actor);
  }
  return (actor, ip) => {
    const of = world.actors[actor];
    if (of === undefined || ip === of.officeIp || (ip === of.homeIp && of.homeShare > 0)) return false;
    return (
      (days.get(key(actor, ip))?.size ?? 0) <= briefNetworkDays &&
      (users.get(ip)?.size ?? 0) < sharedNetworkActors
    );
  };
}

function key(actor: number, ip: number): number {
  return actor * 0x1_0000_0000 + ip;
}
