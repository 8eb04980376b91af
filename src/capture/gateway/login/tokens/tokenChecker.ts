import { errors, type JWTPayload, jwtVerify } from "jose";
import { type Clock, isRefusal, type Refusal } from "../../../../base/index.ts";
import type { TokenOptions } from "../options.ts";
import { tokenKeys } from "./tokenKeys.ts";

/** Characters of a token: our choice; identity providers' tokens have one to four thousand. */
export const tokenCharsMax = 16_384;

/** Why a token isn't believed. Closed words, which go into the record; they say nothing of what the token holds. */
export type TokenRule =
  | "token_malformed"
  | "token_algorithm"
  | "token_signature"
  | "token_expired"
  | "token_not_yet"
  | "token_too_long_lived"
  | "token_claim"
  | "token_keys"
  | "token_replayed"
  | "token_memory_full";

export interface TokenRefusal {
  readonly kind: "token_refusal";
  readonly rule: TokenRule;
}

/** A token that holds. Times are epoch milliseconds. */
export interface BelievedToken {
  readonly kind: "token";
  readonly claims: JWTPayload;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export type CheckToken = (token: string) => Promise<BelievedToken | TokenRefusal>;

export function tokenRefusal(rule: TokenRule): TokenRefusal {
  return { kind: "token_refusal", rule };
}

/**
 * Checks JWTs (RFC 7519, RFC 8725) of one issuer for one audience: signature by one of its public keys with an allowed
 * algorithm, `iat` and `exp` present, not expired, not from the future, no longer lived than allowed.
 */
export async function tokenChecker(options: TokenOptions, clock: Clock): Promise<CheckToken | Refusal> {
  const keys = await tokenKeys(options.keys, clock);
  if (isRefusal(keys)) return keys;
  return async (token) => {
    if (token.length > tokenCharsMax) return tokenRefusal("token_malformed");
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: [...options.algorithms],
        clockTolerance: options.clockTolerance / 1000,
        currentDate: new Date(clock()),
        requiredClaims: ["iat", "exp"],
      });
      return lived(payload, options, clock());
    } catch (error) {
      return tokenRefusal(ruleOf(error));
    }
  };
}

function lived(claims: JWTPayload, options: TokenOptions, now: number): BelievedToken | TokenRefusal {
  const issuedAt = (claims.iat ?? NaN) * 1000;
  const expiresAt = (claims.exp ?? NaN) * 1000;
  if (!Number.isFinite(issuedAt) || !Number.isFinite(expiresAt)) return tokenRefusal("token_claim");
  if (issuedAt > now + options.clockTolerance) return tokenRefusal("token_not_yet");
  if (expiresAt - issuedAt > options.lifeMax) return tokenRefusal("token_too_long_lived");
  return { kind: "token", claims, issuedAt, expiresAt };
}

function ruleOf(error: unknown): TokenRule {
  if (error instanceof errors.JWTExpired) return "token_expired";
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === "nbf" ? "token_not_yet" : "token_claim";
  if (error instanceof errors.JOSEAlgNotAllowed) return "token_algorithm";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "token_signature";
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return "token_signature";
  return error instanceof errors.JOSEError ? "token_malformed" : "token_keys";
}
