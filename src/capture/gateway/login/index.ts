/** From accept() to a pair of authenticated connections: who a client is, and a login at the server in their role. */
export {
  type ActorTokenOptions,
  type ClientTlsOptions,
  type ListenOptions,
  type LoginLimits,
  loginLimits,
  type LoginMethod,
  type LoginOptions,
  type OidcOptions,
  type TokenAlgorithm,
  tokenAlgorithms,
  type TokenKeys,
  type TokenOptions,
  type UpstreamAddress,
  type UpstreamLogin,
  type UpstreamOptions,
  type UpstreamTlsMode,
  type UserOptions,
  type WeakMethod,
} from "./options.ts";
export { type AcceptedClient, acceptClient, endWith } from "./client/acceptClient.ts";
export { CancelKey, CancelKeys, type SendCancel } from "./client/cancelKeys.ts";
export { Places } from "./client/places.ts";
export { fatalBytes } from "./client/denials.ts";
export { type AdmitStartup, Door, type LoginRefused, type LoginServices, openDoor } from "./client/door.ts";
export { type Welcome, welcomeBytes } from "./client/welcome.ts";
export { scramVerifier } from "./scram/verifier.ts";
export {
  connectUpstream,
  type UpstreamConnection,
  type UpstreamSession,
} from "./upstream/connectUpstream.ts";
export { sendCancel, type UpstreamKey } from "./upstream/sendCancel.ts";
export type { UpstreamRefusal } from "./upstream/upstreamRefusal.ts";
export {
  type ActorClaim,
  actorTokens,
  type ActorTokens,
  type TokenUse,
  type UsedTokens,
  usedTokens,
} from "./tokens/actorTokens.ts";
export type { TokenRefusal, TokenRule } from "./tokens/tokenChecker.ts";
export { type CommentClaims, type MalformedComment, tokenInComment } from "./tokens/tokenInComment.ts";
