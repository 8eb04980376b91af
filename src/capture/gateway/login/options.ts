/**
 * How people and applications log in, and how the gateway logs in at the server: `whosaw.yaml`, once parsed. Times are
 * milliseconds; certificates and keys are PEM texts, not file names; passwords are texts already read from their files.
 */

/** Where clients connect to: an address, or a Unix socket's path. */
export type ListenOptions =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** TLS towards clients. */
export interface ClientTlsOptions {
  /** The certificate, then those that signed it. */
  readonly cert: string;
  readonly key: string;
  /** Who signs clients' certificates; null if clients have none. */
  readonly ca: string | null;
  /** Whether a session without TLS is refused. */
  readonly required: boolean;
}

/** The only signature algorithms that a token may have. Without `none`, and without HS*, whose keys could be mistaken for public ones. */
export type TokenAlgorithm = "EdDSA" | "ES256" | "RS256" | "PS256";
export const tokenAlgorithms: readonly TokenAlgorithm[] = ["EdDSA", "ES256", "RS256", "PS256"];

/** Where the public keys of a token's issuer are (RFC 7517). `text` is a JWKS document. An URL is https; `ca` is PEM or null for the system's. */
export type TokenKeys =
  | { readonly kind: "inline"; readonly text: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "url"; readonly url: string; readonly ca: string | null };

/** What every token must be, whatever it is for. */
export interface TokenOptions {
  readonly keys: TokenKeys;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly TokenAlgorithm[];
  /** The longest time from `iat` to `exp`, and the greatest age. A token without either claim is refused. */
  readonly lifeMax: number;
  /** How far the issuer's clock may differ. */
  readonly clockTolerance: number;
}

/** OIDC tokens as passwords. */
export interface OidcOptions extends TokenOptions {
  /** The claim that must equal the user's `subject`: `sub`, `email`, `preferred_username`. */
  readonly claim: string;
}

/**
 * Signed actor tokens of a pooled login.
 * `use`: `once`: a token is good for one statement or SET. `session`: for as long as it lives, in the first session that shows it.
 * `life`: for as long as it lives. The first two need a `jti` claim.
 */
export interface ActorTokenOptions extends TokenOptions {
  readonly use: "once" | "session" | "life";
}

/** How a user proves who they are. */
export type LoginMethod =
  /** `SCRAM-SHA-256$4096:salt$stored:server`, as pg_authid.rolpassword and `scramVerifier` have it. */
  | { readonly kind: "scram"; readonly verifier: string }
  /** A client certificate with this common name, DNS name, e-mail address or URI. */
  | { readonly kind: "certificate"; readonly name: string }
  /** An OIDC token whose claim says this. */
  | { readonly kind: "token"; readonly subject: string };

export interface UserOptions {
  /** As the client's startup packet says it. */
  readonly name: string;
  /** Who this is in the record; for a pool, the service account that reads when no token says who does. */
  readonly actor: string;
  /** A name of `roles`. */
  readonly role: string;
  readonly method: LoginMethod;
  /** Epoch milliseconds from which on the login is refused, as VALID UNTIL; null: never. */
  readonly validUntil: number | null;
  /** Databases they may connect to; null: every one that the gateway offers. */
  readonly databases: readonly string[] | null;
  /** An application's login that acts for people by signed tokens; null: a person's own. */
  readonly pool: ActorTokenOptions | null;
}

/** As libpq's sslmode, without those that go on in the clear when TLS fails. */
export type UpstreamTlsMode = "disable" | "require" | "verify-ca" | "verify-full";

/** How the gateway may prove who it is, beyond SCRAM, which is always allowed. `cleartext` is only ever sent through TLS. */
export type WeakMethod = "md5" | "cleartext" | "trust";

export interface UpstreamLogin {
  /** Null: the server must not ask for one. */
  readonly password: string | null;
  /** A client certificate for the server; null: none. */
  readonly certificate: { readonly cert: string; readonly key: string } | null;
}

/** The protected server. */
export interface UpstreamOptions {
  readonly address: UpstreamAddress;
  readonly tls: UpstreamTlsMode;
  /** Who signs the server's certificate; null: the system's list. */
  readonly ca: string | null;
  readonly weak: readonly WeakMethod[];
  /** From the database's name at the gateway to its name at the server; null: the same, and every one. */
  readonly databases: ReadonlyMap<string, string> | null;
  /** By the login's name at the server (`Role.upstream`). */
  readonly logins: ReadonlyMap<string, UpstreamLogin>;
  /** From the first byte to ReadyForQuery. */
  readonly connectTimeMax: number;
}

/** `unix`: the socket's whole path, `/var/run/postgresql/.s.PGSQL.5432`. */
export type UpstreamAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** What clients may ask of the gateway before anybody knows them, and how many there may be. */
export interface LoginLimits {
  /** From accept to the end of authentication: PostgreSQL's authentication_timeout is 60 s. */
  readonly loginTimeMax: number;
  /** Connections that are still logging in, or are cancel requests. */
  readonly handshakesMax: number;
  /** Sessions in all. */
  readonly sessionsMax: number;
  /** Sessions from one address; null: as many as in all. */
  readonly sessionsPerAddressMax: number | null;
}

export const loginLimits: LoginLimits = {
  loginTimeMax: 60_000,
  handshakesMax: 200,
  sessionsMax: 1_000,
  sessionsPerAddressMax: null,
};

/** Everything that the configuration says about logging in. */
export interface LoginOptions {
  readonly listen: ListenOptions;
  readonly tls: ClientTlsOptions | null;
  /** Null: no user has the method `token`. */
  readonly oidc: OidcOptions | null;
  readonly users: ReadonlyMap<string, UserOptions>;
  readonly upstream: UpstreamOptions;
  readonly limits: LoginLimits;
}
