import { byType, type Codec, decodeWith, encodeWith, letter, widened } from "../octets/codec.ts";
import { fatal, type Fault, lost } from "../octets/fault.ts";
import type { Writer } from "../octets/writer.ts";
import type { Frame, StartupFrame } from "../frame/frame.ts";
import {
  type FrontendMessage,
  loginCodecs,
  type LoginMessage,
  sessionCodecs,
  type SessionMessage,
  startupCodecs,
  type StartupPhaseMessage,
} from "./message.ts";
import { cancelRequestCode } from "./startup/cancel-request.ts";
import { gssencRequestCode } from "./startup/gssenc-request.ts";
import { sslRequestCode } from "./startup/ssl-request.ts";

/** Decodes a frame without a type byte, by its code. Any code that isn't a request is a protocol version, 3.x or refused. */
export function decodeStartup(frame: StartupFrame): StartupPhaseMessage | Fault {
  switch (frame.code) {
    case cancelRequestCode:
      return fatal(decodeWith(startupCodecs.CancelRequest, frame));
    case sslRequestCode:
      return fatal(decodeWith(startupCodecs.SSLRequest, frame));
    case gssencRequestCode:
      return fatal(decodeWith(startupCodecs.GSSENCRequest, frame));
    default:
      return fatal(decodeWith(startupCodecs.StartupMessage, frame));
  }
}

/** Decodes the answer to an authentication request. `awaited` is the message that the request asks for. */
export function decodeLogin(frame: Frame<"frontend">, awaited: LoginMessage["kind"]): LoginMessage | Fault {
  const codec: Codec<LoginMessage> = widened<LoginMessage>(loginCodecs[awaited]);
  return frame.type === codec.type ? fatal(decodeWith(codec, frame)) : lost("unexpected_type", awaited);
}

const sessionCodecByType: readonly (Codec<SessionMessage> | undefined)[] = byType<SessionMessage>(
  Object.values(sessionCodecs),
);

/** Decodes a message of a session that has logged in. A login message is not one of them. */
export function decodeFrontend(frame: Frame<"frontend">): SessionMessage | Fault {
  const codec = sessionCodecByType[frame.type];
  if (codec !== undefined) return decodeWith(codec, frame);
  return lost(frame.type === letter("p") ? "unexpected_type" : "unknown_type", null);
}

const codecs = { ...startupCodecs, ...loginCodecs, ...sessionCodecs };

/** Appends a client's message to what the writer holds, or says why it can't be sent and appends nothing. */
export function encodeFrontend(message: FrontendMessage, to: Writer): Fault | null {
  return encodeWith(widened<FrontendMessage>(codecs[message.kind]), message, to);
}
