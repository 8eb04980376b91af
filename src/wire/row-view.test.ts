import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encoded, framed, serverFrame, sessionOfServer } from "../../testdata/wire/frames.ts";
import { columnsMax, decodeBackend, isFault, RowView, Writer } from "./index.ts";

const value = fc.option(fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)));
const values = fc.array(value, { maxLength: 20 });

describe("a row seen by its offsets", () => {
  it("has the values of the row taken apart, without a copy", () => {
    const view = new RowView();
    fc.assert(
      fc.property(values, (row) => {
        const frame = serverFrame(encoded({ from: "backend", kind: "DataRow", values: row }));
        expect(view.read(frame)).toBeNull();
        const seen = Array.from({ length: view.columns }, (_, column) => view.value(column));
        expect(seen).toEqual(row);
        expect(seen.every((block) => block === null || block.buffer === frame.bytes.buffer)).toBe(true);
      }),
    );
  });

  it("is refused exactly when the decoder refuses it, with the same fault", () => {
    const view = new RowView();
    const word = fc.oneof(
      fc.constantFrom(-2, -1, 0, 1, 0x7fff_ffff, -0x8000_0000),
      fc.integer({ min: 0, max: 9 }),
    );
    const body = fc
      .tuple(
        fc.oneof(fc.nat(4), fc.constantFrom(columnsMax, columnsMax + 1, 0xffff)),
        fc.array(word),
        fc.uint8Array(),
      )
      .map(([count, words, rest]) => {
        const head = Buffer.alloc(2 + words.length * 4);
        head.writeUInt16BE(count);
        words.forEach((each, index) => head.writeInt32BE(each, 2 + index * 4));
        return Buffer.concat([head, rest]);
      });
    let refused = 0;
    fc.assert(
      fc.property(body, (bytes) => {
        const frame = serverFrame(framed("D", bytes));
        const decoded = decodeBackend(frame);
        expect(view.read(frame)).toEqual(isFault(decoded) ? decoded : null);
        if (isFault(decoded)) refused++;
        expect(view.columns).toBe(decoded.kind === "DataRow" ? decoded.values.length : 0);
      }),
      { numRuns: 3000 },
    );
    // Neither side of the comparison may be empty.
    expect(refused).toBeGreaterThan(300);
    expect(refused).toBeLessThan(3000);
  });

  it("may be as wide as the protocol allows after a narrow one, and narrow again", () => {
    const view = new RowView();
    for (const width of [1, 17, columnsMax, 3]) {
      const row = Array.from({ length: width }, (_, column) => Buffer.from([column % 256]));
      expect(view.read(serverFrame(encoded({ from: "backend", kind: "DataRow", values: row })))).toBeNull();
      expect(Array.from({ length: view.columns }, (_, column) => view.value(column))).toEqual(row);
    }
  });

  it("is gone, and its block with it, once it is let go of", () => {
    const view = new RowView();
    const row = [Buffer.from("x"), null];
    expect(view.read(serverFrame(encoded({ from: "backend", kind: "DataRow", values: row })))).toBeNull();
    view.release();
    expect([view.columns, view.bytes.length, view.value(0)]).toEqual([0, 0, null]);
  });

  it("passes on without its hidden columns as the same row that never had them", () => {
    const view = new RowView();
    const chosen = values.chain((row) =>
      fc.tuple(fc.constant(row), fc.subarray(row.map((_, column) => column))),
    );
    fc.assert(
      fc.property(chosen, ([row, columns]) => {
        view.read(serverFrame(encoded({ from: "backend", kind: "DataRow", values: row })));
        const writer = new Writer();
        expect(view.writeColumns(columns, writer)).toBeNull();
        const left = columns.map((column) => row[column] ?? null);
        expect(writer.take()).toEqual(encoded({ from: "backend", kind: "DataRow", values: left }));
      }),
    );
  });

  it("passes on whole as the bytes that came", () => {
    const writer = new Writer();
    const rows = [[Buffer.from("a"), null], [], [Buffer.alloc(100_000, 7)]];
    const bytes = rows.map((row) => encoded({ from: "backend", kind: "DataRow", values: row }));
    for (const each of bytes) writer.frame(serverFrame(Buffer.concat([each, each])));
    expect(writer.take()).toEqual(Buffer.concat(bytes));
  });

  it("has no column that it was not sent", () => {
    const view = new RowView();
    view.read(
      serverFrame(
        encoded({ from: "backend", kind: "DataRow", values: [Buffer.from("a"), Buffer.from("b")] }),
      ),
    );
    view.read(serverFrame(encoded({ from: "backend", kind: "DataRow", values: [Buffer.from("c")] })));
    expect(view.value(1)).toBeNull();
    expect(view.value(-1)).toBeNull();
    const writer = new Writer();
    for (const columns of [[1], [0, 1], [-1], [0.5]])
      expect(view.writeColumns(columns, writer)).toMatchObject({
        code: "number_out_of_range",
        message: "DataRow",
      });
    expect(writer.length).toBe(0);
  });

  it("forgets the last row when the next is refused", () => {
    const view = new RowView();
    view.read(serverFrame(encoded({ from: "backend", kind: "DataRow", values: [Buffer.from("a")] })));
    expect(view.read(serverFrame(framed("D", Buffer.from([0, 1]))))).toMatchObject({ code: "truncated" });
    expect(view.columns).toBe(0);
    expect(view.value(0)).toBeNull();
  });

  it("isn't made of another message", () => {
    expect(new RowView().read(serverFrame(encoded({ from: "backend", kind: "NoData" })))).toMatchObject({
      code: "unexpected_type",
    });
  });

  // The gateway's budget: framing and offsets of a million small rows a second on one core of two.
  it("is found at least a million times a second", () => {
    const row = ["17", "ada@example.org", "Ada Example", "555-0101", "2026-01-01"].map((text) =>
      Buffer.from(text),
    );
    const rows = 20_000;
    const bytes = Buffer.concat(
      Array.from({ length: rows }, () => encoded({ from: "backend", kind: "DataRow", values: row })),
    );
    const view = new RowView();
    const pass = (): number => {
      const framer = sessionOfServer();
      let seen = 0;
      const began = performance.now();
      for (let at = 0; at < bytes.length; at += 65_536) {
        framer.feed(bytes.subarray(at, at + 65_536));
        for (let frame = framer.next(); frame !== null; frame = framer.next())
          if (!isFault(frame) && frame.kind === "Frame" && view.read(frame) === null) seen += view.columns;
      }
      const seconds = (performance.now() - began) / 1000;
      expect(seen).toBe(rows * row.length);
      return rows / seconds;
    };
    // The best of many short passes: others may be using the machine.
    expect(Math.max(...Array.from({ length: 60 }, pass))).toBeGreaterThan(1_000_000);
  });
});
