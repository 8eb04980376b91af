/**
 * Opening logs of a thousand to ten thousand million entries: time and memory must not grow. Claim: 100 million entries
 * open in under 2 s. A generator writes the tiles of the right edge directly. It writes no others: that the log opens,
 * takes an entry and signs shows that opening reads no others.
 * Run: npm run bench -- log-open
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isRefusal } from "../src/base/index.ts";
import { openRecorder } from "../src/record/index.ts";
import {
  Edge,
  edgeTiles,
  encodeBundle,
  entryBundlePath,
  foldPerfect,
  formatCheckpoint,
  formatEntry,
  formatSignerKey,
  formatVerifierKey,
  leafFor,
  leafHash,
  signCheckpoint,
  signerFromSeed,
  tilePath,
  tileWidth,
  type Hash,
  type Tile,
} from "../src/tlog/index.ts";

const entry = Buffer.from(
  formatEntry('{"kind":"sighting","time":"2026-01-31T09:30:00Z"}', "2026-01-31T09:30:00.000Z"),
);
const leaf = Buffer.from(leafFor(entry, Buffer.alloc(16)));

/** The hash of a full subtree of `256^level` equal leaves. */
function full(level: number): Hash {
  if (level === 0) return leafHash(leaf);
  return foldPerfect(Buffer.concat(Array.from({ length: tileWidth }, () => full(level - 1))));
}

function generate(dir: string, size: number): void {
  const put = (name: string, bytes: Uint8Array | string, mode = 0o640): void => {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), bytes, { mode });
  };
  const hashes = new Map<number, Hash>();
  const hashesOf = (tile: Tile): Buffer => {
    const level = Number(tile.level);
    const one =
      hashes.get(level) ??
      (level === 0
        ? full(0)
        : foldPerfect(
            Buffer.concat(Array.from({ length: tileWidth }, () => hashes.get(level - 1) ?? full(level - 1))),
          ));
    hashes.set(level, one);
    return Buffer.concat(Array.from({ length: tile.width }, () => one));
  };
  for (let level = 0; level < 6; level++) hashesOf({ level, index: 0, width: 1 });
  const edge = Edge.restore(size, hashesOf);
  for (const tile of edgeTiles(size)) put(`log/${tilePath(tile)}`, hashesOf(tile));
  const index = Math.floor(size / tileWidth);
  const width = size % tileWidth;
  put(
    `log/${tilePath({ level: "entries", index, width })}`,
    encodeBundle(
      "leaves",
      Array.from({ length: width }, () => leaf),
    ),
  );
  put(
    `log/${entryBundlePath(index, width)}`,
    encodeBundle(
      "entries",
      Array.from({ length: width }, () => entry),
    ),
  );
  const seed = Buffer.alloc(32, 1);
  const signer = signerFromSeed("log.example/open", seed);
  const head = formatCheckpoint(
    signCheckpoint({ origin: "log.example/open", size, root: edge.root() }, [signer]),
  );
  put("log/checkpoint", head);
  put("keys/log.signed", head);
  put("keys/log.key", formatSignerKey(signer, seed), 0o600);
  put("keys/log.vkey", formatVerifierKey(signer.verifier));
  put(`log/ahead/${String(size).padStart(20, "0")}`, "whosaw-ahead/v1\n");
}

console.log("       entries   open ms   append+checkpoint ms   resident MB   growth MB");
for (const size of [1_123, 1_000_123, 100_000_123, 10_000_000_123]) {
  const dir = mkdtempSync(join(process.env["WHOSAW_BENCH_DIR"] ?? tmpdir(), "whosaw-open-"));
  generate(dir, size);
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const recorder = await openRecorder(dir);
  if (isRefusal(recorder)) throw new Error(recorder.what);
  const open = performance.now() - started;
  const receipt = await recorder.append({ kind: "sighting", time: "2026-01-31T09:30:00Z" });
  if (isRefusal(receipt) || receipt.index !== size) throw new Error("the log did not go on where it ended");
  const published = await recorder.checkpoint();
  if (isRefusal(published)) throw new Error(published.what);
  const { rss } = process.memoryUsage();
  const on = performance.now() - started - open;
  const figures = [open, on, rss / 2 ** 20, (rss - before) / 2 ** 20].map((figure) =>
    figure.toFixed(1).padStart(12),
  );
  console.log(`${String(size).padStart(14)}${figures.join("  ")}`);
  await recorder.close();
  rmSync(dir, { recursive: true });
}
