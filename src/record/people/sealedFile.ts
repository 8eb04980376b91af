import { createCipheriv, createDecipheriv } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";

/** The first bytes of a sealed file. */
export const sealedFileHead: Buffer = Buffer.from("whosaw-sealed-file/v1\n");
/** Plain bytes of a chunk; only the last may have fewer. */
const chunkBytes = 65_536;
const tagBytes = 16;
const lastMark = 1;

// STREAM (Hoang, Reyhanitabar, Rogaway, Vizar 2015), as age has it: the nonce is the chunk's number and whether it is the last, so
// that chunks can't be swapped, dropped or cut off. The key seals one file, so the numbers never meet again.
function nonceOf(chunk: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(chunk, 5, 6);
  nonce[11] = last ? lastMark : 0;
  return nonce;
}

/** Cuts what comes in into pieces of one size, and hands each on as soon as it is known whether it is the last. */
abstract class Chunks extends Transform {
  #held: Buffer[] = [];
  #bytes = 0;
  readonly #size: number;
  #count = 0;

  constructor(size: number) {
    super();
    this.#size = size;
  }

  protected abstract turn(piece: Buffer, chunk: number, last: boolean): Buffer;

  /** Bytes before the first piece. */
  protected skip(bytes: Buffer): Buffer | null {
    return bytes;
  }

  override _transform(bytes: Buffer, _encoding: string, done: TransformCallback): void {
    try {
      const rest = this.skip(bytes);
      if (rest !== null && rest.length > 0) {
        this.#held.push(rest);
        this.#bytes += rest.length;
      }
      if (this.#bytes > this.#size) this.#handOn();
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      this.push(this.turn(Buffer.concat(this.#held), this.#count, true));
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** All whole pieces but the one that may be the last. */
  #handOn(): void {
    const all = Buffer.concat(this.#held);
    let at = 0;
    for (; all.length - at > this.#size; at += this.#size)
      this.push(this.turn(all.subarray(at, at + this.#size), this.#count++, false));
    this.#held = [all.subarray(at)];
    this.#bytes = all.length - at;
  }
}

class Sealing extends Chunks {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    super(chunkBytes);
    this.#key = key;
    this.push(sealedFileHead);
  }

  protected override turn(piece: Buffer, chunk: number, last: boolean): Buffer {
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonceOf(chunk, last));
    cipher.setAAD(sealedFileHead);
    return Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]);
  }
}

class Opening extends Chunks {
  readonly #key: Uint8Array;
  #head = Buffer.of();

  constructor(key: Uint8Array) {
    super(chunkBytes + tagBytes);
    this.#key = key;
  }

  protected override skip(bytes: Buffer): Buffer | null {
    const missing = sealedFileHead.length - this.#head.length;
    if (missing === 0) return bytes;
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, missing)]);
    if (!sealedFileHead.subarray(0, this.#head.length).equals(this.#head)) throw new SealedFileError();
    return this.#head.length < sealedFileHead.length ? null : bytes.subarray(missing);
  }

  protected override turn(piece: Buffer, chunk: number, last: boolean): Buffer {
    if (piece.length < tagBytes) throw new SealedFileError();
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonceOf(chunk, last), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(sealedFileHead);
    decipher.setAuthTag(piece.subarray(piece.length - tagBytes));
    const plain = decipher.update(piece.subarray(0, piece.length - tagBytes));
    try {
      return Buffer.concat([plain, decipher.final()]);
    } catch {
      throw new SealedFileError();
    }
  }
}

/** A sealed file was changed, cut, or belongs to another key. */
export class SealedFileError extends Error {
  override readonly name = "SealedFileError";

  constructor() {
    super("it was changed, cut short, or sealed with another key");
  }
}

/** Plain bytes in, sealed bytes out. The key must never seal anything else. */
export function sealingStream(key: Uint8Array): Transform {
  return new Sealing(key);
}

/** Sealed bytes in, plain bytes out, each only after its tag was checked. Fails with SealedFileError. */
export function openingStream(key: Uint8Array): Transform {
  return new Opening(key);
}
