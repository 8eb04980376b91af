import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { unzipSync } from "fflate";
import { refusal, type Refusal } from "../base/index.ts";
import type { ReadFile } from "./files.ts";

/** A bundle's files, wherever they lie: what reads one, and the paths of all. */
export interface BundleFiles {
  readonly read: ReadFile;
  readonly paths: readonly string[];
}

/** What may come as a bundle. An archive is a stranger's file, and few bytes can unpack to very many. */
export interface BundleLimits {
  /** Bytes of the archive itself. */
  readonly archiveBytesMax: number;
  /** Files in an archive or a folder: what a .zip without the zip64 extension holds. */
  readonly filesMax: number;
  /** Bytes of all files together, unpacked. */
  readonly unpackedBytesMax: number;
  /** Unpacked bytes for one of the archive. A million lines of one actor's sightings come to about 30. */
  readonly ratioMax: number;
}

export const bundleLimits: BundleLimits = {
  archiveBytesMax: 512 * 2 ** 20,
  filesMax: 65_535,
  unpackedBytesMax: 2 ** 30,
  ratioMax: 200,
};

/** Below this many unpacked bytes the ratio is nobody's harm. */
const ratioFreeBytes = 2 ** 20;

/** Any of these at its root tells a bundle, even one that lost the others. */
const marks = ["SHA256SUMS", "export.json"];

/** Whether a folder holds a bundle, and not a log. */
export function isBundleFolder(dir: string): boolean {
  const names = readdirSync(dir);
  return (
    marks.some((mark) => names.includes(mark)) && !names.includes("log") && !names.includes("checkpoint")
  );
}

/**
 * Opens a bundle that is an archive or a folder. Too large by any limit: refused, before it is unpacked. An archive that can't
 * be unpacked is a refusal with the code `verification`: a bundle that was damaged on its way looks like that.
 */
export function openBundle(path: string, limits: BundleLimits = bundleLimits): BundleFiles | Refusal {
  return statSync(path).isDirectory() ? fromFolder(path, limits) : fromArchive(path, limits);
}

function fromFolder(dir: string, limits: BundleLimits): BundleFiles | Refusal {
  const all = readdirSync(dir, { recursive: true, withFileTypes: true }).filter(
    (entry) => !entry.isDirectory(),
  );
  const pathOf = ({ parentPath, name }: Dirent): string =>
    relative(dir, join(parentPath, name)).replaceAll("\\", "/");
  const paths = all.map(pathOf);
  if (paths.length > limits.filesMax) return tooLarge(`${paths.length} files: more`, limits.filesMax);
  // A link leads elsewhere, and a pipe never ends: neither was exported.
  const known = new Set(all.filter((entry) => entry.isFile()).map(pathOf));
  const sizes = [...known].map((path) => statSync(join(dir, path)).size);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes > limits.unpackedBytesMax) return tooLarge(`${bytes} bytes: more`, limits.unpackedBytesMax);
  return { paths, read: (path) => (known.has(path) ? readFileSync(join(dir, path)) : null) };
}

function fromArchive(path: string, limits: BundleLimits): BundleFiles | Refusal {
  const { size } = statSync(path);
  if (size > limits.archiveBytesMax) return tooLarge(`${size} bytes packed: more`, limits.archiveBytesMax);
  const archive = readFileSync(path);
  const signature = archive.subarray(0, 4).toString("latin1");
  if (signature !== "PK\u0003\u0004" && signature !== "PK\u0005\u0006")
    return refusal("input", `${path} is no .zip`, "Name a bundle, or a data directory.");
  const gate = new Gate(archive.length, limits);
  try {
    // The sizes are those that the archive claims, and no more than that is ever allocated for a file.
    const files = new Map(Object.entries(unzipSync(archive, { filter: (file) => gate.admits(file) })));
    return gate.refused ?? (files.size === gate.paths.size ? rooted(files) : damaged(path));
  } catch {
    return gate.refused ?? damaged(path);
  }
}

/** Lets an archive's files through, one after the other, until a limit is reached. */
class Gate {
  readonly #archiveBytes: number;
  readonly #limits: BundleLimits;
  readonly paths: Set<string> = new Set();
  #bytes = 0;
  refused: Refusal | null = null;

  constructor(archiveBytes: number, limits: BundleLimits) {
    this.#archiveBytes = archiveBytes;
    this.#limits = limits;
  }

  admits(file: { readonly name: string; readonly originalSize: number }): boolean {
    if (this.refused !== null || file.name.endsWith("/")) return false;
    this.#bytes += file.originalSize;
    this.refused = this.#judge(file.name);
    this.paths.add(file.name);
    return this.refused === null;
  }

  #judge(name: string): Refusal | null {
    const { filesMax, unpackedBytesMax, ratioMax } = this.#limits;
    // Two files of one name: which one a reader sees depends on his program.
    if (this.paths.has(name))
      return refusal("verification", `the archive holds ${name} twice`, "Get the bundle again.");
    if (this.paths.size >= filesMax) return tooLarge("more files", filesMax);
    if (this.#bytes > unpackedBytesMax) return tooLarge("more bytes unpacked", unpackedBytesMax);
    const most = Math.max(ratioFreeBytes, this.#archiveBytes * ratioMax);
    return this.#bytes > most ? tooLarge("more unpacked bytes for a packed one", ratioMax) : null;
  }
}

/** Bundles are often packed with their folder: paths are taken from where the list of files stands, or the export's entry. */
function rooted(files: ReadonlyMap<string, Uint8Array>): BundleFiles | Refusal {
  for (const mark of marks) {
    const [found] = [...files.keys()]
      .filter((path) => path === mark || path.endsWith(`/${mark}`))
      .sort((a, b) => a.length - b.length);
    if (found === undefined) continue;
    const root = found.slice(0, -mark.length);
    const paths = [...files.keys()]
      .filter((path) => path.startsWith(root))
      .map((path) => path.slice(root.length));
    return { paths, read: (path) => files.get(root + path) ?? null };
  }
  return refusal(
    "input",
    "the archive holds no bundle: neither SHA256SUMS nor export.json",
    "Name a bundle.",
  );
}

function tooLarge(what: string, max: number): Refusal {
  return refusal(
    "refused",
    `${what} than a bundle may have (limit ${max})`,
    "Unpack it elsewhere and look, if you trust its sender.",
  );
}

function damaged(path: string): Refusal {
  return refusal("verification", `${path} can't be unpacked: it was damaged or cut`, "Get the bundle again.");
}
