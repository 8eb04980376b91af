import { resolve } from "node:path";
import { z } from "zod";
import {
  type ActorTokenOptions,
  type OidcOptions,
  tokenAlgorithms,
  type TokenKeys,
  type TokenOptions,
} from "../../capture/index.ts";
import { certificateFile } from "./sideFiles.ts";

const minuteMillis = 60_000;

/** A JWKS document's place: an https address, a file, or the document itself. */
function tokenKeys(folder: string): z.ZodType<TokenKeys> {
  return z
    .strictObject({
      url: z.url({ protocol: /^https$/ }).optional(),
      ca: certificateFile(folder).optional(),
      file: z.string().min(1).optional(),
      inline: z.looseObject({ keys: z.array(z.unknown()).min(1) }).optional(),
    })
    .transform((given, context): TokenKeys => {
      const { url, file, inline } = given;
      const ways = [url, file, inline].filter((way) => way !== undefined).length;
      if (ways !== 1) context.addIssue({ code: "custom", message: "give one of url, file and inline" });
      if (given.ca !== undefined && url === undefined)
        context.addIssue({ code: "custom", message: "ca is for url only", path: ["ca"] });
      if (url !== undefined) return { kind: "url", url, ca: given.ca ?? null };
      if (file !== undefined) return { kind: "file", path: resolve(folder, file) };
      return { kind: "inline", text: JSON.stringify(inline ?? {}) };
    });
}

/** What tokens of people and of pools have in common, as it is written. */
function written(folder: string) {
  return {
    keys: tokenKeys(folder),
    issuer: z.string().min(1),
    audience: z.string().min(1),
    algorithms: z.array(z.enum(tokenAlgorithms)).min(1).default(["EdDSA", "ES256"]),
    lifeMinutes: z.number().min(1).max(1440).default(10),
    clockSeconds: z.number().min(0).max(300).default(5),
  } as const;
}

function options(given: {
  readonly keys: TokenKeys;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: TokenOptions["algorithms"];
  readonly lifeMinutes: number;
  readonly clockSeconds: number;
}): TokenOptions {
  const { keys, issuer, audience, algorithms, lifeMinutes, clockSeconds } = given;
  return {
    keys,
    issuer,
    audience,
    algorithms,
    lifeMax: lifeMinutes * minuteMillis,
    clockTolerance: clockSeconds * 1000,
  };
}

/** `gateway.oidc`. */
export function oidc(folder: string): z.ZodType<OidcOptions> {
  return z
    .strictObject({ ...written(folder), claim: z.string().min(1).default("sub") })
    .transform((given) => ({ ...options(given), claim: given.claim }));
}

/** `pools.NAME.tokens`. */
export function actorTokens(folder: string): z.ZodType<ActorTokenOptions> {
  return z
    .strictObject({ ...written(folder), use: z.enum(["once", "session", "life"]).default("session") })
    .transform((given) => ({ ...options(given), use: given.use }));
}
