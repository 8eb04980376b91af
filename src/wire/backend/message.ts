import type { Codec } from "../octets/codec.ts";
import {
  authenticationCleartextPassword,
  type AuthenticationCleartextPassword,
} from "./authentication/cleartext-password.ts";
import { authenticationGSSContinue, type AuthenticationGSSContinue } from "./authentication/gss-continue.ts";
import { authenticationGSS, type AuthenticationGSS } from "./authentication/gss.ts";
import { authenticationKerberosV5, type AuthenticationKerberosV5 } from "./authentication/kerberos-v5.ts";
import { authenticationMD5Password, type AuthenticationMD5Password } from "./authentication/md5-password.ts";
import { authenticationOk, type AuthenticationOk } from "./authentication/ok.ts";
import {
  authenticationSASLContinue,
  type AuthenticationSASLContinue,
} from "./authentication/sasl-continue.ts";
import { authenticationSASLFinal, type AuthenticationSASLFinal } from "./authentication/sasl-final.ts";
import { authenticationSASL, type AuthenticationSASL } from "./authentication/sasl.ts";
import { authenticationSSPI, type AuthenticationSSPI } from "./authentication/sspi.ts";
import { backendKeyData, type BackendKeyData } from "./session/backend-key-data.ts";
import { errorResponse, type ErrorResponse } from "./session/error-response.ts";
import {
  negotiateProtocolVersion,
  type NegotiateProtocolVersion,
} from "./session/negotiate-protocol-version.ts";
import { noticeResponse, type NoticeResponse } from "./session/notice-response.ts";
import { notificationResponse, type NotificationResponse } from "./session/notification-response.ts";
import { parameterStatus, type ParameterStatus } from "./session/parameter-status.ts";
import { readyForQuery, type ReadyForQuery } from "./session/ready-for-query.ts";
import { commandComplete, type CommandComplete } from "./result/command-complete.ts";
import { dataRow, type DataRow } from "./result/data-row.ts";
import { emptyQueryResponse, type EmptyQueryResponse } from "./result/empty-query-response.ts";
import { functionCallResponse, type FunctionCallResponse } from "./result/function-call-response.ts";
import { rowDescription, type RowDescription } from "./result/row-description.ts";
import { bindComplete, type BindComplete } from "./extended/bind-complete.ts";
import { closeComplete, type CloseComplete } from "./extended/close-complete.ts";
import { noData, type NoData } from "./extended/no-data.ts";
import { parameterDescription, type ParameterDescription } from "./extended/parameter-description.ts";
import { parseComplete, type ParseComplete } from "./extended/parse-complete.ts";
import { portalSuspended, type PortalSuspended } from "./extended/portal-suspended.ts";
import { copyBothResponse, type CopyBothResponse } from "./copy/copy-both-response.ts";
import { backendCopyData, type BackendCopyData } from "./copy/copy-data.ts";
import { backendCopyDone, type BackendCopyDone } from "./copy/copy-done.ts";
import { copyInResponse, type CopyInResponse } from "./copy/copy-in-response.ts";
import { copyOutResponse, type CopyOutResponse } from "./copy/copy-out-response.ts";

/** What the server says of authentication: one type byte, told apart by a code. */
export type AuthenticationMessage =
  | AuthenticationCleartextPassword
  | AuthenticationGSSContinue
  | AuthenticationGSS
  | AuthenticationKerberosV5
  | AuthenticationMD5Password
  | AuthenticationOk
  | AuthenticationSASLContinue
  | AuthenticationSASLFinal
  | AuthenticationSASL
  | AuthenticationSSPI;

/** All the others. */
export type AnswerMessage =
  | BackendKeyData
  | ErrorResponse
  | NegotiateProtocolVersion
  | NoticeResponse
  | NotificationResponse
  | ParameterStatus
  | ReadyForQuery
  | CommandComplete
  | DataRow
  | EmptyQueryResponse
  | FunctionCallResponse
  | RowDescription
  | BindComplete
  | CloseComplete
  | NoData
  | ParameterDescription
  | ParseComplete
  | PortalSuspended
  | CopyBothResponse
  | BackendCopyData
  | BackendCopyDone
  | CopyInResponse
  | CopyOutResponse;

/** Everything that a server may send. */
export type BackendMessage = AuthenticationMessage | AnswerMessage;

/** One codec a message; the compiler finds the one that is missing. */
type Codecs<Of extends BackendMessage> = {
  readonly [Kind in Of["kind"]]: Codec<Extract<Of, { readonly kind: Kind }>>;
};

export const authenticationCodecs: Codecs<AuthenticationMessage> = {
  AuthenticationCleartextPassword: authenticationCleartextPassword,
  AuthenticationGSSContinue: authenticationGSSContinue,
  AuthenticationGSS: authenticationGSS,
  AuthenticationKerberosV5: authenticationKerberosV5,
  AuthenticationMD5Password: authenticationMD5Password,
  AuthenticationOk: authenticationOk,
  AuthenticationSASLContinue: authenticationSASLContinue,
  AuthenticationSASLFinal: authenticationSASLFinal,
  AuthenticationSASL: authenticationSASL,
  AuthenticationSSPI: authenticationSSPI,
};

export const answerCodecs: Codecs<AnswerMessage> = {
  BackendKeyData: backendKeyData,
  ErrorResponse: errorResponse,
  NegotiateProtocolVersion: negotiateProtocolVersion,
  NoticeResponse: noticeResponse,
  NotificationResponse: notificationResponse,
  ParameterStatus: parameterStatus,
  ReadyForQuery: readyForQuery,
  CommandComplete: commandComplete,
  DataRow: dataRow,
  EmptyQueryResponse: emptyQueryResponse,
  FunctionCallResponse: functionCallResponse,
  RowDescription: rowDescription,
  BindComplete: bindComplete,
  CloseComplete: closeComplete,
  NoData: noData,
  ParameterDescription: parameterDescription,
  ParseComplete: parseComplete,
  PortalSuspended: portalSuspended,
  CopyBothResponse: copyBothResponse,
  CopyData: backendCopyData,
  CopyDone: backendCopyDone,
  CopyInResponse: copyInResponse,
  CopyOutResponse: copyOutResponse,
};
