import {
  formatVerifierKey,
  leafHash,
  parseEntry,
  parseLeaf,
  parseProofFile,
  parseVerifierKey,
  sha256Hex,
  verifyInclusion,
  type Checkpoint,
  type LogEntry,
  type VerifierKey,
} from "../tlog/index.ts";
import type { ReadFile } from "./files.ts";
import { Problems, type Problem } from "./problem.ts";
import { checkSigner, checkWitnesses, type WitnessPolicy } from "./signers.ts";
import { Statements } from "./statements.ts";

export interface BundleOptions {
  /** The trusted public key. Without it the bundle's own `log.vkey` is taken, which proves only that it agrees with itself. */
  readonly key?: string;
  readonly witnesses?: WitnessPolicy;
  /** Every path that is there. With it, a file that was not exported is found too: somebody put it beside those that were. */
  readonly paths?: readonly string[];
  readonly onProgress?: (files: number, of: number) => void;
}

export interface BundleVerdict {
  readonly ok: boolean;
  readonly log: string | null;
  readonly size: number;
  readonly root: string | null;
  readonly problems: readonly Problem[];
  readonly key: string | null;
  /** Entries proved. */
  readonly entries: number;
  /** The log's own record of the export: who, when, why. */
  readonly exported: LogEntry | null;
  readonly witnesses: readonly string[];
}

/** The bundle's list of files, as sha256sum writes it; sorted by path. */
export const sumsFile = "SHA256SUMS";
/** The entry that records the export, with `.leaf.json` and `.tlog-proof` beside it. Its member `sums` is the SHA-256 of sumsFile. */
export const exportName = "export";
/** Files of one bundle. */
export const bundleFilesMax = 1_000_000;

/**
 * Checks a bundle offline. The log has recorded the export with the SHA-256 of the list of files; the list has that of
 * every file; every entry in it proves its place in the log. So nothing in it can be changed, be it the report's layout.
 */
export async function verifyBundle(read: ReadFile, options: BundleOptions = {}): Promise<BundleVerdict> {
  const problems = new Problems();
  const keyText = options.key ?? (await textOf(read, "log.vkey")) ?? "";
  const trusted = parseVerifierKey(keyText);
  if (trusted === null) problems.add("key_missing", null, "no public key to check against");
  const proofs = new Proofs(read, problems);
  const exported = await proofs.check(exportName);
  const sums = await checkSums(read, exported, problems);
  if (sums.length > 0) checkUnlisted(sums, options.paths ?? [], problems);
  const names = sums
    .map(({ path }) => /^(entries\/\d+)\.json$/.exec(path)?.[1])
    .filter((name) => name !== undefined);
  for (const [at, name] of names.entries()) {
    await proofs.check(name);
    options.onProgress?.(at + 1, names.length);
  }
  const witnesses = proofs.judge(trusted, options.witnesses);
  const found = problems.sorted();
  const head = proofs.newest;
  return {
    ok: found.length === 0,
    log: head?.origin ?? null,
    size: head?.size ?? 0,
    root: head === null ? null : Buffer.from(head.root).toString("base64"),
    problems: found,
    key: trusted === null ? null : formatVerifierKey(trusted),
    entries: proofs.proved,
    exported,
    witnesses,
  };
}

interface Sum {
  readonly sha256: string;
  readonly path: string;
}

async function checkSums(
  read: ReadFile,
  exported: LogEntry | null,
  problems: Problems,
): Promise<readonly Sum[]> {
  const bytes = await read(sumsFile);
  const lines = bytes === null ? [] : Buffer.from(bytes).toString().split("\n").slice(0, -1);
  const sums = lines.map(parseSum).filter((sum) => sum !== null);
  if (bytes === null || sums.length !== lines.length || sums.length > bundleFilesMax) {
    problems.add("sums_malformed", null, `${sumsFile} is missing, or not what sha256sum writes`);
    return [];
  }
  if (exported?.entry["sums"] !== sha256Hex(bytes))
    problems.add("sums_differ", null, `${sumsFile} is not the one that the log recorded at the export`);
  for (const { sha256, path } of sums) {
    const file = await read(path);
    if (file === null) problems.add("file_missing", null, `${path} is missing`);
    else if (sha256Hex(file) !== sha256)
      problems.add("file_differs", null, `${path} is not the file that was exported`);
  }
  return sums;
}

/** The export's own record comes after the list of files, which it holds the digest of. */
const unlisted = new Set([
  sumsFile,
  ...["json", "leaf.json", "tlog-proof"].map((end) => `${exportName}.${end}`),
]);

function checkUnlisted(sums: readonly Sum[], paths: readonly string[], problems: Problems): void {
  const listed = new Set(sums.map(({ path }) => path));
  for (const path of paths)
    if (!listed.has(path) && !unlisted.has(path))
      problems.add("file_unlisted", null, `${path} was not exported: it is no part of this bundle`);
}

function parseSum(line: string): Sum | null {
  const [, sha256 = "", path = ""] = /^([0-9a-f]{64}) {2}([^\u0000-\u001f\\]+)$/.exec(line) ?? [];
  // A path that leads out of the bundle would have the verifier read, and vouch for, something else.
  const inside = path !== "" && !path.startsWith("/") && !path.split("/").includes("..");
  return inside ? { sha256, path } : null;
}

/** Proved entries and the checkpoints they lead to. */
class Proofs {
  readonly #read: ReadFile;
  readonly #problems: Problems;
  readonly #heads = new Map<string, Checkpoint>();
  readonly #statements: {
    readonly index: number;
    readonly said: LogEntry["entry"];
    readonly sha256: string;
  }[] = [];
  proved = 0;

  constructor(read: ReadFile, problems: Problems) {
    this.#read = read;
    this.#problems = problems;
  }

  get newest(): Checkpoint | null {
    return [...this.#heads.values()].reduce<Checkpoint | null>(
      (newest, head) => (newest === null || head.size > newest.size ? head : newest),
      null,
    );
  }

  /** The entry, if its bytes, its leaf and its proof fit together. The checkpoint is judged later. */
  async check(name: string): Promise<LogEntry | null> {
    const entry = await this.#read(`${name}.json`);
    const leaf = await this.#read(`${name}.leaf.json`);
    const proof = parseProofFile((await textOf(this.#read, `${name}.tlog-proof`)) ?? "");
    if (entry === null || leaf === null || proof === null) {
      this.#problems.add("proof_malformed", null, `${name} lacks its entry, its leaf or its proof`);
      return null;
    }
    const { index, path, checkpoint } = proof;
    const parsed = parseEntry(entry);
    const commits = parseLeaf(Buffer.from(leaf).toString("latin1"));
    if (parsed === null) this.#problems.add("entry_malformed", index, `${name}.json is not an entry`);
    if (commits === null) this.#problems.add("leaf_malformed", index, `${name}.leaf.json is not a leaf`);
    else if (commits.entry !== sha256Hex(entry))
      this.#problems.add("entry_differs", index, `${name}.json is not the entry that the leaf commits to`);
    const { size, root } = checkpoint;
    if (!verifyInclusion({ leaf: leafHash(leaf), index, size, root }, path))
      this.#problems.add("proof_wrong", index, `${name}: the leaf is not at that place of the tree`);
    this.#heads.set(checkpoint.note.text, checkpoint);
    this.proved++;
    if (parsed?.entry.kind.startsWith("log.") === true)
      this.#statements.push({ index, said: parsed.entry, sha256: sha256Hex(entry) });
    return parsed;
  }

  judge(trusted: VerifierKey | null, policy: WitnessPolicy | undefined): readonly string[] {
    const { newest } = this;
    if (newest === null) {
      this.#problems.add("checkpoint_missing", null, "no proof leads to a checkpoint");
      return [];
    }
    const statements = new Statements(newest.origin, trusted, this.#problems);
    for (const { index, said, sha256 } of this.#statements.toSorted((a, b) => a.index - b.index))
      statements.take(index, said, sha256);
    statements.judge(false);
    for (const head of this.#heads.values()) checkSigner(head, statements, this.#problems);
    return checkWitnesses(newest, policy, this.#problems);
  }
}

async function textOf(read: ReadFile, path: string): Promise<string | null> {
  const bytes = await read(path);
  return bytes === null ? null : Buffer.from(bytes).toString();
}
