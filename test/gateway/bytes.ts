/**
 * The protocol's bytes, written here a second time: what judges the gateway must not share its codec. Knows no limits and checks
 * nothing, so that it can also send what no client should.
 */
export interface Message {
  /** One letter; "" for a message of the startup phase. */
  readonly type: string;
  readonly body: Buffer;
}

export function frame(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(4);
  head.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type, "latin1"), head, body]);
}

export const text = (value: string): Buffer => Buffer.from(`${value}\0`);

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

/** Null, or the bytes of a text. */
export type Parameter = string | null;

export interface BindOptions {
  readonly portal?: string;
  readonly statement?: string;
  readonly parameters?: readonly Parameter[];
  /** Of the result's columns: none, one for all, or one each; 1 is binary. */
  readonly formats?: readonly number[];
}

/** What a client sends. */
export const say = {
  startup: (parameters: readonly (readonly [string, string])[], version = 0x30000): Buffer =>
    frame("", int32(version), ...parameters.flat().map(text), Buffer.from([0])),
  query: (sql: string): Buffer => frame("Q", text(sql)),
  parse: (sql: string, name = "", types: readonly number[] = []): Buffer =>
    frame("P", text(name), text(sql), int16(types.length), ...types.map(int32)),
  bind: ({ portal = "", statement = "", parameters = [], formats = [] }: BindOptions = {}): Buffer =>
    frame(
      "B",
      text(portal),
      text(statement),
      int16(0),
      int16(parameters.length),
      ...parameters.flatMap((value) =>
        value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), Buffer.from(value)],
      ),
      int16(formats.length),
      ...formats.map(int16),
    ),
  describe: (of: "S" | "P", name = ""): Buffer => frame("D", Buffer.from(of), text(name)),
  execute: (portal = "", rows = 0): Buffer => frame("E", text(portal), int32(rows)),
  close: (of: "S" | "P", name = ""): Buffer => frame("C", Buffer.from(of), text(name)),
  sync: (): Buffer => frame("S"),
  flush: (): Buffer => frame("H"),
  copyData: (bytes: Buffer): Buffer => frame("d", bytes),
  copyDone: (): Buffer => frame("c"),
  copyFail: (why: string): Buffer => frame("f", text(why)),
  call: (oid: number, ...texts: readonly string[]): Buffer =>
    frame(
      "F",
      int32(oid),
      int16(0),
      int16(texts.length),
      ...texts.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]),
      int16(0),
    ),
  terminate: (): Buffer => frame("X"),
  cancel: (pid: number, secret: Buffer): Buffer => frame("", int32(80877102), int32(pid), secret),
  ssl: (): Buffer => frame("", int32(80877103)),
};

/** Whole messages at the front of `bytes`, and how many bytes they take. */
export function messagesOf(bytes: Buffer): { readonly messages: readonly Message[]; readonly taken: number } {
  const messages: Message[] = [];
  let at = 0;
  while (at + 5 <= bytes.length) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length || end < at + 5) break;
    messages.push({ type: String.fromCharCode(bytes[at]!), body: bytes.subarray(at + 5, end) });
    at = end;
  }
  return { messages, taken: at };
}

/** The cells of a DataRow, as they came. */
export function cellsOf(body: Buffer): readonly (Buffer | null)[] {
  const cells: (Buffer | null)[] = [];
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left--) {
    const length = body.readInt32BE(at);
    at += 4;
    cells.push(length < 0 ? null : body.subarray(at, at + length));
    at += Math.max(0, length);
  }
  return cells;
}

/** The fields of an ErrorResponse or NoticeResponse, by letter. */
export function fieldsOf(body: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const end = body.indexOf(0, at + 1);
    fields.set(String.fromCharCode(body[at]!), body.toString("utf8", at + 1, end));
    at = end + 1;
  }
  return fields;
}
