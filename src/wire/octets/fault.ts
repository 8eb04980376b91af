/**
 * What can be wrong with bytes from outside, or with a message that we want to send. Closed: a caller's switch over it is
 * checked by the compiler. No fault holds a byte of the message, so that a fault may be logged (I5).
 */
export type FaultCode =
  // The frame itself.
  | "length_below_min"
  | "length_over_max"
  | "unknown_type"
  | "unexpected_type"
  | "unsupported_protocol"
  | "bytes_before_encryption"
  | "bytes_after_end"
  | "repeated_request"
  | "unread_over_max"
  // What the frame holds.
  | "truncated"
  | "trailing_bytes"
  | "unterminated_text"
  | "invalid_utf8"
  | "negative_length"
  | "count_over_max"
  | "count_mismatch"
  | "text_over_max"
  | "unknown_value"
  | "missing_field"
  | "duplicate_field"
  // What we were asked to send.
  | "nul_in_text"
  | "lone_surrogate"
  | "number_out_of_range"
  | "message_over_max";

/**
 * A refusal of the wire, as a value.
 * `message` names the message as PostgreSQL's documentation does, or is null where the bytes did not tell which it is.
 * `stream` is "lost" when no later byte of that direction can be trusted: the session must end. "kept": the frame's end
 * is known, so a server may answer 08P01 and read on.
 */
export interface Fault {
  readonly kind: "Fault";
  readonly code: FaultCode;
  readonly message: string | null;
  readonly stream: "lost" | "kept";
}

/** A fault after which the stream has no known frame boundary, or no right to have one. */
export function lost(code: FaultCode, message: string | null): Fault {
  return { kind: "Fault", code, message, stream: "lost" };
}

/** A fault inside one frame (or one message of ours); the frames around it stand. */
export function kept(code: FaultCode, message: string | null): Fault {
  return { kind: "Fault", code, message, stream: "kept" };
}

/** The same fault where nothing may follow it: before login, PostgreSQL too answers any mistake by hanging up. */
export function fatal<Value extends { readonly kind: string }>(decoded: Value | Fault): Value | Fault {
  return isFault(decoded) ? lost(decoded.code, decoded.message) : decoded;
}

export function isFault(value: { readonly kind?: unknown } | null): value is Fault {
  return value !== null && value.kind === "Fault";
}
