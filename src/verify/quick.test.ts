import { describe, expect, it } from "vitest";
import { encodeBundle, formatEntry, leafFor, leafHash } from "../tlog/index.ts";
import type { TileFiles } from "./bundles.ts";
import { QuickCheck } from "./quick.ts";

const width = 12;
const stamp = (n: number): string => `2026-01-31T09:30:0${Math.floor(n / 4)}.250Z`;
const said = (n: number): string => `{"customer":"c-${n}","kind":"sighting","time":"2026-01-31T09:30:00Z"}`;

/** A tile as the recorder writes it; `entryOf` gives each entry's text, hashed and salted as it comes. */
function tile(entryOf: (n: number) => string = (n) => formatEntry(said(n), stamp(n))): TileFiles {
  const entries = Array.from({ length: width }, (_, n) => Buffer.from(entryOf(n)));
  const leaves = entries.map((entry, n) => Buffer.from(leafFor(entry, Buffer.alloc(16, n))));
  return {
    index: 0,
    width,
    hashes: Buffer.concat(leaves.map(leafHash)),
    leaves: encodeBundle("leaves", leaves),
    entries: encodeBundle("entries", entries),
  };
}

const check = (files: TileFiles, last = ""): string | null => new QuickCheck().check(files, last);

describe("the quick look at a tile", () => {
  it("passes a whole tile, and gives its last time of recording", () => {
    expect(check(tile())).toBe(stamp(width - 1));
    expect(check(tile(), stamp(0))).toBe(stamp(width - 1));
  });

  it.each(["hashes", "leaves", "entries"] as const)(
    "passes no tile with any one bit of its %s turned",
    (name) => {
      const files = tile();
      const bytes = Buffer.from(files[name] ?? Buffer.of());
      for (let at = 0; at < bytes.length; at++) {
        const turned = Buffer.from(bytes);
        turned[at] = (turned[at] ?? 0) ^ (1 << (at % 8));
        expect(check({ ...files, [name]: turned }), `${name} ${at}`).toBeNull();
      }
    },
  );

  it.each(["hashes", "leaves", "entries"] as const)(
    "passes no tile whose %s are missing, cut or too long",
    (name) => {
      const files = tile();
      const bytes = Buffer.from(files[name] ?? Buffer.of());
      const wrong = [
        null,
        Buffer.of(),
        bytes.subarray(0, -1),
        bytes.subarray(1),
        Buffer.concat([bytes, Buffer.of(0)]),
      ];
      for (const other of wrong) expect(check({ ...files, [name]: other })).toBeNull();
      expect(check({ ...files, width: width - 1 })).toBeNull();
    },
  );

  it("leaves to the slow way what must be told: a statement, an erasure, time that goes backwards, another form", () => {
    const statement = (n: number): string =>
      formatEntry(n === 5 ? '{"kind":"log.gap","time":"2026-01-31T09:30:00Z"}' : said(n), stamp(n));
    expect(check(tile(statement))).toBeNull();
    expect(check(tile((n) => formatEntry(said(n), stamp(width - n))))).toBeNull();
    expect(check(tile(), stamp(4))).toBeNull();
    expect(
      check(tile((n) => formatEntry(said(n), n === 7 ? "2026-01-31T09:30:01,250Z" : stamp(n)))),
    ).toBeNull();
    expect(
      check(
        tile((n) =>
          n === 7 ? `{"other":${said(n)},"recorded":"${stamp(n)}"}` : formatEntry(said(n), stamp(n)),
        ),
      ),
    ).toBeNull();
    const files = tile();
    const empty = encodeBundle(
      "entries",
      Array.from({ length: width }, () => Buffer.of()),
    );
    expect(check({ ...files, entries: empty })).toBeNull();
  });

  it("passes entries that hold the words of a statement elsewhere, once it has looked", () => {
    const mention = (n: number): string =>
      formatEntry(`{"kind":"note","text":"log.gap","time":"2026-01-31T09:30:00Z"}`, stamp(n));
    expect(check(tile(mention))).toBe(stamp(width - 1));
  });
});
