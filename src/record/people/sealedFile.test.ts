import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, type Transform } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../base/index.ts";
import { fileKey, newFileKey, shredFileKey } from "./fileKeys.ts";
import { SealedFileError, openingStream, sealedFileHead, sealingStream } from "./sealedFile.ts";

const key = Buffer.alloc(32, 7);
const chunk = 65_536;

/** In pieces as a file comes, of a size that fits no chunk. */
function through(bytes: Buffer, stream: Transform, piece = 10_007): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, at) =>
    bytes.subarray(at * piece, (at + 1) * piece),
  );
  const source = Readable.from(pieces);
  source.on("error", () => undefined);
  return buffer(source.pipe(stream));
}

describe("a sealed file", () => {
  it.each([0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 5])(
    "of %i bytes comes out as it went in, however it is cut on the way",
    async (size) => {
      const plain = randomBytes(size);
      const sealed = await through(plain, sealingStream(key));
      expect(sealed.length).toBe(sealedFileHead.length + size + 16 * Math.max(1, Math.ceil(size / chunk)));
      for (const piece of [1_000_000, 10_007, 65_552])
        expect((await through(sealed, openingStream(key), piece)).equals(plain)).toBe(true);
      expect(sealed.includes(plain.subarray(0, 16)) && size >= 16).toBe(false);
    },
  );

  it("that was cut, changed, reordered, or sealed with another key, does not open", async () => {
    const sealed = await through(randomBytes(3 * chunk), sealingStream(key));
    const head = sealedFileHead.length;
    const part = (n: number): Buffer =>
      sealed.subarray(head + n * (chunk + 16), head + (n + 1) * (chunk + 16));
    const start = sealed.subarray(0, head);
    const flipped = Buffer.from(sealed);
    flipped[head + chunk + 100] = (flipped[head + chunk + 100] ?? 0) ^ 1;
    const wrong = [
      flipped,
      sealed.subarray(0, -1),
      Buffer.concat([sealed, Buffer.of(0)]),
      Buffer.concat([start, part(0), part(1)]),
      Buffer.concat([start, part(1), part(0), part(2)]),
      Buffer.concat([start, part(0), part(2)]),
      Buffer.concat([Buffer.from("x"), sealed.subarray(1)]),
      start,
      Buffer.of(),
    ];
    for (const [at, bytes] of wrong.entries())
      await expect(through(bytes, openingStream(key)), String(at)).rejects.toThrow(SealedFileError);
    await expect(through(sealed, openingStream(Buffer.alloc(32, 8)))).rejects.toThrow(SealedFileError);
  });

  it("has a key of its own, made anew at every try, and none once it was shredded", async () => {
    const dir = await mkdtemp(join(tmpdir(), "whosaw-file-keys-"));
    const name = `${"a".repeat(64)}.gz.sealed`;
    const [first, second] = [await newFileKey(dir, name), await newFileKey(dir, name)];
    if (isRefusal(first) || isRefusal(second)) throw new Error("no key");
    expect(Buffer.compare(first, second)).not.toBe(0);
    expect(await fileKey(dir, name)).toEqual(second);
    expect(await newFileKey(dir, "../log.key")).toMatchObject({ code: "input" });
    await writeFile(join(dir, "keys/files", name), "no key");
    expect(await fileKey(dir, name)).toMatchObject({ code: "input" });
    expect(await shredFileKey(dir, name)).toBe(true);
    expect(await shredFileKey(dir, name)).toBe(false);
    expect(await fileKey(dir, name)).toMatchObject({ code: "input", what: expect.stringMatching(/gone/) });
    await rm(dir, { recursive: true });
  });
});
