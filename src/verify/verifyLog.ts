import {
  checkSignature,
  Edge,
  entryBundlePath,
  formatVerifierKey,
  hashBytes,
  narrowBundle,
  parseCheckpoint,
  parseVerifierKey,
  sameBytes,
  tilePath,
  tileWidth,
  type BundleKind,
  type Checkpoint,
  type FullTile,
  type Hash,
  type Tile,
  type VerifierKey,
} from "../tlog/index.ts";
import { BundleChecker, type TileFiles } from "./bundles.ts";
import { checkErasures } from "./erasures.ts";
import { checkSigner, checkWitnesses, type WitnessPolicy } from "./signers.ts";
import { logFolder, Room, type ReadFile } from "./files.ts";
import { Problems, type Problem } from "./problem.ts";
import type { Approver, Erasure, ShreddingNote } from "./decisions.ts";
import { Statements, type GapNote } from "./statements.ts";

export interface VerifyOptions {
  /** The trusted public key, as C2SP signed-note writes it. Without it `keys/log.vkey` beside the log is taken, and named. */
  readonly key?: string;
  /** A checkpoint kept from an earlier day: the log must hold at least that much, and the same. */
  readonly checkpoint?: string;
  /** Witness keys, and how many of them must have cosigned. */
  readonly witnesses?: WitnessPolicy;
  /** Parse every entry, not only what the log says of itself: RFC 8785 to the last byte. Twice the time. */
  readonly thorough?: boolean;
  readonly onProgress?: (entries: number, of: number) => void;
}

export interface Verdict {
  readonly ok: boolean;
  readonly log: string | null;
  readonly size: number;
  /** Base64, as the checkpoint has it. */
  readonly root: string | null;
  readonly problems: readonly Problem[];
  /** Problems found beyond those listed. */
  readonly problemsBeyond: number;
  /** The key that was trusted to begin with. */
  readonly key: string | null;
  readonly erased: number;
  readonly erasures: readonly Erasure[];
  /** People's keys that were destroyed: what was sealed under them can't be read any more. */
  readonly shreddings: readonly ShreddingNote[];
  /** Who may approve an erasure at the end of the log. */
  readonly approvers: readonly Approver[];
  readonly gaps: readonly GapNote[];
  /** Names of the witnesses whose cosignatures verify. */
  readonly witnesses: readonly string[];
}

/** Checks the log in a directory with nothing but its files and a public key. Never throws for what a log may hold. */
export async function verifyLog(dir: string, options: VerifyOptions = {}): Promise<Verdict> {
  const folder = logFolder(dir);
  return verifyFiles(folder.read, { ...options, key: options.key ?? folder.keyText ?? "" });
}

/** As verifyLog, from anything that can read the log's files by name. */
export async function verifyFiles(read: ReadFile, options: VerifyOptions): Promise<Verdict> {
  const problems = new Problems();
  const trusted = parseVerifierKey(options.key ?? "");
  if (trusted === null) problems.add("key_missing", null, "no public key to check against");
  const text = await read("checkpoint");
  const checkpoint = text === null ? null : parseCheckpoint(Buffer.from(text).toString());
  if (text === null) problems.add("checkpoint_missing", null, "there is no checkpoint");
  else if (checkpoint === null) problems.add("checkpoint_malformed", null, "the checkpoint is not one");
  const walk =
    checkpoint === null ? null : await new Walk(read, checkpoint, { trusted, problems, options }).run();
  const found = problems.sorted();
  return {
    ok: found.length === 0,
    log: checkpoint?.origin ?? null,
    size: checkpoint?.size ?? 0,
    root: checkpoint === null ? null : Buffer.from(checkpoint.root).toString("base64"),
    problems: found,
    problemsBeyond: problems.beyond,
    key: trusted === null ? null : formatVerifierKey(trusted),
    erased: walk?.erased ?? 0,
    erasures: walk?.erasures ?? [],
    shreddings: walk?.shreddings ?? [],
    approvers: walk?.approvers ?? [],
    gaps: walk?.gaps ?? [],
    witnesses: walk?.witnesses ?? [],
  };
}

interface Means {
  readonly trusted: VerifierKey | null;
  readonly problems: Problems;
  readonly options: VerifyOptions;
}

type Walked = Pick<Verdict, "erased" | "erasures" | "shreddings" | "approvers" | "gaps" | "witnesses">;

/** Tiles between two looks at the progress and two turns of the event loop. */
const tilesPerTurn = 256;

/** Entries missing in a row after which the rest is taken to be missing too. */
const goneEntriesMax = 1_048_576;

class Walk {
  readonly #read: ReadFile;
  readonly #checkpoint: Checkpoint;
  readonly #means: Means;
  readonly #problems: Problems;
  readonly #edge = new Edge();
  // A tile and its bundles are done with before the next are read.
  readonly #rooms = { hashes: new Room(), leaves: new Room(), entries: new Room() };
  readonly #held: Checkpoint | null;
  #heldRoot: Hash | null = null;
  /** The first entry from which on every file is missing. */
  #goneFrom: number | null = null;

  constructor(read: ReadFile, checkpoint: Checkpoint, means: Means) {
    this.#read = read;
    this.#checkpoint = checkpoint;
    this.#means = means;
    this.#problems = means.problems;
    this.#held = means.options.checkpoint === undefined ? null : parseCheckpoint(means.options.checkpoint);
  }

  async run(): Promise<Walked> {
    const { size, origin } = this.#checkpoint;
    const { trusted, options } = this.#means;
    const statements = new Statements(origin, trusted, this.#problems);
    const bundles = new BundleChecker(this.#problems, statements, options.thorough ?? false);
    await this.#tiles(bundles);
    if (this.#goneFrom !== null)
      this.#problems.add(
        "log_truncated",
        this.#goneFrom,
        `nothing is left of entries ${this.#goneFrom} to ${size - 1}`,
      );
    await this.#upperEdge();
    if (this.#edge.size === size && !sameBytes(this.#edge.root(), this.#checkpoint.root)) this.#wrongRoot();
    statements.judge(true);
    checkSigner(this.#checkpoint, statements, this.#problems);
    this.#heldCheckpoint(statements);
    const erased = checkErasures(bundles.empty, statements.decisions.erasures, this.#problems);
    const witnesses = checkWitnesses(this.#checkpoint, options.witnesses, this.#problems);
    const { erasures, shreddings, approvers } = statements.decisions;
    return { erased, erasures, shreddings, approvers, gaps: statements.gaps, witnesses };
  }

  async #tiles(bundles: BundleChecker): Promise<void> {
    const { size } = this.#checkpoint;
    const { onProgress } = this.#means.options;
    for (let index = 0; index * tileWidth < size; index++) {
      const found = await this.#found(index);
      if (found === null) {
        this.#goneFrom ??= index * tileWidth;
        // A checkpoint can claim any size; a log that has lost so many tiles in a row has no more.
        if ((index + 1) * tileWidth - this.#goneFrom > goneEntriesMax) break;
        continue;
      }
      if (this.#goneFrom !== null)
        this.#problems.add(
          "tile_missing",
          this.#goneFrom,
          `nothing is left of entries ${this.#goneFrom} to ${index * tileWidth - 1}`,
        );
      this.#goneFrom = null;
      const hashes = bundles.check(found);
      if (hashes !== null && this.#edge.size === index * tileWidth) await this.#grow(hashes, found.width);
      if ((index + 1) % tilesPerTurn !== 0) continue;
      onProgress?.((index + 1) * tileWidth, size);
      await new Promise(setImmediate);
    }
    onProgress?.(size, size);
  }

  /** A tile with its bundles; null if none of the three is there. */
  async #found(index: number): Promise<TileFiles | null> {
    const width = Math.min(tileWidth, this.#checkpoint.size - index * tileWidth);
    const leaves = await this.#bundle("leaves", index, width);
    const entries = await this.#bundle("entries", index, width);
    const tile = { level: 0, index, width };
    if (leaves === null && entries === null && (await this.#hashes(tile)) === null) return null;
    return { index, width, hashes: await this.#tile(tile), leaves, entries };
  }

  /**
   * The bundle at its width. In a log that is being written the partial one of this checkpoint may have been removed
   * since; the full one, which begins with the same records, is there then.
   */
  async #bundle(kind: BundleKind, index: number, width: number): Promise<Uint8Array | null> {
    const path = (of: number): string =>
      kind === "leaves" ? tilePath({ level: "entries", index, width: of }) : entryBundlePath(index, of);
    const exact = await this.#read(path(width), this.#rooms[kind]);
    if (exact !== null || width === tileWidth) return exact;
    const full = await this.#read(path(tileWidth), this.#rooms[kind]);
    return full === null ? null : (narrowBundle(kind, full, width) ?? full);
  }

  /** The tile at its width, or the beginning of the full one that has taken its place. */
  async #hashes(tile: Tile): Promise<Uint8Array | null> {
    const exact = await this.#read(tilePath(tile), this.#rooms.hashes);
    if (exact !== null || tile.width === tileWidth) return exact;
    const full = await this.#read(tilePath({ ...tile, width: tileWidth }), this.#rooms.hashes);
    return full?.length === tileWidth * hashBytes ? full.subarray(0, tile.width * hashBytes) : full;
  }

  async #tile(tile: Tile): Promise<Uint8Array | null> {
    const first = tile.index * tileWidth ** (Number(tile.level) + 1);
    const bytes = await this.#hashes(tile);
    if (bytes === null) {
      this.#problems.add("tile_missing", first, `${tilePath(tile)} is missing`);
      return null;
    }
    if (bytes.length === tile.width * hashBytes) return bytes;
    this.#problems.add("tile_malformed", first, `${tilePath(tile)} has ${bytes.length} bytes`);
    return null;
  }

  async #grow(hashes: Uint8Array, width: number): Promise<void> {
    const held = this.#held?.size ?? -1;
    if (held >= this.#edge.size && held < this.#edge.size + tileWidth && held <= this.#edge.size + width) {
      const past = this.#edge.copy();
      for (let at = 0; past.size < held; at++)
        past.push(hashes.subarray(at * hashBytes, (at + 1) * hashBytes));
      this.#heldRoot = past.root();
    }
    if (width === tileWidth) for (const tile of this.#edge.pushTile(hashes)) await this.#compare(tile);
    else
      for (let at = 0; at < width; at++)
        this.#edge.push(hashes.subarray(at * hashBytes, (at + 1) * hashBytes));
  }

  async #upperEdge(): Promise<void> {
    if (this.#edge.size !== this.#checkpoint.size) return;
    for (const partial of this.#edge.partials()) if (partial.tile.level !== 0) await this.#compare(partial);
  }

  /** Files that contradict one another were tampered with; files that agree with one another belong to another history. */
  #wrongRoot(): void {
    if (this.#problems.none)
      this.#problems.add(
        "history_differs",
        null,
        "the files agree with one another and not with the signed root: they are another history's",
      );
    else this.#problems.add("root_differs", null, "the tiles do not lead to the signed root");
  }

  /** An upper tile must hold what the lower ones come to. */
  async #compare({ tile, hashes }: FullTile): Promise<void> {
    const stored = await this.#tile(tile);
    if (stored === null || sameBytes(stored, hashes)) return;
    const at = hashes.findIndex((byte, place) => stored[place] !== byte);
    const span = tileWidth ** Number(tile.level);
    const first = (tile.index * tileWidth + Math.floor(at / hashBytes)) * span;
    this.#problems.add(
      "tile_differs",
      first,
      `entries ${first} to ${first + span - 1} do not come to what ${tilePath(tile)} holds`,
    );
  }

  #heldCheckpoint(statements: Statements): void {
    if (this.#means.options.checkpoint === undefined) return;
    const held = this.#held;
    const keys = statements.known;
    if (
      held === null ||
      held.origin !== this.#checkpoint.origin ||
      !keys.some((key) => checkSignature(held.note, key) === "good")
    )
      return this.#problems.add(
        "held_checkpoint_wrong",
        null,
        "the checkpoint to compare with is not one of this log",
      );
    if (held.size > this.#checkpoint.size)
      return this.#problems.add(
        "rolled_back",
        this.#checkpoint.size,
        `the log has ${this.#checkpoint.size} entries and once had ${held.size}`,
      );
    const root = held.size === this.#checkpoint.size ? this.#checkpoint.root : this.#heldRoot;
    if (root === null || !sameBytes(root, held.root))
      this.#problems.add(
        "forked",
        null,
        `the first ${held.size} entries are not those of the checkpoint held`,
      );
  }
}
