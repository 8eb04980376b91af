/**
 * One complete message as bytes. Where it came from is in the type: a frontend's frame can't be decoded as a backend's.
 * `bytes` [start, end) is the frame: the type byte (none in the startup phase), the length word at `lengthAt`, the body.
 *
 * `bytes` is a view of what the socket delivered whenever the frame arrived in one piece. The framer never writes into a
 * block again once a frame of it was handed out, so a frame stays valid; whoever keeps one for long should copy it,
 * because it keeps its whole block alive.
 */
export interface Frame<From extends "frontend" | "backend" = "frontend" | "backend"> {
  readonly kind: "Frame";
  readonly from: From;
  readonly type: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly lengthAt: number;
  readonly end: number;
}

/** A frame of the startup phase: no type byte, told apart by its code. It comes from a frontend only. */
export interface StartupFrame extends Frame<"frontend"> {
  readonly type: 0;
  readonly code: number;
}

/** The server's one byte to an SSLRequest or GSSENCRequest: it has no length and no frame. */
export interface EncryptionAnswer {
  readonly kind: "EncryptionAnswer";
  readonly from: "backend";
  readonly answer: "S" | "G" | "N";
}

/** The frame's own bytes, as a view. */
export function frameBytes(frame: Frame): Buffer {
  return frame.bytes.subarray(frame.start, frame.end);
}
