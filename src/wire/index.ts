/**
 * The PostgreSQL wire protocol v3 (3.0 and 3.2): bytes to messages and back. No sockets, no meaning, no waiting.
 *
 * Feed a FrontendFramer or BackendFramer, decode its frames, encode into a Writer. Everything from outside is bounded by
 * a named limit; what is wrong is a Fault, never thrown. Decoded texts and blocks are exact: encoding a decoded message
 * gives the bytes that came (but for the order of an error's fields, which is PostgreSQL's own).
 */
export { type CancelRequest } from "./frontend/startup/cancel-request.ts";
export { type GSSENCRequest } from "./frontend/startup/gssenc-request.ts";
export { type SSLRequest } from "./frontend/startup/ssl-request.ts";
export { type StartupMessage } from "./frontend/startup/startup-message.ts";
export { type GSSResponse } from "./frontend/login/gss-response.ts";
export { type PasswordMessage } from "./frontend/login/password-message.ts";
export { type SASLInitialResponse } from "./frontend/login/sasl-initial-response.ts";
export { type SASLResponse } from "./frontend/login/sasl-response.ts";
export { type FunctionCall } from "./frontend/simple/function-call.ts";
export { type Query } from "./frontend/simple/query.ts";
export { type Terminate } from "./frontend/simple/terminate.ts";
export { type Bind } from "./frontend/extended/bind.ts";
export { type Close } from "./frontend/extended/close.ts";
export { type Describe } from "./frontend/extended/describe.ts";
export { type Execute } from "./frontend/extended/execute.ts";
export { type Flush } from "./frontend/extended/flush.ts";
export { type Parse } from "./frontend/extended/parse.ts";
export { type Sync } from "./frontend/extended/sync.ts";
export { type FrontendCopyData } from "./frontend/copy/copy-data.ts";
export { type FrontendCopyDone } from "./frontend/copy/copy-done.ts";
export { type CopyFail } from "./frontend/copy/copy-fail.ts";
export { type AuthenticationCleartextPassword } from "./backend/authentication/cleartext-password.ts";
export { type AuthenticationGSSContinue } from "./backend/authentication/gss-continue.ts";
export { type AuthenticationGSS } from "./backend/authentication/gss.ts";
export { type AuthenticationKerberosV5 } from "./backend/authentication/kerberos-v5.ts";
export { type AuthenticationMD5Password } from "./backend/authentication/md5-password.ts";
export { type AuthenticationOk } from "./backend/authentication/ok.ts";
export { type AuthenticationSASLContinue } from "./backend/authentication/sasl-continue.ts";
export { type AuthenticationSASLFinal } from "./backend/authentication/sasl-final.ts";
export { type AuthenticationSASL } from "./backend/authentication/sasl.ts";
export { type AuthenticationSSPI } from "./backend/authentication/sspi.ts";
export { type BackendKeyData } from "./backend/session/backend-key-data.ts";
export { type ErrorResponse } from "./backend/session/error-response.ts";
export { type NegotiateProtocolVersion } from "./backend/session/negotiate-protocol-version.ts";
export { type NoticeResponse } from "./backend/session/notice-response.ts";
export { type NotificationResponse } from "./backend/session/notification-response.ts";
export { type ParameterStatus } from "./backend/session/parameter-status.ts";
export { type ReadyForQuery } from "./backend/session/ready-for-query.ts";
export { type CommandComplete } from "./backend/result/command-complete.ts";
export { type DataRow } from "./backend/result/data-row.ts";
export { type EmptyQueryResponse } from "./backend/result/empty-query-response.ts";
export { type FunctionCallResponse } from "./backend/result/function-call-response.ts";
export { type RowDescription } from "./backend/result/row-description.ts";
export { type BindComplete } from "./backend/extended/bind-complete.ts";
export { type CloseComplete } from "./backend/extended/close-complete.ts";
export { type NoData } from "./backend/extended/no-data.ts";
export { type ParameterDescription } from "./backend/extended/parameter-description.ts";
export { type ParseComplete } from "./backend/extended/parse-complete.ts";
export { type PortalSuspended } from "./backend/extended/portal-suspended.ts";
export { type CopyBothResponse } from "./backend/copy/copy-both-response.ts";
export { type BackendCopyData } from "./backend/copy/copy-data.ts";
export { type BackendCopyDone } from "./backend/copy/copy-done.ts";
export { type CopyInResponse } from "./backend/copy/copy-in-response.ts";
export { type CopyOutResponse } from "./backend/copy/copy-out-response.ts";
export {
  duplicateParameters,
  type StartupParameter,
  startupParameter,
} from "./frontend/startup/startup-message.ts";
export { type Target } from "./frontend/extended/target.ts";
export { type Diagnostics } from "./backend/session/diagnostics.ts";
export { type TransactionStatus } from "./backend/session/ready-for-query.ts";
export { type Column } from "./backend/result/row-description.ts";
export { type CopyForm } from "./backend/copy/copy-form.ts";
export {
  type FrontendMessage,
  type LoginMessage,
  type SessionMessage,
  type StartupPhaseMessage,
} from "./frontend/message.ts";
export { type AnswerMessage, type AuthenticationMessage, type BackendMessage } from "./backend/message.ts";
export { decodeFrontend, decodeLogin, decodeStartup, encodeFrontend } from "./frontend/decode.ts";
export { decodeBackend, encodeBackend } from "./backend/decode.ts";
export { type EncryptionAnswer, type Frame, frameBytes, type StartupFrame } from "./frame/frame.ts";
export { FrontendFramer, type FrontendState } from "./frame/frontend-framer.ts";
export { BackendFramer, type BackendState } from "./frame/backend-framer.ts";
export { dataRowType, RowView } from "./row-view.ts";
export { type Fault, type FaultCode, isFault } from "./octets/fault.ts";
export { type Format } from "./octets/format.ts";
export { Writer } from "./octets/writer.ts";
export * from "./octets/limits.ts";
