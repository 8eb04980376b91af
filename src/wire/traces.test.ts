import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../base/index.ts";
import { Conversation } from "../../testdata/wire/conversation.ts";
import { describeLine, readTrace, type TraceEntry } from "../../testdata/wire/trace.ts";
import { answerCodecs, authenticationCodecs } from "./backend/message.ts";
import { loginCodecs, sessionCodecs, startupCodecs } from "./frontend/message.ts";
import { encodeBackend, encodeFrontend, Writer } from "./index.ts";

const root = new URL("../../testdata/wire/", import.meta.url);
const traces = ["postgres-15", "postgres-18"].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, root))
    .filter((name) => name.endsWith(".trace"))
    .map((name) => `${folder}/${name}`),
);

function load(name: string): readonly TraceEntry[] {
  return readTrace(readFileSync(new URL(name, root), "utf8"));
}

/** What one side sent before the other answered, in one piece: as much as can be cut anew without changing the order. */
function turns(entries: readonly TraceEntry[]): readonly { from: "frontend" | "backend"; bytes: Buffer }[] {
  const joined: { from: "frontend" | "backend"; parts: Buffer[] }[] = [];
  for (const { from, bytes } of entries) {
    const last = joined.at(-1);
    if (last?.from === from) last.parts.push(bytes);
    else joined.push({ from, parts: [bytes] });
  }
  return joined.map(({ from, parts }) => ({ from, bytes: Buffer.concat(parts) }));
}

function replay(entries: readonly TraceEntry[], pieceBytes: () => number): readonly string[] {
  const conversation = new Conversation();
  for (const { from, bytes } of turns(entries)) {
    let at = 0;
    while (at < bytes.length) {
      const end = at + pieceBytes();
      // A copy, so that a framer that looked past its chunk would not find the rest there.
      expect(conversation.hear(from, Buffer.from(bytes.subarray(at, end)))).toBeNull();
      at = end;
    }
  }
  return conversation.lines.map(describeLine);
}

describe("real conversations with PostgreSQL 15 and 18", () => {
  it("are there", () => {
    expect(traces.length).toBeGreaterThanOrEqual(28);
  });

  it.each(traces)(
    "%s reads as it is written down, in one piece, byte by byte and in pieces of any size",
    (name) => {
      const entries = load(name);
      const expected = entries.map((entry) => entry.text);
      const random = seededRandom(entries.length);
      expect(replay(entries, () => Number.MAX_SAFE_INTEGER)).toEqual(expected);
      expect(replay(entries, () => 1)).toEqual(expected);
      expect(replay(entries, () => 1 + Math.floor(random() * 40))).toEqual(expected);
    },
  );

  it.each(traces)("%s is encoded again to the very bytes that PostgreSQL and its client sent", (name) => {
    const entries = load(name);
    const conversation = new Conversation();
    for (const { from, bytes } of entries) expect(conversation.hear(from, bytes)).toBeNull();
    for (const line of conversation.lines) {
      const { message } = line;
      if (message.kind === "EncryptionAnswer") continue;
      const writer = new Writer();
      expect(
        message.from === "frontend" ? encodeFrontend(message, writer) : encodeBackend(message, writer),
      ).toBeNull();
      expect(writer.take().toString("hex")).toBe(line.bytes.toString("hex"));
    }
  });
});

it("between them, the conversations hold every message but those of GSSAPI, SSPI and old Kerberos, which need a domain", () => {
  const held = new Set(traces.flatMap((name) => load(name).map((entry) => entry.text.split(" ")[1])));
  const known = [startupCodecs, loginCodecs, sessionCodecs, authenticationCodecs, answerCodecs].flatMap(
    (codecs) => Object.keys(codecs),
  );
  expect(new Set(known.filter((kind) => !held.has(kind)))).toEqual(
    new Set([
      "GSSResponse",
      "AuthenticationKerberosV5",
      "AuthenticationGSS",
      "AuthenticationGSSContinue",
      "AuthenticationSSPI",
    ]),
  );
});
