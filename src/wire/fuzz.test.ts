import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Random, seededRandom } from "../base/index.ts";
import { sessionOfClient, sessionOfServer } from "../../testdata/wire/frames.ts";
import { readTrace } from "../../testdata/wire/trace.ts";
import {
  BackendFramer,
  type BackendMessage,
  decodeBackend,
  decodeFrontend,
  decodeLogin,
  decodeStartup,
  encodeBackend,
  encodeFrontend,
  type EncryptionAnswer,
  type Fault,
  type Frame,
  frameBytes,
  FrontendFramer,
  type FrontendMessage,
  isFault,
  RowView,
  type StartupFrame,
  Writer,
} from "./index.ts";

/**
 * Real bytes, damaged. Longer runs: WHOSAW_FUZZ_SECONDS (of each of the five states) and WHOSAW_FUZZ_SEED.
 * Whatever the bytes, three things hold: nothing is thrown; how the bytes were cut changes nothing; and what decodes at all
 * encodes to the same bytes, so that nothing in a frame goes unseen.
 */
const seconds = Number(process.env["WHOSAW_FUZZ_SECONDS"] ?? "1");
const seed = Number(process.env["WHOSAW_FUZZ_SEED"] ?? "20190801");

const root = new URL("../../testdata/wire/", import.meta.url);
const entries = ["postgres-15/", "postgres-18/"].flatMap((folder) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith(".trace"))
    .flatMap((name) => readTrace(readFileSync(new URL(folder + name, root), "utf8"))),
);
const sent = (from: "frontend" | "backend", which: (text: string) => boolean): readonly Buffer[] =>
  entries.filter((entry) => entry.from === from && which(entry.text)).map((entry) => entry.bytes);

type AnyFramer = FrontendFramer | BackendFramer;

interface State {
  readonly name: string;
  readonly corpus: readonly Buffer[];
  readonly framer: () => AnyFramer;
}

const startupKinds = /^F (StartupMessage|SSLRequest|GSSENCRequest|CancelRequest)/;
const loginKinds = /^F (Password|SASL)/;
const authentication = /^B (Authentication|Negotiate|ErrorResponse)/;

function clientInLogin(): FrontendFramer {
  const framer = new FrontendFramer();
  framer.feed(sent("frontend", (text) => text.startsWith("F StartupMessage"))[0] ?? Buffer.alloc(0));
  framer.next();
  return framer;
}

const states: readonly State[] = [
  {
    name: "a client that connects",
    corpus: sent("frontend", (text) => startupKinds.test(text)),
    framer: () => new FrontendFramer(),
  },
  {
    name: "a client that logs in",
    corpus: sent("frontend", (text) => loginKinds.test(text)),
    framer: clientInLogin,
  },
  {
    name: "a client in a session",
    corpus: sent("frontend", (text) => !startupKinds.test(text) && !loginKinds.test(text)),
    framer: () => sessionOfClient(),
  },
  {
    name: "a server before login",
    corpus: sent("backend", (text) => authentication.test(text)),
    framer: () => new BackendFramer(),
  },
  {
    name: "a server in a session",
    corpus: sent("backend", (text) => !authentication.test(text) && !text.startsWith("B EncryptionAnswer")),
    framer: () => sessionOfServer(),
  },
];

const words = [0, 1, 3, 4, 5, 8, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
const bytesOfNote = [0, 1, 0x7f, 0x80, 0xc0, 0xed, 0xf5, 0xff];

function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** One injury: a bit, a byte, a word, bytes doubled, bytes lost, or bytes from nowhere. */
function injure(random: Random, bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  const at = Math.floor(random() * bytes.length);
  const some = Math.floor(random() * 9);
  const hurt = Buffer.from(bytes);
  switch (Math.floor(random() * 6)) {
    case 0:
      hurt[at] = (hurt[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      return hurt;
    case 1:
      hurt[at] = pick(random, bytesOfNote);
      return hurt;
    case 2:
      if (hurt.length >= 4) hurt.writeUInt32BE(pick(random, words), Math.min(at, hurt.length - 4));
      return hurt;
    case 3:
      return Buffer.concat([hurt.subarray(0, at), hurt.subarray(at, at + some), hurt.subarray(at)]);
    case 4:
      return Buffer.concat([hurt.subarray(0, at), hurt.subarray(at + some)]);
    default:
      return Buffer.concat([
        hurt.subarray(0, at),
        Buffer.from(Array.from({ length: some }, () => Math.floor(random() * 256))),
        hurt.subarray(at),
      ]);
  }
}

function sample(random: Random, corpus: readonly Buffer[]): Buffer {
  const frames = Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
    const frame = pick(random, corpus);
    // With its length put right, damage gets past the framer and into the decoders.
    const mended = random() < 0.6;
    const hurt = random() < 0.8 ? injure(random, frame) : frame;
    const typed = (frame[0] ?? 0) >= 0x20;
    if (mended && hurt.length >= 5) hurt.writeUInt32BE(hurt.length - (typed ? 1 : 0), typed ? 1 : 0);
    return hurt;
  });
  const joined = Buffer.concat(frames);
  return random() < 0.2 ? injure(random, joined) : joined;
}

function decodedFrom(
  framer: AnyFramer,
  frame: Frame | StartupFrame,
): FrontendMessage | BackendMessage | Fault {
  if (framer instanceof BackendFramer) return decodeBackend(frame as Frame<"backend">);
  if ("code" in frame) return decodeStartup(frame);
  if (framer.state !== "login") return decodeFrontend(frame as Frame<"frontend">);
  const kinds = ["PasswordMessage", "SASLInitialResponse", "SASLResponse", "GSSResponse"] as const;
  return decodeLogin(frame as Frame<"frontend">, kinds[(frame.end - frame.start) % 4] ?? "GSSResponse");
}

const view = new RowView();

/** Decodes a frame, checks what must hold of it, and says what came of it in one line. */
function outcome(framer: AnyFramer, frame: Frame | StartupFrame | EncryptionAnswer): string {
  if (frame.kind !== "Frame") return frame.answer;
  const decoded = decodedFrom(framer, frame);
  if (frame.from === "backend" && frame.type === 0x44) {
    const seen = view.read(frame as Frame<"backend">);
    if ((seen?.code ?? null) !== (isFault(decoded) ? decoded.code : null))
      throw new Error("two verdicts on one row");
  }
  if (isFault(decoded)) return `${decoded.message}: ${decoded.code}`;
  const writer = new Writer();
  const fault =
    decoded.from === "frontend" ? encodeFrontend(decoded, writer) : encodeBackend(decoded, writer);
  const again = writer.take();
  // An error's fields may come in any order; they are written in PostgreSQL's. All others come back as they were.
  const same = (bytes: Buffer): string =>
    Buffer.from("fields" in decoded ? bytes.toSorted() : bytes).toString("hex");
  if (fault !== null || same(again) !== same(frameBytes(frame)))
    throw new Error(`${decoded.kind} comes back as ${fault?.code ?? again.toString("hex")}`);
  return decoded.kind;
}

/** Feeds pieces and gives everything that came of them. Encryption is always answered, login never succeeds. */
function run(framer: AnyFramer, pieces: readonly Buffer[]): readonly string[] {
  const outcomes: string[] = [];
  let fedBytes = 0;
  for (const piece of pieces) {
    fedBytes += piece.length;
    const fed = framer.feed(piece);
    for (let next = fed ?? framer.next(); next !== null; next = framer.next()) {
      if (isFault(next)) return [...outcomes, next.code];
      outcomes.push(outcome(framer, next));
      if (framer instanceof FrontendFramer) framer.answered();
    }
    if (framer.unread > fedBytes) throw new Error("more is held than came");
  }
  return outcomes;
}

function cut(random: Random, bytes: Buffer): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + Math.floor(random() * 30);
    pieces.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return pieces;
}

describe(`damaged bytes, seed ${seed}, ${seconds} s each`, () => {
  it.each(states)("from $name are read or refused, however they are cut", ({ corpus, framer }) => {
    const random = seededRandom(seed);
    const seen = new Map<string, number>();
    const until = performance.now() + seconds * 1000;
    let rounds = 0;
    while (performance.now() < until || rounds < 500) {
      rounds++;
      const bytes = sample(random, corpus);
      const whole = run(framer(), [bytes]);
      // Whether more came with a request for encryption or just after it is a different fault of the same client.
      if (!whole.includes("bytes_before_encryption")) {
        const pieces = run(framer(), cut(random, bytes));
        if (pieces.join() !== whole.join())
          throw new Error(`cut otherwise: ${bytes.toString("hex")}: ${whole.join()} or ${pieces.join()}`);
      }
      for (const each of whole) seen.set(each, (seen.get(each) ?? 0) + 1);
    }
    // A run that never decodes, or never refuses, tests nothing.
    const names = [...seen.keys()];
    expect(names.some((name) => /^[A-Z]\w+$/.test(name))).toBe(true);
    expect(names.some((name) => name.includes(": "))).toBe(true);
    expect(names.length).toBeGreaterThan(8);
    if (process.env["WHOSAW_FUZZ_SECONDS"] !== undefined) console.log(rounds, Object.fromEntries(seen));
  });
});
