import { byType, type Codec, decodeWith, encodeWith, letter, widened } from "../octets/codec.ts";
import { type Fault, kept, lost } from "../octets/fault.ts";
import type { Writer } from "../octets/writer.ts";
import type { Frame } from "../frame/frame.ts";
import {
  answerCodecs,
  type AnswerMessage,
  authenticationCodecs,
  type AuthenticationMessage,
  type BackendMessage,
} from "./message.ts";

/** The codes of the authentication requests (protocol-message-formats). 4 and 6 are of servers older than any we speak to. */
const authenticationByCode: ReadonlyMap<number, Codec<AuthenticationMessage>> = new Map(
  (
    [
      [0, "AuthenticationOk"],
      [2, "AuthenticationKerberosV5"],
      [3, "AuthenticationCleartextPassword"],
      [5, "AuthenticationMD5Password"],
      [7, "AuthenticationGSS"],
      [8, "AuthenticationGSSContinue"],
      [9, "AuthenticationSSPI"],
      [10, "AuthenticationSASL"],
      [11, "AuthenticationSASLContinue"],
      [12, "AuthenticationSASLFinal"],
    ] as const
  ).map(([code, kind]) => [code, widened<AuthenticationMessage>(authenticationCodecs[kind])]),
);

const answerByType: readonly (Codec<AnswerMessage> | undefined)[] = byType<AnswerMessage>(
  Object.values(answerCodecs),
);

/** Decodes a server's frame. What this doesn't know is a fault; it is never passed on (I2). */
export function decodeBackend(frame: Frame<"backend">): BackendMessage | Fault {
  const codec = answerByType[frame.type];
  if (codec !== undefined) return decodeWith(codec, frame);
  return frame.type === letter("R") ? decodeAuthentication(frame) : lost("unknown_type", null);
}

function decodeAuthentication(frame: Frame<"backend">): AuthenticationMessage | Fault {
  const body = frame.lengthAt + 4;
  if (frame.end - body < 4) return kept("truncated", "Authentication");
  const codec = authenticationByCode.get(frame.bytes.readInt32BE(body));
  return codec === undefined ? lost("unknown_value", "Authentication") : decodeWith(codec, frame);
}

const codecs = { ...authenticationCodecs, ...answerCodecs };

/** Appends a server's message to what the writer holds, or says why it can't be sent and appends nothing. */
export function encodeBackend(message: BackendMessage, to: Writer): Fault | null {
  return encodeWith(widened<BackendMessage>(codecs[message.kind]), message, to);
}
