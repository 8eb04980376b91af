import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";
import { isRefusal } from "../base/index.ts";
import { bundleLimits, isBundleFolder, openBundle, type BundleLimits } from "./openBundle.ts";

const folder = mkdtempSync(join(tmpdir(), "whosaw-open-bundle-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function archive(files: Readonly<Record<string, Uint8Array>>): string {
  const path = join(folder, `${made++}.zip`);
  writeFileSync(path, zipSync({ ...files }));
  return path;
}

const small = { SHA256SUMS: Buffer.from("x"), "report.html": Buffer.from("yy") };

function answer(path: string, limits: Partial<BundleLimits>): string {
  const opened = openBundle(path, { ...bundleLimits, ...limits });
  return isRefusal(opened) ? opened.code : `${opened.paths.length} files`;
}

describe("a bundle's door", () => {
  it("lets in what is within each limit, and refuses one more", () => {
    const path = archive(small);
    const bytes = statSync(path).size;
    expect(answer(path, { archiveBytesMax: bytes })).toBe("2 files");
    expect(answer(path, { archiveBytesMax: bytes - 1 })).toBe("refused");
    expect(answer(path, { filesMax: 2 })).toBe("2 files");
    expect(answer(path, { filesMax: 1 })).toBe("refused");
    expect(answer(path, { unpackedBytesMax: 3 })).toBe("2 files");
    expect(answer(path, { unpackedBytesMax: 2 })).toBe("refused");
  });

  it("refuses few bytes that unpack to very many, and takes what merely packs well", () => {
    const zeros = archive({ ...small, zeros: Buffer.alloc(8 * 2 ** 20) });
    expect(answer(zeros, {})).toBe("refused");
    expect(answer(zeros, { ratioMax: 1100 })).toBe("3 files");
    expect(answer(archive({ ...small, zeros: Buffer.alloc(2 ** 20 - 3) }), {})).toBe("3 files");
  });

  it("never gives more bytes for a file than the archive claims it has", async () => {
    const path = archive({ ...small, zeros: Buffer.alloc(100_000) });
    const bytes = Buffer.from(zipSync({ ...small, zeros: Buffer.alloc(100_000) }));
    // The central directory's uncompressed size of the last file: 10 bytes instead of 100,000.
    bytes.writeUInt32LE(10, bytes.lastIndexOf(Buffer.from("PK\u0001\u0002", "latin1")) + 24);
    writeFileSync(path, bytes);
    const opened = openBundle(path);
    if (isRefusal(opened)) expect(opened.code).toBe("verification");
    else expect((await opened.read("zeros"))?.length).toBeLessThanOrEqual(10);
  });

  it("refuses an archive that holds one name twice", () => {
    const bytes = Buffer.from(zipSync({ SHA256SUMS: Buffer.from("x"), SHA256SUMT: Buffer.from("y") }));
    for (let at = bytes.indexOf("SHA256SUMT"); at >= 0; at = bytes.indexOf("SHA256SUMT"))
      bytes.write("SHA256SUMS", at);
    const path = join(folder, "twice.zip");
    writeFileSync(path, bytes);
    expect(answer(path, {})).toBe("verification");
  });

  it("opens an archive cut anywhere as damaged or as no archive, never as whole", () => {
    const bytes = zipSync(small);
    const path = join(folder, "cut.zip");
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      expect(["verification", "input"], String(length)).toContain(answer(path, {}));
    }
  });

  it("follows no link out of a folder, and counts its files", async () => {
    const dir = join(folder, "bundle");
    mkdirSync(dir);
    writeFileSync(join(dir, "SHA256SUMS"), "x");
    writeFileSync(join(folder, "secret"), "secret");
    symlinkSync(join(folder, "secret"), join(dir, "link"));
    expect(isBundleFolder(dir)).toBe(true);
    expect(answer(dir, { filesMax: 2 })).toBe("2 files");
    expect(answer(dir, { filesMax: 1 })).toBe("refused");
    expect(answer(dir, { unpackedBytesMax: 1 })).toBe("2 files");
    expect(answer(dir, { unpackedBytesMax: 0 })).toBe("refused");
    const opened = openBundle(dir);
    if (isRefusal(opened)) throw new Error(opened.what);
    expect(await opened.read("link")).toBeNull();
    expect(await opened.read("../secret")).toBeNull();
  });
});
