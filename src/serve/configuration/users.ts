import { z } from "zod";
import type { LoginMethod, UserOptions } from "../../capture/index.ts";
import { parseActorId } from "../../domain/index.ts";
import { actorTokens } from "./tokens.ts";

/** PostgreSQL's own least; fewer iterations make a stolen verifier cheap to guess from. */
const scramIterationsMin = 4096;

const verifier = z
  .string()
  .regex(
    /^SCRAM-SHA-256\$\d{4,7}:[A-Za-z0-9+/]{4,344}={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/,
    "a verifier is what `whosaw password` prints: SCRAM-SHA-256$4096:salt$stored:server",
  )
  .refine((text) => Number(/\$(\d+):/.exec(text)?.[1]) >= scramIterationsMin, {
    message: `fewer than ${scramIterationsMin} iterations`,
  });

const instant = z.string().transform((text, context) => {
  const time = Date.parse(text);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(time)) return time;
  context.addIssue({ code: "custom", message: "a time is written 2019-08-01T18:00:00Z" });
  return z.NEVER;
});

const person = {
  actor: z
    .string()
    .refine((text) => parseActorId(text) !== null, "ids have 1 to 256 bytes and no control characters")
    .optional(),
  role: z.string().min(1),
  scram: verifier.optional(),
  certificate: z.string().min(1).optional(),
  token: z.string().min(1).optional(),
  validUntil: instant.optional(),
  databases: z.array(z.string().min(1)).min(1).optional(),
} as const;

/** A user, and the login at the server that is this person's own: with it they could read past the gateway. */
export interface ConfiguredUser extends UserOptions {
  readonly upstreamLogin: string | null;
}

interface Person {
  readonly actor?: string | undefined;
  readonly role: string;
  readonly scram?: string | undefined;
  readonly certificate?: string | undefined;
  readonly token?: string | undefined;
  readonly validUntil?: number | undefined;
  readonly databases?: readonly string[] | undefined;
  readonly upstreamLogin?: string | undefined;
}

type Users = ReadonlyMap<string, ConfiguredUser>;

/** A startup packet's user name: what the server takes, NAMEDATALEN - 1 bytes. */
const userName = z.string().refine((text) => Buffer.byteLength(text) <= 63 && text !== "", "1 to 63 bytes");

/** `users`: people with a login of their own. */
export const users: z.ZodType<Users> = z
  .record(userName, z.strictObject({ ...person, upstreamLogin: userName.optional() }))
  .transform((given, context) => made(given, context, () => null));

/** `pools`: applications that act for people by signed tokens. */
export function pools(folder: string): z.ZodType<Users> {
  const pool = z.strictObject({ ...person, tokens: actorTokens(folder) });
  return z
    .record(userName, pool)
    .transform((given, context) => made(given, context, (name) => given[name]?.tokens ?? null));
}

function made(
  given: Readonly<Record<string, Person>>,
  context: z.RefinementCtx,
  poolOf: (name: string) => UserOptions["pool"],
): Users {
  return new Map(
    Object.entries(given).map(([name, says]) => {
      const { method, ways } = methodOf(says);
      if (ways !== 1) {
        const message = "a login has exactly one of scram, certificate and token";
        context.addIssue({ code: "custom", message, path: [name] });
      }
      return [
        name,
        {
          name,
          actor: says.actor ?? name,
          role: says.role,
          method,
          validUntil: says.validUntil ?? null,
          databases: says.databases ?? null,
          pool: poolOf(name),
          upstreamLogin: says.upstreamLogin ?? null,
        },
      ];
    }),
  );
}

function methodOf({ scram, certificate, token }: Person): {
  readonly method: LoginMethod;
  readonly ways: number;
} {
  const ways = [scram, certificate, token].filter((way) => way !== undefined).length;
  if (scram !== undefined) return { method: { kind: "scram", verifier: scram }, ways };
  if (certificate !== undefined) return { method: { kind: "certificate", name: certificate }, ways };
  return { method: { kind: "token", subject: token ?? "" }, ways };
}
