import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyBackendMessage,
  anyLoginMessage,
  anySessionMessage,
  anyStartupPhaseMessage,
} from "../../testdata/wire/arbitrary.ts";
import {
  BackendFramer,
  type BackendMessage,
  decodeBackend,
  decodeFrontend,
  decodeLogin,
  decodeStartup,
  encodeBackend,
  encodeFrontend,
  FrontendFramer,
  type FrontendMessage,
  isFault,
  Writer,
} from "./index.ts";

function written(message: FrontendMessage | BackendMessage): Buffer {
  const writer = new Writer();
  const fault =
    message.from === "frontend" ? encodeFrontend(message, writer) : encodeBackend(message, writer);
  expect(fault).toBeNull();
  return writer.take();
}

/** Cuts bytes at the given places (each a share of the whole) and gives the pieces, empty ones included. */
function pieces(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [
    0,
    ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

function beforeLogin(message: BackendMessage): boolean {
  return message.kind.startsWith("Authentication") || message.kind === "NegotiateProtocolVersion";
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 6 });

describe("every message comes back as it was sent, in chunks of any size", () => {
  it("in the startup phase", () => {
    fc.assert(
      fc.property(anyStartupPhaseMessage, cuts, (message, at) => {
        const framer = new FrontendFramer();
        const decoded: unknown[] = [];
        for (const piece of pieces(written(message), at)) {
          expect(framer.feed(piece)).toBeNull();
          const frame = framer.next();
          if (frame === null) continue;
          if (isFault(frame) || !("code" in frame))
            throw new Error(`not a startup frame: ${JSON.stringify(frame)}`);
          decoded.push(decodeStartup(frame));
          break;
        }
        expect(decoded).toEqual([message]);
      }),
      { numRuns: 1000 },
    );
  });

  it("in answer to an authentication request", () => {
    fc.assert(
      fc.property(anyLoginMessage, (message) => {
        const bytes = written(message);
        const frame = {
          kind: "Frame",
          from: "frontend",
          type: 0x70,
          bytes,
          start: 0,
          lengthAt: 1,
          end: bytes.length,
        } as const;
        expect(decodeLogin(frame, message.kind)).toEqual(message);
      }),
      { numRuns: 1000 },
    );
  });

  it("from a client in a session", () => {
    const startup = written({ from: "frontend", kind: "StartupMessage", minor: 0, parameters: [] });
    fc.assert(
      fc.property(fc.array(anySessionMessage, { minLength: 1, maxLength: 8 }), cuts, (messages, at) => {
        const framer = new FrontendFramer();
        framer.feed(startup);
        framer.next();
        framer.authenticated();
        const decoded: unknown[] = [];
        for (const piece of pieces(Buffer.concat(messages.map(written)), at)) {
          expect(framer.feed(piece)).toBeNull();
          for (let frame = framer.next(); frame !== null; frame = framer.next()) {
            if (isFault(frame)) throw new Error(frame.code);
            decoded.push(decodeFrontend(frame));
          }
        }
        expect(decoded).toEqual(messages);
        expect(framer.unread).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it("from a server", () => {
    fc.assert(
      fc.property(fc.array(anyBackendMessage, { minLength: 1, maxLength: 8 }), cuts, (messages, at) => {
        const framer = new BackendFramer();
        framer.authenticated();
        const decoded: unknown[] = [];
        const session = messages.filter((message) => !beforeLogin(message));
        for (const piece of pieces(Buffer.concat(session.map(written)), at)) {
          expect(framer.feed(piece)).toBeNull();
          for (let frame = framer.next(); frame !== null; frame = framer.next()) {
            if (isFault(frame) || frame.kind !== "Frame") throw new Error(JSON.stringify(frame));
            decoded.push(decodeBackend(frame));
          }
        }
        expect(decoded).toEqual(session);
      }),
      { numRuns: 1000 },
    );
  });

  it("from a server before login", () => {
    fc.assert(
      fc.property(anyBackendMessage, cuts, (message, at) => {
        fc.pre(beforeLogin(message));
        const framer = new BackendFramer();
        const decoded: unknown[] = [];
        for (const piece of pieces(written(message), at)) {
          expect(framer.feed(piece)).toBeNull();
          const frame = framer.next();
          if (frame === null) continue;
          if (isFault(frame) || frame.kind !== "Frame") throw new Error(JSON.stringify(frame));
          decoded.push(decodeBackend(frame));
        }
        expect(decoded).toEqual([message]);
      }),
      { numRuns: 500 },
    );
  });
});
