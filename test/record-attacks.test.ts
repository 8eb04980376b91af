import { cp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  decodeBundle,
  Edge,
  encodeBundle,
  formatCheckpoint,
  leafFor,
  leafHash,
  parseCheckpoint,
  parseSignerKey,
  signCheckpoint,
  signerFromSeed,
  type BundleKind,
} from "../src/tlog/index.ts";
import { verifyLog, type ProblemCode, type VerifyOptions } from "../src/verify/index.ts";
import { copyOf, filesBelow, flipByte, logOf, opened, record } from "./record-fixture.ts";

const made: string[] = [];
let dir = "";
let other = "";
let later = "";
let laterCheckpoint = "";
let vkey = "";

beforeAll(async () => {
  dir = await logOf(700);
  other = await logOf(700, "log.example/other");
  later = await copyOf(dir);
  const recorder = await opened(later);
  await record(recorder, 700, 900);
  await recorder.close();
  laterCheckpoint = await readFile(join(later, "log/checkpoint"), "utf8");
  vkey = (await readFile(join(dir, "keys/log.vkey"), "utf8")).trim();
  made.push(dir, other, later);
});
afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true, force: true }))));

/** The first problem found, after doing harm to a copy of the log. */
async function after(
  harm: (log: string) => Promise<void>,
  options: VerifyOptions = {},
): Promise<{ readonly code: ProblemCode; readonly index: number | null } | null> {
  const copy = await copyOf(dir);
  made.push(copy);
  await harm(join(copy, "log"));
  const verdict = await verifyLog(copy, { key: vkey, ...options });
  expect(verdict.ok).toBe(verdict.problems.length === 0);
  const [first] = verdict.problems;
  return first === undefined ? null : { code: first.code, index: first.index };
}

async function edit(
  path: string,
  kind: BundleKind,
  change: (records: Buffer[]) => Uint8Array[],
): Promise<void> {
  const records = decodeBundle(kind, await readFile(path));
  if (records === null) throw new Error("the bundle is not whole");
  await writeFile(path, encodeBundle(kind, change([...records])));
}

/** Both bundles and the level-0 tile, rewritten as someone without the key would, in step with each other. */
async function rewrite(log: string, index: number, entry: Uint8Array): Promise<void> {
  const tile = Math.floor(index / 256);
  const at = index % 256;
  const leaf = Buffer.from(leafFor(entry, Buffer.alloc(16, 7)));
  const suffix = tile === 2 ? "002.p/188" : `00${tile}`;
  await edit(join(log, "entries", suffix), "entries", (records) => records.with(at, Buffer.from(entry)));
  await edit(join(log, "tile/entries", suffix), "leaves", (records) => records.with(at, leaf));
  const hashes = await readFile(join(log, "tile/0", suffix));
  hashes.set(leafHash(leaf), at * 32);
  await writeFile(join(log, "tile/0", suffix), hashes);
}

/** A whole new history under the log's own stolen key. */
async function forge(log: string, size: number): Promise<void> {
  const seed = await readFile(join(log, "../keys/log.key"), "utf8");
  const signer = parseSignerKey(seed);
  if (signer === null) throw new Error("no key");
  const edge = new Edge();
  const leaves: Buffer[] = [];
  const entries: Buffer[] = [];
  for (let index = 0; index < size; index++) {
    const entry = Buffer.from(
      `{"entry":{"kind":"sighting","n":${index},"time":"2026-01-31T09:30:00Z"},"recorded":"2026-01-31T09:30:00.000Z"}`,
    );
    const leaf = Buffer.from(leafFor(entry, Buffer.alloc(16)));
    entries.push(entry);
    leaves.push(leaf);
    for (const { tile, hashes } of edge.push(leafHash(leaf)))
      if (tile.level === 0) await writeFile(join(log, `tile/0/00${tile.index}`), hashes);
  }
  for (const { tile, hashes } of edge.partials())
    await writeFile(join(log, `tile/${tile.level}/00${tile.index}.p/${tile.width}`), hashes);
  for (const [at, name] of ["000", "001", "002.p/188"].entries()) {
    await writeFile(
      join(log, "entries", name),
      encodeBundle("entries", entries.slice(at * 256, at * 256 + 256)),
    );
    await writeFile(
      join(log, "tile/entries", name),
      encodeBundle("leaves", leaves.slice(at * 256, at * 256 + 256)),
    );
  }
  const head = signCheckpoint({ origin: signer.verifier.name, size, root: edge.root() }, [signer]);
  await writeFile(join(log, "checkpoint"), formatCheckpoint(head));
}

const take = async (log: string): Promise<void> => {
  for (const path of ["tile/0/001", "tile/entries/001", "entries/001"]) await rm(join(log, path));
};

const claim = async (log: string): Promise<void> => {
  const head = parseCheckpoint(await readFile(join(log, "checkpoint"), "utf8"));
  const signer = parseSignerKey(await readFile(join(log, "../keys/log.key"), "utf8"));
  if (head === null || signer === null) throw new Error("no checkpoint");
  await writeFile(
    join(log, "checkpoint"),
    formatCheckpoint(signCheckpoint({ ...head, size: Number.MAX_SAFE_INTEGER }, [signer])),
  );
};

/** Another letter in the middle of the signature; a flipped bit could leave no base64 at all. */
async function spoilSignature(log: string): Promise<void> {
  const text = await readFile(join(log, "checkpoint"), "utf8");
  const at = text.length - 12;
  await writeFile(
    join(log, "checkpoint"),
    `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`,
  );
}

describe("an untouched log", () => {
  it("verifies, thoroughly too, and against an older checkpoint of its own", async () => {
    expect(await after(async () => undefined)).toBeNull();
    expect(await after(async () => undefined, { thorough: true })).toBeNull();
    const held = await readFile(join(dir, "log/checkpoint"), "utf8");
    const verdict = await verifyLog(later, { key: vkey, checkpoint: held });
    expect(verdict).toMatchObject({ ok: true, size: 900, problems: [], log: "log.example/desk" });
  });
});

describe("a log that is being written", () => {
  it("verifies at the checkpoint that was read, though its partial tiles have become full ones since", async () => {
    const copy = await copyOf(later);
    made.push(copy);
    await cp(join(dir, "log/checkpoint"), join(copy, "log/checkpoint"));
    expect(await verifyLog(copy, { key: vkey, thorough: true })).toMatchObject({ ok: true, size: 700 });
  });

  it("verifies again and again while entries come in", async () => {
    const copy = await copyOf(dir);
    made.push(copy);
    const recorder = await opened(copy, { checkpointMillis: 20 });
    const done = new AbortController();
    const writing = (async () => {
      for (let from = 700; !done.signal.aborted; from += 150) await record(recorder, from, from + 150);
    })();
    for (let round = 0; round < 30; round++) {
      const { problems } = await verifyLog(copy, { key: vkey });
      expect(problems).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    done.abort();
    await writing;
    await recorder.close();
    expect((await verifyLog(copy, { key: vkey })).ok).toBe(true);
  });
});

describe("an attack is found, and called by its name", () => {
  it("a flipped bit in an entry", async () => {
    expect(await after((log) => flipByte(join(log, "entries/001"), 200))).toMatchObject({
      code: "entry_differs",
    });
  });
  it("a flipped bit in a leaf's salt", async () => {
    expect(await after((log) => flipByte(join(log, "tile/entries/001"), 2 + 120 * 3 + 90))).toEqual({
      code: "leaf_differs",
      index: 259,
    });
  });
  it("a flipped bit in a tile", async () => {
    expect(await after((log) => flipByte(join(log, "tile/0/000"), 32 * 5))).toMatchObject({
      code: "root_differs",
    });
  });
  it("a flipped bit in an upper tile", async () => {
    expect(await after((log) => flipByte(join(log, "tile/1/000.p/2"), 33))).toEqual({
      code: "tile_differs",
      index: 256,
    });
  });
  it("a flipped bit in the checkpoint's signature", async () => {
    expect(await after(spoilSignature)).toMatchObject({
      code: "checkpoint_signature_wrong",
    });
  });
  it("a changed size in the checkpoint", async () => {
    expect(
      (
        await after(async (log: string) => {
          const text = await readFile(join(log, "checkpoint"), "utf8");
          await writeFile(join(log, "checkpoint"), text.replace("\n700\n", "\n512\n"));
        })
      )?.code,
    ).toBe("checkpoint_signature_wrong");
  });
  it("a dropped entry", async () => {
    expect(
      await after((log: string) => edit(join(log, "entries/001"), "entries", (all) => all.toSpliced(10, 1))),
    ).toEqual({ code: "entry_missing", index: 266 });
  });
  it("an entry dropped with its leaf", async () => {
    expect(
      await after(async (log: string) => {
        await edit(join(log, "entries/001"), "entries", (all) => all.toSpliced(10, 1));
        await edit(join(log, "tile/entries/001"), "leaves", (all) => all.toSpliced(10, 1));
      }),
    ).toEqual({ code: "leaf_missing", index: 266 });
  });
  it("an entry and its leaf erased without an erasure entry", async () => {
    expect(
      await after(async (log: string) => {
        await edit(join(log, "entries/001"), "entries", (all) => all.with(10, Buffer.of()));
        await edit(join(log, "tile/entries/001"), "leaves", (all) => all.with(10, Buffer.of()));
      }),
    ).toEqual({ code: "entry_missing", index: 266 });
  });
  it("two entries swapped", async () => {
    expect(
      await after((log: string) =>
        edit(join(log, "entries/000"), "entries", (all) =>
          all.with(3, all[9] ?? Buffer.of()).with(9, all[3] ?? Buffer.of()),
        ),
      ),
    ).toEqual({ code: "entry_moved", index: 3 });
  });
  it("two entries swapped with their leaves", async () => {
    expect(
      await after(async (log: string) => {
        for (const [path, kind] of [
          ["entries/000", "entries"],
          ["tile/entries/000", "leaves"],
        ] as const)
          await edit(join(log, path), kind, (all) =>
            all.with(3, all[9] ?? Buffer.of()).with(9, all[3] ?? Buffer.of()),
          );
      }),
    ).toEqual({ code: "leaf_moved", index: 3 });
  });
  it("an inserted entry", async () => {
    expect(
      await after((log: string) =>
        edit(join(log, "entries/000"), "entries", (all) =>
          all.toSpliced(7, 0, Buffer.from('{"entry":{"kind":"x"}}')),
        ),
      ),
    ).toEqual({ code: "entry_inserted", index: 7 });
  });
  it("an entry rewritten with its leaf and its tile", async () => {
    const entry = Buffer.from(
      '{"entry":{"kind":"sighting","time":"2026-01-31T09:30:00Z"},"recorded":"2099-01-31T09:30:00.000Z"}',
    );
    const found = await after((log) => rewrite(log, 300, entry));
    expect(found).toEqual({ code: "root_differs", index: null });
    const copy = await copyOf(dir);
    made.push(copy);
    await rewrite(join(copy, "log"), 300, entry);
    const { problems } = await verifyLog(copy, { key: vkey });
    expect(problems).toContainEqual(expect.objectContaining({ code: "tile_differs", index: 256 }));
    expect(problems).toContainEqual(expect.objectContaining({ code: "time_backwards", index: 301 }));
  });
  it("the end cut off", async () => {
    const copy = await copyOf(dir);
    made.push(copy);
    for (const path of ["tile/0/002.p", "tile/entries/002.p", "entries/002.p"])
      await rm(join(copy, "log", path), { recursive: true });
    expect((await verifyLog(copy, { key: vkey })).problems).toEqual([
      expect.objectContaining({ code: "log_truncated", index: 512 }),
    ]);
  });
  it("everything of a stretch in the middle taken away", async () => {
    expect(await after(take)).toEqual({ code: "tile_missing", index: 256 });
  });
  it("a checkpoint that claims more entries than any log could have", async () => {
    expect((await after(claim))?.code).toBe("log_truncated");
  });
  it("a bundle blown up beyond anything that could be one", async () => {
    expect(await after((log) => truncate(join(log, "entries/001"), 2 ** 33))).toEqual({
      code: "bundle_malformed",
      index: 256,
    });
  });
  it("a bundle cut off in the middle of a record", async () => {
    expect(
      await after(async (log: string) => {
        const bytes = await readFile(join(log, "entries/001"));
        await writeFile(join(log, "entries/001"), bytes.subarray(0, -5));
      }),
    ).toEqual({ code: "bundle_malformed", index: 256 });
  });
  it("a missing bundle and a missing tile", async () => {
    expect(await after((log) => rm(join(log, "entries/001")))).toEqual({
      code: "bundle_missing",
      index: 256,
    });
    expect(await after((log) => rm(join(log, "tile/0/001")))).toEqual({ code: "tile_missing", index: 256 });
  });
  it("an older state put back, against a later checkpoint", async () => {
    expect(await after(async () => undefined, { checkpoint: laterCheckpoint })).toEqual({
      code: "rolled_back",
      index: 700,
    });
  });
  it("another history under the same key, against a checkpoint held", async () => {
    const held = await readFile(join(dir, "log/checkpoint"), "utf8");
    expect(await after((log) => forge(log, 700))).toBeNull();
    expect(await after((log) => forge(log, 700), { checkpoint: held })).toEqual({
      code: "forked",
      index: null,
    });
  });
  it("a checkpoint signed again with another key", async () => {
    expect(
      await after(async (log: string) => {
        const head = parseCheckpoint(await readFile(join(log, "checkpoint"), "utf8"));
        if (head === null) throw new Error("no checkpoint");
        const signed = signCheckpoint(head, [signerFromSeed(head.origin, Buffer.alloc(32, 9))]);
        await writeFile(join(log, "checkpoint"), formatCheckpoint(signed));
      }),
    ).toEqual({ code: "key_differs", index: null });
  });
  it("another log's tiles and bundles under this one's checkpoint", async () => {
    expect(
      await after(async (log: string) => {
        for (const part of ["tile", "entries"]) {
          await rm(join(log, part), { recursive: true });
          await cp(join(other, "log", part), join(log, part), { recursive: true });
        }
      }),
    ).toEqual({ code: "history_differs", index: null });
  });
  it("another log altogether", async () => {
    const verdict = await verifyLog(other, { key: vkey });
    expect(verdict.problems[0]).toMatchObject({ code: "origin_differs" });
  });
  it("a checkpoint to compare with that is another log's", async () => {
    const held = await readFile(join(other, "log/checkpoint"), "utf8");
    expect(await after(async () => undefined, { checkpoint: held })).toEqual({
      code: "held_checkpoint_wrong",
      index: null,
    });
  });
  it("no checkpoint, a spoilt one, and no key", async () => {
    expect(await after((log) => rm(join(log, "checkpoint")))).toMatchObject({ code: "checkpoint_missing" });
    expect(await after((log) => writeFile(join(log, "checkpoint"), "x\n"))).toMatchObject({
      code: "checkpoint_malformed",
    });
    expect(await after(async () => undefined, { key: "nothing" })).toMatchObject({ code: "key_missing" });
  });
  it("witnesses who did not cosign", async () => {
    const keys = [vkey.replace(/\+.*$/, "")];
    expect(await after(async () => undefined, { witnesses: { keys: [], needed: 1 } })).toEqual({
      code: "cosignature_missing",
      index: null,
    });
    expect(await after(async () => undefined, { witnesses: { keys, needed: 0 } })).toEqual({
      code: "cosignature_wrong",
      index: null,
    });
  });
  it("any flipped byte of any file that the checkpoint covers", async () => {
    const copy = await copyOf(dir);
    made.push(copy);
    const covered = (await filesBelow(join(copy, "log"))).filter(
      (path) => /\/(tile|entries|checkpoint)/.test(path) && !/\.p\/(?!188|2$)/.test(path),
    );
    expect(covered.length).toBeGreaterThan(9);
    for (const path of covered) {
      const { length } = await readFile(path);
      for (const at of [0, 1, Math.floor(length / 3), Math.floor(length / 2), length - 1]) {
        await flipByte(path, at);
        expect((await verifyLog(copy, { key: vkey })).ok, `${path} ${at}`).toBe(false);
        await flipByte(path, at);
      }
    }
    expect((await verifyLog(copy, { key: vkey })).ok).toBe(true);
  });
});
