import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type Check, failed, ok, warned } from "./check.ts";

/** Less than this and a day of a busy desk may fill it, bytes. */
const freeBytesMin = 1024 ** 3;
/** Every release of rows waits for an fsync: above this people notice, milliseconds. */
const fsyncMillisMax = 25;
const fsyncRounds = 16;

/** The disk under the data directory: room, and how long a record takes to be durable. */
export function disks(data: string): readonly Check[] {
  const folder = nearest(data);
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const gigabytes = (free / 1024 ** 3).toFixed(1);
  const room =
    free >= freeBytesMin
      ? ok("disk-space", `${gigabytes} GiB are free at ${folder}`)
      : failed(
          "disk-space",
          `only ${gigabytes} GiB are free at ${folder}`,
          "Make room: when the disk is full, nothing is released any more.",
        );
  return [room, fsyncSpeed(folder)];
}

function fsyncSpeed(folder: string): Check {
  const file = join(folder, `.whosaw-doctor-${randomUUID()}`);
  const times: number[] = [];
  try {
    const descriptor = openSync(file, "wx", 0o600);
    for (let round = 0; round < fsyncRounds; round++) {
      const before = process.hrtime.bigint();
      writeSync(descriptor, Buffer.alloc(4096, round));
      fsyncSync(descriptor);
      times.push(Number(process.hrtime.bigint() - before) / 1e6);
    }
    closeSync(descriptor);
    unlinkSync(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failed(
      "disk-fsync",
      `${folder} can't be written: ${why}`,
      `Give the account that runs whosaw the right to write there.`,
    );
  }
  const median = times.toSorted((a, b) => a - b)[fsyncRounds / 2] ?? 0;
  const says = `a write is durable after ${median.toFixed(1)} ms (median of ${fsyncRounds})`;
  return median <= fsyncMillisMax
    ? ok("disk-fsync", says)
    : warned(
        "disk-fsync",
        says,
        "Every answer with customers waits that long: put the data directory on a disk that syncs faster.",
      );
}

/** What lies among the keys and is no secret (docs/formats/keys.md). */
const isPublic = /\.(vkey|signed|handovers)$/;

/** Files with secrets in them that others may read. */
export function secrets(data: string, configuration: string): readonly Check[] {
  const keys = join(data, "keys");
  const inKeys = existsSync(keys) ? readdirSync(keys).filter((name) => !isPublic.test(name)) : [];
  const beside = existsSync(configuration)
    ? readdirSync(dirname(configuration)).filter(
        (name) => name.endsWith(".password") || name.endsWith(".key"),
      )
    : [];
  const files = [
    ...inKeys.map((name) => join(keys, name)),
    ...beside.map((name) => join(dirname(configuration), name)),
    ...(existsSync(configuration) ? [configuration] : []),
  ].filter((file) => statSync(file).isFile());
  const open = files.filter((file) => (statSync(file).mode & 0o077) !== 0);
  return open.length === 0
    ? [
        ok(
          "keys",
          `${files.length} ${files.length === 1 ? "file" : "files"} with secrets: for the owner's eyes only`,
        ),
      ]
    : open.map((file) => failed("keys", `${file} can be read by others`, `chmod 600 ${file}`));
}

/** The directory itself, or the folder above it that is there. */
function nearest(data: string): string {
  return existsSync(data) || dirname(data) === data ? data : nearest(dirname(data));
}
