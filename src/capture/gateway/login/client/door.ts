import { type Clock, isRefusal, type Refusal, refusal } from "../../../../base/index.ts";
import type { StartupParameter } from "../../../../wire/index.ts";
import type { StatementRefusal } from "../../plan.ts";
import type { ClientTlsOptions, LoginOptions, OidcOptions, UserOptions } from "../options.ts";
import { parseVerifier, type ScramVerifier } from "../scram/verifier.ts";
import { type CheckToken, tokenChecker } from "../tokens/tokenChecker.ts";
import type { CancelKeys } from "./cancelKeys.ts";
import { ClientTls } from "./clientTls.ts";
import { Places } from "./places.ts";

/** What a client may set at startup: each name once, without `user`, `database`, `replication` and `_pq_.` options. */
export type AdmitStartup = (
  parameters: readonly StartupParameter[],
) => { readonly kind: "startup"; readonly parameters: ReadonlyMap<string, string> } | StatementRefusal;

export interface LoginRefused {
  /** As the client said it; empty if it never did. */
  readonly user: string;
  readonly ip: string;
  /** Closed words: which rule refused. */
  readonly rule: string;
}

/** What the door needs of the rest of the house. */
export interface LoginServices {
  readonly admitStartup: AdmitStartup;
  /** Why nobody gets in now (57P03: starting, draining, the recorder is down); null: they do. Asked before authentication. */
  readonly turnAway: () => StatementRefusal | null;
  /** Why this user doesn't get in (suspended, out of hours); null: they do. Asked after authentication. */
  readonly mayLogin: (user: UserOptions, ip: string) => StatementRefusal | null;
  readonly onRefused: (refused: LoginRefused) => void;
  readonly cancelKeys: CancelKeys;
  readonly clock: Clock;
  /** 32 bytes that stay the same over restarts: what unknown users' salts are made of. */
  readonly mockSecret: Buffer;
}

/** The part of a door that is made of the configuration, and replaced when that changes. */
interface Settings {
  readonly options: LoginOptions;
  readonly tls: ClientTls | null;
  readonly verifiers: ReadonlyMap<string, ScramVerifier>;
  /** What an unknown user's verifier looks like: as most of the known. */
  readonly mockIterations: number;
  readonly oidc: CheckToken | null;
}

/** Where clients come in. It outlives changes of the configuration, so that places and keys are counted on. */
export class Door {
  readonly services: LoginServices;
  readonly places: Places;
  #settings: Settings;

  constructor(settings: Settings, services: LoginServices) {
    this.#settings = settings;
    this.services = services;
    this.places = new Places(() => this.#settings.options.limits);
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Clients that connect from now on meet these options. @returns what is wrong with them, and nothing changes then. */
  async reload(options: LoginOptions): Promise<Refusal | null> {
    const settings = await doorSettings(options, this.services.clock);
    if (isRefusal(settings)) return settings;
    this.#settings = settings;
    return null;
  }
}

/** Reads what the options name and checks it, so that no client is the first to find out that it is wrong. */
export async function openDoor(options: LoginOptions, services: LoginServices): Promise<Door | Refusal> {
  const settings = await doorSettings(options, services.clock);
  return isRefusal(settings) ? settings : new Door(settings, services);
}

async function doorSettings(options: LoginOptions, clock: Clock): Promise<Settings | Refusal> {
  const tls = openTls(options.tls);
  if (isRefusal(tls)) return tls;
  const verifiers = readVerifiers(options.users);
  if (isRefusal(verifiers)) return verifiers;
  const oidc = await openOidc(options.oidc, clock);
  if (isRefusal(oidc)) return oidc;
  const lacking = [...options.users.values()].find(
    ({ method }) =>
      (method.kind === "token" && oidc === null) || (method.kind === "certificate" && !options.tls?.ca),
  );
  if (lacking !== undefined)
    return refusal(
      "input",
      `the user "${lacking.name}" logs in by ${lacking.method.kind}, for which nothing is configured`,
      lacking.method.kind === "token"
        ? "add the section oidc"
        : "add tls.ca, which signs clients' certificates",
    );
  return { options, tls, verifiers, mockIterations: usualIterations(verifiers), oidc };
}

function openTls(options: ClientTlsOptions | null): ClientTls | null | Refusal {
  if (options === null) return null;
  try {
    return new ClientTls(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : "unreadable";
    return refusal("input", `the gateway's certificate or key: ${why}`, "check tls.cert, tls.key and tls.ca");
  }
}

async function openOidc(options: OidcOptions | null, clock: Clock): Promise<CheckToken | null | Refusal> {
  return options === null ? null : tokenChecker(options, clock);
}

function readVerifiers(
  users: ReadonlyMap<string, UserOptions>,
): ReadonlyMap<string, ScramVerifier> | Refusal {
  const verifiers = new Map<string, ScramVerifier>();
  for (const [name, { method }] of users) {
    if (method.kind !== "scram") continue;
    const verifier = parseVerifier(method.verifier);
    if (verifier === null)
      return refusal(
        "input",
        `the verifier of the user "${name}" is not of the form SCRAM-SHA-256$4096:salt$stored:server`,
        "copy rolpassword from pg_authid",
      );
    verifiers.set(name, verifier);
  }
  return verifiers;
}

function usualIterations(verifiers: ReadonlyMap<string, ScramVerifier>): number {
  const counts = new Map<number, number>();
  for (const { iterations } of verifiers.values()) counts.set(iterations, (counts.get(iterations) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 4096;
}
