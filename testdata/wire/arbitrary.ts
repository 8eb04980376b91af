import * as fc from "fast-check";
import type {
  AnswerMessage,
  AuthenticationMessage,
  BackendMessage,
  Diagnostics,
  Format,
  LoginMessage,
  SessionMessage,
  StartupPhaseMessage,
} from "../../src/wire/index.ts";

type Arbitrary<T> = fc.Arbitrary<T>;

const text: Arbitrary<string> = fc
  .oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom("", "\ufeffbom", "é€😀", "select 1"))
  .map((any) => any.replaceAll("\0", ""));
const named: Arbitrary<string> = text.filter((any) => any !== "");
const columnName: Arbitrary<string> = text.filter((any) => Buffer.byteLength(any) <= 252);
const bytes = (minLength: number, maxLength: number): Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const block: Arbitrary<Buffer> = bytes(0, 300);
const value: Arbitrary<Buffer | null> = fc.option(block);
const uint16: Arbitrary<number> = fc.integer({ min: 0, max: 0xffff });
const uint32: Arbitrary<number> = fc.integer({ min: 0, max: 0xffff_ffff });
const int16: Arbitrary<number> = fc.integer({ min: -0x8000, max: 0x7fff });
const int32: Arbitrary<number> = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const format: Arbitrary<Format> = fc.constantFrom("text", "binary");
const target = fc.constantFrom("statement" as const, "portal" as const);

/** Values with as many formats as the protocol allows for so many: none, one, or one each. */
const formatted: Arbitrary<readonly [readonly Format[], readonly (Buffer | null)[]]> = fc
  .array(value, { maxLength: 12 })
  .chain((values) =>
    fc.tuple(
      fc.oneof(
        fc.array(format, { maxLength: 1 }),
        fc.array(format, { minLength: values.length, maxLength: values.length }),
      ),
      fc.constant(values),
    ),
  );

const frontend = fc.constant("frontend" as const);
const backend = fc.constant("backend" as const);

/** One arbitrary for each message of a union: the compiler finds the message that nobody generates. */
type Each<Of extends { readonly kind: string }> = {
  readonly [Kind in Of["kind"]]: Arbitrary<Omit<Extract<Of, { readonly kind: Kind }>, "from" | "kind">>;
};

function oneOf<Of extends { readonly from: string; readonly kind: string }>(
  from: Arbitrary<Of["from"]>,
  each: Each<Of>,
): Arbitrary<Of> {
  const all = Object.entries<Arbitrary<object>>(each).map(([kind, fields]) =>
    fc.tuple(from, fields).map(([side, rest]) => ({ from: side, kind, ...rest }) as unknown as Of),
  );
  return fc.oneof(...all);
}

const none = fc.constant({});

export const anyStartupPhaseMessage: Arbitrary<StartupPhaseMessage> = oneOf<StartupPhaseMessage>(frontend, {
  StartupMessage: fc.record({
    minor: uint16,
    parameters: fc.array(fc.record({ name: named, value: text }), { maxLength: 10 }),
  }),
  SSLRequest: none,
  GSSENCRequest: none,
  CancelRequest: fc.record({ processId: int32, key: bytes(4, 256) }),
});

export const anyLoginMessage: Arbitrary<LoginMessage> = oneOf<LoginMessage>(frontend, {
  PasswordMessage: fc.record({ password: block.map((any) => Buffer.from(any.filter((byte) => byte !== 0))) }),
  SASLInitialResponse: fc.record({ mechanism: text, response: value }),
  SASLResponse: fc.record({ data: block }),
  GSSResponse: fc.record({ data: block }),
});

export const anySessionMessage: Arbitrary<SessionMessage> = oneOf<
  Exclude<SessionMessage, { kind: "Terminate" }>
>(frontend, {
  Query: fc.record({ sql: text }),
  FunctionCall: fc
    .tuple(uint32, formatted, format)
    .map(([functionId, [argumentFormats, values], resultFormat]) => ({
      functionId,
      argumentFormats,
      arguments: values,
      resultFormat,
    })),
  Parse: fc.record({ statement: text, sql: text, parameterTypes: fc.array(uint32) }),
  Bind: fc
    .tuple(text, text, formatted, fc.array(format))
    .map(([portal, statement, [parameterFormats, parameters], resultFormats]) => ({
      portal,
      statement,
      parameterFormats,
      parameters,
      resultFormats,
    })),
  Describe: fc.record({ target, name: text }),
  Close: fc.record({ target, name: text }),
  Execute: fc.record({ portal: text, rowsMax: int32 }),
  Flush: none,
  Sync: none,
  CopyData: fc.record({ data: block }),
  CopyDone: none,
  CopyFail: fc.record({ reason: text }),
});

const sqlstate = fc.string({
  unit: fc.constantFrom("0", "2", "4", "9", "A", "P", "Z"),
  minLength: 5,
  maxLength: 5,
});
const unknown = fc.uniqueArray(fc.record({ letter: fc.constantFrom("X", "z", "1", "\u0001"), text }), {
  selector: (field) => field.letter,
});
const required = fc.record({ severity: text, sqlstate, message: text, unknown });
const others = fc.record(
  {
    severityCode: text,
    detail: text,
    hint: text,
    where: text,
    schema: text,
    table: text,
    column: text,
    dataType: text,
    constraint: text,
    position: text,
    internalPosition: text,
    internalQuery: text,
    file: text,
    line: text,
    routine: text,
  },
  { requiredKeys: [] },
);
const fields: Arbitrary<Diagnostics> = fc
  .tuple(required, others)
  .map(([some, rest]) => ({ ...rest, ...some }));
const copyForm = fc.record({ format, columnFormats: fc.array(format) });
const data = fc.record({ data: block });

const anyAuthentication: Arbitrary<AuthenticationMessage> = oneOf<AuthenticationMessage>(backend, {
  AuthenticationOk: none,
  AuthenticationKerberosV5: none,
  AuthenticationCleartextPassword: none,
  AuthenticationMD5Password: fc.record({ salt: bytes(4, 4) }),
  AuthenticationGSS: none,
  AuthenticationGSSContinue: data,
  AuthenticationSSPI: none,
  AuthenticationSASL: fc.record({ mechanisms: fc.array(named) }),
  AuthenticationSASLContinue: data,
  AuthenticationSASLFinal: data,
});

const anyAnswer: Arbitrary<AnswerMessage> = oneOf<AnswerMessage>(backend, {
  BackendKeyData: fc.record({ processId: int32, key: bytes(4, 256) }),
  ParameterStatus: fc.record({ name: text, value: text }),
  ReadyForQuery: fc.record({
    status: fc.constantFrom("idle" as const, "transaction" as const, "failed" as const),
  }),
  NegotiateProtocolVersion: fc.record({ major: uint16, minor: uint16, unknownOptions: fc.array(text) }),
  NotificationResponse: fc.record({ processId: int32, channel: text, payload: text }),
  ErrorResponse: fc.record({ fields }),
  NoticeResponse: fc.record({ fields }),
  RowDescription: fc.record({
    columns: fc.array(
      fc.record({
        name: columnName,
        tableId: uint32,
        attribute: int16,
        typeId: uint32,
        typeBytes: int16,
        typeModifier: int32,
        format,
      }),
    ),
  }),
  DataRow: fc.record({ values: fc.array(value, { maxLength: 30 }) }),
  CommandComplete: fc.record({ tag: text }),
  EmptyQueryResponse: none,
  FunctionCallResponse: fc.record({ value }),
  ParseComplete: none,
  BindComplete: none,
  CloseComplete: none,
  PortalSuspended: none,
  NoData: none,
  ParameterDescription: fc.record({ types: fc.array(uint32) }),
  CopyInResponse: copyForm,
  CopyOutResponse: copyForm,
  CopyBothResponse: copyForm,
  CopyData: data,
  CopyDone: none,
});

export const anyBackendMessage: Arbitrary<BackendMessage> = fc.oneof(anyAuthentication, anyAnswer, anyAnswer);
