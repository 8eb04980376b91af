import { describe, expect, it } from "vitest";
import { encodeBatch, scanSegment, segmentHead, type Batch } from "./ahead.ts";

function batch(first: number, count: number): Batch {
  const records = Array.from({ length: count }, (_, at) => ({
    salt: Buffer.alloc(16, first + at),
    entry: Buffer.from(`{"entry":{"n":${first + at}}}`),
  }));
  return { first, records };
}

const batches = [batch(0, 2), batch(2, 1), batch(3, 3), batch(6, 1)];
const frames = batches.map(encodeBatch);
const segment = Buffer.concat([segmentHead, ...frames]);
const ends = frames.map(
  (_, at) => segmentHead.length + frames.slice(0, at + 1).reduce((sum, { length }) => sum + length, 0),
);

describe("a write-ahead segment", () => {
  it("gives back the batches that were written", () => {
    expect(scanSegment(segment)).toEqual({ batches, end: segment.length, broken: null });
  });

  it("torn at any byte gives back the whole batches before it, and calls the rest torn", () => {
    for (let length = segmentHead.length; length < segment.length; length++) {
      const scan = scanSegment(segment.subarray(0, length));
      const whole = ends.filter((end) => end <= length).length;
      expect(scan.batches.length, String(length)).toBe(whole);
      expect(scan.broken === null, String(length)).toBe(
        length === segmentHead.length || ends.includes(length),
      );
      expect(scan.broken?.damage ?? false, String(length)).toBe(false);
    }
  });

  it("with a bit flipped never gives back what was not written", () => {
    for (let bit = 0; bit < segment.length * 8; bit += 3) {
      const spoilt = Buffer.from(segment);
      spoilt[bit >> 3] = (spoilt[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const scan = scanSegment(spoilt);
      expect(scan.batches, String(bit)).toEqual(batches.slice(0, scan.batches.length));
      expect(scan.batches.length, String(bit)).toBeLessThan(batches.length);
    }
  });

  it("may end in room for more, but not in a torn frame with room behind it", () => {
    const room = Buffer.alloc(5000);
    expect(scanSegment(Buffer.concat([segment, room]))).toEqual({
      batches,
      end: segment.length,
      broken: null,
    });
    expect(scanSegment(Buffer.concat([segmentHead, room])).broken).toBeNull();
    for (let cut = 1; cut < (frames[3]?.length ?? 0); cut++) {
      // What was not written of the last frame is still room; only its own zeros make that a whole frame.
      const torn = Buffer.concat([segment.subarray(0, segment.length - cut), Buffer.alloc(cut), room]);
      const whole = torn.subarray(0, segment.length).equals(segment);
      expect(scanSegment(torn).broken === null, String(cut)).toBe(whole);
    }
    // A frame whose first page never came to the disk.
    const headless = Buffer.concat([segment, Buffer.alloc(100), Buffer.from("entry"), room]);
    expect(scanSegment(headless).broken).toMatchObject({ damage: false });
  });

  it("broken before a whole batch is damage: that batch was written after the broken one was durable", () => {
    const spoilt = Buffer.from(segment);
    spoilt[(ends[0] ?? 0) + 30] = 0xff;
    expect(scanSegment(spoilt).broken).toMatchObject({ damage: true, recordsAtMost: 1 });
    spoilt[(ends[2] ?? 0) + 30] = 0xff;
    expect(scanSegment(spoilt.subarray(0, ends[1])).broken).toMatchObject({ damage: false });
  });
});
