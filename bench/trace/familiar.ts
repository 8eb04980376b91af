import type { World } from "../../src/simulate/index.ts";
import { briefNetworkDays, sharedNetworkActors } from "../../src/trace/index.ts";

export interface Networks {
  readonly isUnfamiliar: (actor: number, ip: number) => boolean;
  /** Whether it can't be known which of an account's sessions are unfamiliar. */
  readonly isUnknown: (actor: number) => boolean;
}

/** Which (account, address) pairs are unfamiliar, by the tracer's own rule but counted independently of its SQL. */
export function networksOf(world: World, addresses: boolean): Networks {
  if (!addresses) return { isUnfamiliar: () => false, isUnknown: () => true };
  const days = new Map<number, Set<number>>();
  const users = new Map<number, Set<number>>();
  const active = world.actors.map(() => new Set<number>());
  const { accesses } = world;
  for (let at = 0; at < accesses.count; at++) {
    const ip = accesses.ip[at]!;
    const actor = accesses.actor[at]!;
    const day = Math.floor(accesses.time[at]! / 86_400_000);
    active[actor]?.add(day);
    add(days, key(actor, ip), day);
    add(users, ip, actor);
  }
  const isUnknown = (actor: number): boolean => (active[actor]?.size ?? 0) <= briefNetworkDays;
  return {
    isUnknown,
    isUnfamiliar: (actor, ip) => {
      const of = world.actors[actor];
      if (
        of === undefined ||
        isUnknown(actor) ||
        ip === of.officeIp ||
        (ip === of.homeIp && of.homeShare > 0)
      )
        return false;
      return (
        (days.get(key(actor, ip))?.size ?? 0) <= briefNetworkDays &&
        (users.get(ip)?.size ?? 0) < sharedNetworkActors
      );
    },
  };
}

function add(to: Map<number, Set<number>>, at: number, value: number): void {
  const seen = to.get(at);
  if (seen === undefined) to.set(at, new Set([value]));
  else seen.add(value);
}

function key(actor: number, ip: number): number {
  return actor * 0x1_0000_0000 + ip;
}
