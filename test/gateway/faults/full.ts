import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cellsOf, say } from "../bytes.ts";
import { asOwner } from "../postgres.ts";
import { turnedAway } from "./cases.ts";
import { type Judgement, ServedUnderFaults } from "./served.ts";

/** A file system in memory that is as small as it is told to be. Only root may mount one. */
export class SmallDisk {
  readonly path: string;

  constructor(path: string, megabytes: number) {
    this.path = path;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0700`, "tmpfs", path]);
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Something else takes all room but this many bytes. */
  fill(leaving: number): void {
    writeFileSync(join(this.path, "ballast"), Buffer.alloc(Math.max(0, this.free - leaving)));
  }

  empty(): void {
    rmSync(join(this.path, "ballast"), { force: true });
  }

  unmount(): void {
    spawnSync("umount", ["--lazy", this.path]);
  }
}

/** Whether this machine lets a test mount anything. */
export function canMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), "whosaw-mount-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]);
  if (status === 0) spawnSync("umount", [path]);
  rmSync(path, { recursive: true, force: true });
  return status === 0;
}

export interface Filled extends Judgement {
  /** Customers whose rows came before the disk was full; there were `asked`. */
  readonly came: number;
  readonly asked: number;
  /** What the client was told in the end. */
  readonly errors: readonly string[];
  /** What others were told while the disk was full. */
  readonly others: readonly string[];
  /** Why it could not be started anew on the full disk; null: it was, and showed nothing. */
  readonly refusedStart: string | null;
  /** Milliseconds until somebody could read again once there was room and it was started anew. */
  readonly back: number;
}

/** Their record takes 1.8 MB: more than the megabyte that the write-ahead file has set aside, and the room left beside it. */
const extra = 200_000;
/** What the log still has room for, bytes. */
const room = 64 * 1024;

/** One answer tells of so many customers that the log's disk is full in the midst of it. */
export async function diskFilled(): Promise<Filled> {
  let disk: SmallDisk | null = null;
  const served = await ServedUnderFaults.start((data) => {
    disk = new SmallDisk(join(data, "log"), 48);
  });
  const small = disk ?? new SmallDisk("", 0);
  try {
    return await fill(served, small);
  } finally {
    await served.kill();
    small.unmount();
    await served.stop();
  }
}

async function fill(served: ServedUnderFaults, disk: SmallDisk): Promise<Filled> {
  await asOwner(served.postgres, [
    `insert into customers (name, email, country, language, kind) select 'n', 'n' || n || '@example.com', 'NL', 'nl', (select kind from customers limit 1) from generate_series(1, ${extra}) n`,
  ]);
  await served.back();
  const client = await served.join("lead-1");
  const came = new Set<string>();
  client.eachRow((body) => {
    const [id] = cellsOf(body);
    came.add(String(id));
    served.saw("lead-1", { customer: String(id), table: "public.customers", field: "email" });
  });
  disk.fill(room);
  client.send(say.query("select id, email, repeat('x', 500) from only customers"));
  const { errors } = await client.until("Z", 1, 60_000);
  const others = [await turnedAway(served), await turnedAway(served)];
  await served.kill();
  const refusedStart = await served.startAgain().then(
    async () => {
      others.push(await turnedAway(served));
      await served.kill();
      return null;
    },
    (error: unknown) => String(error),
  );
  disk.empty();
  await served.startAgain();
  const back = await served.back();
  const asked = extra + 3000;
  return { ...(await served.judge()), came: came.size, asked, errors, others, refusedStart, back };
}
