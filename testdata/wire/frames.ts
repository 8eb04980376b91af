import {
  BackendFramer,
  type BackendMessage,
  encodeBackend,
  encodeFrontend,
  type Frame,
  FrontendFramer,
  type FrontendMessage,
  isFault,
  type StartupFrame,
  Writer,
} from "../../src/wire/index.ts";

/** A frame as anybody may build it: a type, a body and, if one lies, another length than the true one. */
export function framed(type: string, body: Buffer, length: number = body.length + 4): Buffer {
  const word = Buffer.alloc(4);
  word.writeUInt32BE(length % 2 ** 32);
  return Buffer.concat([Buffer.from(type, "latin1"), word, body]);
}

export function encoded(...messages: readonly (FrontendMessage | BackendMessage)[]): Buffer {
  const writer = new Writer();
  for (const message of messages) {
    const fault = message.from === "frontend" ? encodeFrontend(message, writer) : encodeBackend(message, writer);
    if (fault !== null) throw new Error(`${message.kind}: ${fault.code}`);
  }
  return writer.take();
}

/** A framer of a client that has logged in. */
export function sessionOfClient(longBytesMax?: number): FrontendFramer {
  const framer = new FrontendFramer(longBytesMax);
  framer.feed(encoded({ from: "frontend", kind: "StartupMessage", minor: 0, parameters: [] }));
  framer.next();
  framer.authenticated();
  return framer;
}

/** A framer of a server that has said AuthenticationOk. */
export function sessionOfServer(longBytesMax?: number): BackendFramer {
  const framer = new BackendFramer("login", longBytesMax);
  framer.authenticated();
  return framer;
}

/** The only frame that a server's bytes make. */
export function serverFrame(bytes: Buffer, longBytesMax?: number): Frame<"backend"> {
  const framer = sessionOfServer(longBytesMax);
  framer.feed(bytes);
  const frame = framer.next();
  if (frame === null || isFault(frame) || frame.kind !== "Frame") throw new Error(JSON.stringify(frame));
  return frame;
}

/** The only frame that bytes of a client in a session make. */
export function clientFrame(bytes: Buffer): Frame<"frontend"> {
  const framer = sessionOfClient();
  framer.feed(bytes);
  const frame = framer.next();
  if (frame === null || isFault(frame)) throw new Error(JSON.stringify(frame));
  return frame;
}

/** The only frame that the first bytes of a client make. */
export function startupFrame(bytes: Buffer): StartupFrame {
  const framer = new FrontendFramer();
  framer.feed(bytes);
  const frame = framer.next();
  if (frame === null || isFault(frame) || !("code" in frame)) throw new Error(JSON.stringify(frame));
  return frame;
}
