import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { type Refusal, refusal } from "../base/index.ts";
import { tableNames } from "../domain/index.ts";
import { type ColumnMap, csvCells, mapBytesMax, parseMap, proposeMap } from "../capture/index.ts";

/** Reads the file of `--map`. */
export async function readMap(file: string): Promise<ColumnMap | Refusal> {
  try {
    const { size } = await stat(file);
    if (size > mapBytesMax)
      return refusal("input", `${file} is longer than a map (${mapBytesMax} bytes)`, "Is it the right file?");
    const map = parseMap(await readFile(file, "utf8"));
    return "kind" in map ? { ...map, what: `${file}: ${map.what}` } : map;
  } catch (error) {
    return refusal(
      "input",
      `can't read the map ${file}: ${reason(error)}`,
      "whosaw import --propose-map FILE writes one to start from.",
    );
  }
}

/** How much of a file is looked at to propose a map. */
const sampleBytesMax = 4 * 2 ** 20;

/** A map proposed from the header and the first rows of a CSV, plain or gzip, as YAML with a reason for each column; as accesses unless `as` names another table. */
export async function proposeMapFor(file: string, as?: string): Promise<string | Refusal> {
  let head: string;
  try {
    head = (await firstBytes(file)).toString("utf8");
  } catch (error) {
    return refusal("input", `can't read ${file}: ${reason(error)}`, "Name a CSV file that exists.");
  }
  const lines = head.split(/\r?\n/);
  // The last line may be cut off.
  const whole = head.length < sampleBytesMax ? lines : lines.slice(0, -1);
  const delimiter = [",", ";", "\t", "|"].reduce(
    (best, sign) => (cells(whole[0], sign) > cells(whole[0], best) ? sign : best),
    ",",
  );
  const [header, ...rows] = whole.filter((line) => line !== "").map((line) => csvCells(line, delimiter));
  if (header === undefined || header === null || header.length < 2) {
    return refusal(
      "input",
      `the first line of ${file} is no CSV header`,
      "Name the columns in the first line.",
    );
  }
  const sample = rows.filter((row): row is string[] => row !== null && row.length === header.length);
  return proposeMap(
    header.map((name) => name.replace(/^\uFEFF/, "")),
    sample,
    tableNames.find((table) => table === as),
  ).yaml;
}

function cells(line: string | undefined, delimiter: string): number {
  return line?.split(delimiter).length ?? 0;
}

async function firstBytes(file: string): Promise<Buffer> {
  const raw = createReadStream(file, { end: sampleBytesMax - 1 });
  const pieces: Buffer[] = [];
  let size = 0;
  let gzip: boolean | null = null;
  const gunzip = createGunzip();
  for await (const piece of raw as AsyncIterable<Buffer>) {
    gzip ??= piece[0] === 0x1f && piece[1] === 0x8b;
    pieces.push(piece);
    size += piece.length;
    if (size >= sampleBytesMax) break;
  }
  if (gzip !== true) return Buffer.concat(pieces);
  const text: Buffer[] = [];
  let told = 0;
  gunzip.on("error", () => gunzip.destroy());
  gunzip.end(Buffer.concat(pieces));
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      text.push(piece);
      told += piece.length;
      if (told >= sampleBytesMax) break;
    }
  } catch {
    // The sample ends in the middle of the archive; what came before it is enough.
  }
  return Buffer.concat(text).subarray(0, sampleBytesMax - 1);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
