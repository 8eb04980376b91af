import { availableParallelism } from "node:os";
import { z } from "zod";
import {
  type ClientTlsOptions,
  type ListenOptions,
  type LoginLimits,
  loginLimits,
  type OidcOptions,
  type UpstreamLogin,
  type UpstreamOptions,
  type UpstreamTlsMode,
} from "../../capture/index.ts";
import { type AlarmHook, alarmHook } from "./alarm.ts";
import { certificateAndKey, certificateFile, passwordFile } from "./sideFiles.ts";
import { oidc } from "./tokens.ts";

/** `gateway`, before the other sections are held against it. */
export interface GatewaySection {
  readonly listen: ListenOptions;
  readonly tls: ClientTlsOptions | null;
  readonly upstream: UpstreamOptions;
  readonly control: ControlLogin;
  readonly oidc: OidcOptions | null;
  readonly limits: LoginLimits;
  readonly workers: number;
  readonly alarm: AlarmHook | null;
}

/** The gateway's own connection, which reads the catalog: one of `upstream.logins`, in this database (the server's name for it). */
export interface ControlLogin {
  readonly login: string;
  readonly database: string;
  /** Another of `upstream.logins`, which may take people's own logins at the server away (`users.NAME.upstreamLogin`); null: none is taken. */
  readonly revoker: string | null;
}

/** sun_path holds 108 bytes with its end (unix(7)). */
const socketPathBytesMax = 107;

function place(defaultPort: number | null): z.ZodType<ListenOptions> {
  return z.string().transform((text, context): ListenOptions => {
    const wrong = (message: string): never => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (text.startsWith("/")) {
      return Buffer.byteLength(text) <= socketPathBytesMax
        ? { kind: "unix", path: text }
        : wrong(`a socket's path has at most ${socketPathBytesMax} bytes`);
    }
    const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/\s]+))(?::(\d{1,5}))?$/.exec(text);
    const host = found?.[1] ?? found?.[2];
    const port = found?.[3] === undefined ? defaultPort : Number(found[3]);
    return host === undefined || port === null || port > 65_535
      ? wrong("an address is written host:port, [::1]:6432 or /the/socket's/path")
      : { kind: "tcp", host, port };
  });
}

/** Whether nobody on another machine can hear what goes there. */
function stays(where: ListenOptions): boolean {
  return where.kind === "unix" || /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(where.host);
}

const databaseNames = z
  .record(z.string().min(1).max(63), z.string().min(1).max(63))
  .refine((given) => Object.keys(given).length > 0, { message: "no database at all" })
  .transform((given): ReadonlyMap<string, string> => new Map(Object.entries(given)));

function logins(folder: string): z.ZodType<ReadonlyMap<string, UpstreamLogin>> {
  const login = z
    .strictObject({
      password: z.string().min(1).optional(),
      passwordFile: passwordFile(folder).optional(),
      certificate: certificateAndKey(folder).optional(),
    })
    .refine((given) => given.password === undefined || given.passwordFile === undefined, {
      message: "give password or passwordFile, not both",
    })
    .transform((given): UpstreamLogin => ({
      password: given.password ?? given.passwordFile ?? null,
      certificate: given.certificate ?? null,
    }));
  // `whosaw_support:` with nothing behind it is a login without a password.
  const perhaps = z.preprocess((value) => value ?? {}, login);
  return z
    .record(z.string().min(1).max(63), perhaps)
    .transform((given): ReadonlyMap<string, UpstreamLogin> => new Map(Object.entries(given)));
}

const upstreamTls = z.enum(["disable", "require", "verify-ca", "verify-full"]);

function upstream(
  folder: string,
): z.ZodType<{ readonly upstream: UpstreamOptions; readonly control: ControlLogin }> {
  return z
    .strictObject({
      server: place(5432),
      tls: upstreamTls.optional(),
      ca: certificateFile(folder).optional(),
      weak: z.array(z.enum(["md5", "cleartext", "trust"])).default([]),
      databases: databaseNames.optional(),
      logins: logins(folder),
      control: z
        .strictObject({
          login: z.string().min(1),
          database: z.string().min(1),
          revoker: z.string().min(1).optional(),
        })
        .transform(({ revoker = null, ...given }): ControlLogin => ({ ...given, revoker })),
      connectSeconds: z.number().min(1).max(300).default(10),
    })
    .transform((given, context) => {
      const wrong = (message: string, ...path: string[]): void =>
        context.addIssue({ code: "custom", message, path });
      const safe: UpstreamTlsMode = stays(given.server) ? "disable" : "verify-full";
      const tls = given.tls ?? safe;
      if (tls === "disable" && given.weak.includes("cleartext"))
        wrong("a password in the clear is only ever sent through TLS", "weak");
      if (tls === "disable" && given.ca !== undefined) wrong("without TLS nothing is signed", "ca");
      if (tls !== "disable" && given.server.kind === "unix") wrong("a socket speaks no TLS", "tls");
      if (!given.logins.has(given.control.login))
        wrong(`no login of this name is in logins`, "control", "login");
      if (given.control.revoker !== null && !given.logins.has(given.control.revoker))
        wrong(`no login of this name is in logins`, "control", "revoker");
      return {
        control: given.control,
        upstream: {
          address: given.server,
          tls,
          ca: given.ca ?? null,
          weak: given.weak,
          databases: given.databases ?? null,
          logins: given.logins,
          connectTimeMax: given.connectSeconds * 1000,
        },
      };
    });
}

function clientTls(folder: string): z.ZodType<ClientTlsOptions | "off"> {
  const pair = z
    .strictObject({
      certificate: certificateAndKey(folder),
      clientCa: certificateFile(folder).optional(),
      required: z.boolean().default(true),
    })
    .transform((given) => ({
      ...given.certificate,
      ca: given.clientCa ?? null,
      required: given.required,
    }));
  return z.preprocess(
    (value) => (value === false ? "off" : value),
    z.any().transform((value, context): ClientTlsOptions | "off" => {
      if (value === "off") return "off";
      const read = pair.safeParse(value);
      if (read.success) return read.data;
      for (const issue of read.error.issues) context.issues.push({ ...issue, input: value });
      return z.NEVER;
    }),
  );
}

const limits: z.ZodType<LoginLimits> = z
  .strictObject({
    loginSeconds: z.number().min(1).max(600).optional(),
    handshakes: z.number().int().min(1).max(100_000).optional(),
    sessions: z.number().int().min(1).max(100_000).optional(),
    sessionsPerAddress: z.number().int().min(1).max(100_000).optional(),
  })
  .transform((given) => ({
    loginTimeMax: given.loginSeconds === undefined ? loginLimits.loginTimeMax : given.loginSeconds * 1000,
    handshakesMax: given.handshakes ?? loginLimits.handshakesMax,
    sessionsMax: given.sessions ?? loginLimits.sessionsMax,
    sessionsPerAddressMax: given.sessionsPerAddress ?? loginLimits.sessionsPerAddressMax,
  }));

const noLimits = {};

/** On two cores the recorder and the store's engine need the second: one process alone, until a measurement says otherwise. */
function usualWorkers(): number {
  const cores = availableParallelism();
  return cores > 2 ? Math.min(8, cores) : 1;
}

export function gatewaySection(folder: string): z.ZodType<GatewaySection> {
  return z
    .strictObject({
      listen: place(null),
      tls: clientTls(folder).optional(),
      upstream: upstream(folder),
      oidc: oidc(folder).optional(),
      limits: z.preprocess((value) => value ?? noLimits, limits),
      workers: z.number().int().min(1).max(64).default(usualWorkers()),
      alarm: alarmHook.optional(),
    })
    .transform((given, context) => {
      if (given.tls === undefined && !stays(given.listen)) {
        context.addIssue({
          code: "custom",
          path: ["listen"],
          message:
            "customers' data would cross the network in the clear: give tls.certificate, listen on 127.0.0.1 or a socket, or write tls: off",
        });
      }
      return {
        listen: given.listen,
        tls: given.tls === undefined || given.tls === "off" ? null : given.tls,
        ...given.upstream,
        oidc: given.oidc ?? null,
        limits: given.limits,
        workers: given.workers,
        alarm: given.alarm ?? null,
      };
    });
}
