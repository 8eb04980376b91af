import type { UserOptions } from "../../capture/index.ts";
import type { KeyPlace } from "./file.ts";
import type { Sections } from "./shape.ts";

/** What is right in itself and wrong together. */
export interface Contradiction {
  readonly path: KeyPlace;
  readonly what: string;
}

/** Holds the sections against each other. */
export function contradictions(given: Sections): readonly Contradiction[] {
  const { gateway } = given;
  if (gateway === undefined) {
    const orphans = (["protect", "tickets", "roles", "users", "pools"] as const).filter(
      (section) => given[section] !== undefined,
    );
    return orphans.map((section) => ({
      path: [section],
      what: "there is no gateway section that it could serve",
    }));
  }
  return [...missing(given), ...ofRoles(given), ...ofUsers(given)];
}

function missing({ protect, roles, users, pools }: Sections): readonly Contradiction[] {
  const found: Contradiction[] = [];
  const add = (what: string): void => void found.push({ path: ["gateway"], what });
  if (protect === undefined || protect.size === 0) add("no table is protected: add protect");
  if (roles === undefined || roles.size === 0) add("nobody could be let in: add roles");
  if ((users?.size ?? 0) + (pools?.size ?? 0) === 0) add("nobody could log in: add users or pools");
  return found;
}

function ofRoles({ gateway, roles, tickets }: Sections): readonly Contradiction[] {
  const found: Contradiction[] = [];
  for (const [name, role] of roles ?? []) {
    if (gateway?.upstream.logins.has(role.upstream) === false) {
      found.push({
        path: ["roles", name, "upstream"],
        what: `${role.upstream} isn't in gateway.upstream.logins`,
      });
    }
    if (role.ticketBound && tickets === undefined) {
      found.push({
        path: ["roles", name, "ticketBound"],
        what: "without tickets nothing is bound: add tickets",
      });
    }
    if (gateway !== undefined && role.upstream === gateway.control.revoker) {
      found.push({
        path: ["roles", name, "upstream"],
        what: "it is the login that takes others away (revoker), which must read no customers",
      });
    }
    if (gateway !== undefined && role.upstream === gateway.control.login) {
      found.push({
        path: ["roles", name, "upstream"],
        what: "it is the gateway's own login (control), which must read no customers",
      });
    }
  }
  return found;
}

function ofUsers({ gateway, roles, users, pools }: Sections): readonly Contradiction[] {
  const found: Contradiction[] = [];
  const each = [
    ...[...(users ?? [])].map(([name, user]) => ({ section: "users", name, user })),
    ...[...(pools ?? [])].map(([name, user]) => ({ section: "pools", name, user })),
  ];
  for (const { section, name, user } of each) {
    const add = (key: string, what: string): void => void found.push({ path: [section, name, key], what });
    if (roles?.has(user.role) !== true) add("role", `there is no role ${user.role}`);
    if (section === "pools" && users?.has(name) === true) add("role", "the same login is in users");
    const { databases } = gateway?.upstream ?? {};
    const unknown = user.databases?.find((database) => databases?.has(database) === false);
    if (unknown !== undefined) add("databases", `${unknown} isn't in gateway.upstream.databases`);
    const own = user.upstreamLogin;
    if (own !== null && gateway?.upstream.logins.has(own) === true)
      add("upstreamLogin", "it is one of the gateway's own (upstream.logins): without it nobody could read");
    if (own !== null && gateway?.control.revoker === null)
      add("upstreamLogin", "nobody could take it away: add gateway.upstream.control.revoker");
    const what = methodNeeds(user, gateway);
    if (what !== null) add(user.method.kind, what);
  }
  return found;
}

function methodNeeds({ method }: UserOptions, gateway: Sections["gateway"]): string | null {
  if (method.kind === "token" && gateway?.oidc === null) return "tokens of people need gateway.oidc";
  if (method.kind === "certificate" && (gateway?.tls?.ca ?? null) === null)
    return "certificates of clients need gateway.tls.clientCa";
  return null;
}
