import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Assembler } from "./assembler.ts";

const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 });
const runs = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 60 });

it("runs come out as the bytes went in, and no run changes once it is handed out", () => {
  fc.assert(
    fc.property(chunks, runs, (given, lengths) => {
      const assembler = new Assembler();
      const all = Buffer.concat(given);
      const handedOut: { readonly run: Buffer; readonly from: number }[] = [];
      let read = 0;
      let next = 0;
      for (const chunk of given) {
        expect(assembler.feed(Buffer.from(chunk))).toBe(true);
        for (;;) {
          const length = lengths[next % lengths.length] ?? 1;
          if (!assembler.have(length)) break;
          const block = assembler.block;
          const start = assembler.take(length);
          handedOut.push({ run: block.subarray(start, start + length), from: read });
          read += length;
          next++;
        }
      }
      expect(assembler.unread).toBe(all.length - read);
      for (const { run, from } of handedOut)
        expect(run.equals(all.subarray(from, from + run.length))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

it("a run within one chunk is that chunk's memory, not a copy of it", () => {
  const assembler = new Assembler();
  const chunk = Buffer.from("abcdef");
  assembler.feed(chunk);
  expect(assembler.have(4)).toBe(true);
  expect(assembler.block).toBe(chunk);
});

it("a run across chunks is copied into its own memory, and the chunks stay as they were", () => {
  const assembler = new Assembler();
  const first = Buffer.from("abc");
  const second = Buffer.from("defgh");
  assembler.feed(first);
  assembler.feed(second);
  expect(assembler.have(5)).toBe(true);
  expect(assembler.block.subarray(assembler.at, assembler.at + 5).toString()).toBe("abcde");
  assembler.take(5);
  expect(assembler.have(3)).toBe(true);
  expect(assembler.block.subarray(assembler.at, assembler.at + 3).toString()).toBe("fgh");
  expect([first.toString(), second.toString()]).toEqual(["abc", "defgh"]);
});

it("memory follows what has arrived, at most twice, not what is awaited", () => {
  const assembler = new Assembler();
  const mebibyte = 1024 * 1024;
  for (let arrived = 1; arrived <= 40; arrived++) {
    assembler.feed(Buffer.alloc(mebibyte));
    expect(assembler.have(64 * mebibyte)).toBe(false);
    expect(assembler.block.length).toBeLessThanOrEqual(Math.max(2 * arrived, 1) * mebibyte);
  }
});

it("a block that was read to its end is let go", () => {
  const assembler = new Assembler();
  for (const part of ["ab", "cd"]) assembler.feed(Buffer.from(part));
  assembler.have(4);
  assembler.take(4);
  expect(assembler.have(1)).toBe(false);
  expect(assembler.block.length).toBe(0);
});
