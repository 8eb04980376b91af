import type { Codec } from "../octets/codec.ts";
import { cancelRequest, type CancelRequest } from "./startup/cancel-request.ts";
import { gssencRequest, type GSSENCRequest } from "./startup/gssenc-request.ts";
import { sslRequest, type SSLRequest } from "./startup/ssl-request.ts";
import { startupMessage, type StartupMessage } from "./startup/startup-message.ts";
import { gssResponse, type GSSResponse } from "./login/gss-response.ts";
import { passwordMessage, type PasswordMessage } from "./login/password-message.ts";
import { saslInitialResponse, type SASLInitialResponse } from "./login/sasl-initial-response.ts";
import { saslResponse, type SASLResponse } from "./login/sasl-response.ts";
import { functionCall, type FunctionCall } from "./simple/function-call.ts";
import { query, type Query } from "./simple/query.ts";
import { terminate, type Terminate } from "./simple/terminate.ts";
import { bind, type Bind } from "./extended/bind.ts";
import { close, type Close } from "./extended/close.ts";
import { describe, type Describe } from "./extended/describe.ts";
import { execute, type Execute } from "./extended/execute.ts";
import { flush, type Flush } from "./extended/flush.ts";
import { parse, type Parse } from "./extended/parse.ts";
import { sync, type Sync } from "./extended/sync.ts";
import { frontendCopyData, type FrontendCopyData } from "./copy/copy-data.ts";
import { frontendCopyDone, type FrontendCopyDone } from "./copy/copy-done.ts";
import { copyFail, type CopyFail } from "./copy/copy-fail.ts";

/** Before login and without a type byte; any of them may open a connection. */
export type StartupPhaseMessage = CancelRequest | GSSENCRequest | SSLRequest | StartupMessage;

/** The answers to an authentication request. They share one type byte: only the question tells which it is. */
export type LoginMessage = GSSResponse | PasswordMessage | SASLInitialResponse | SASLResponse;

/** After login. */
export type SessionMessage =
  | FunctionCall
  | Query
  | Terminate
  | Bind
  | Close
  | Describe
  | Execute
  | Flush
  | Parse
  | Sync
  | FrontendCopyData
  | FrontendCopyDone
  | CopyFail;

/** Everything that a client may send. */
export type FrontendMessage = StartupPhaseMessage | LoginMessage | SessionMessage;

/** One codec a message; the compiler finds the one that is missing. */
type Codecs<Of extends FrontendMessage> = {
  readonly [Kind in Of["kind"]]: Codec<Extract<Of, { readonly kind: Kind }>>;
};

export const startupCodecs: Codecs<StartupPhaseMessage> = {
  CancelRequest: cancelRequest,
  GSSENCRequest: gssencRequest,
  SSLRequest: sslRequest,
  StartupMessage: startupMessage,
};

export const loginCodecs: Codecs<LoginMessage> = {
  GSSResponse: gssResponse,
  PasswordMessage: passwordMessage,
  SASLInitialResponse: saslInitialResponse,
  SASLResponse: saslResponse,
};

export const sessionCodecs: Codecs<SessionMessage> = {
  FunctionCall: functionCall,
  Query: query,
  Terminate: terminate,
  Bind: bind,
  Close: close,
  Describe: describe,
  Execute: execute,
  Flush: flush,
  Parse: parse,
  Sync: sync,
  CopyData: frontendCopyData,
  CopyDone: frontendCopyDone,
  CopyFail: copyFail,
};
