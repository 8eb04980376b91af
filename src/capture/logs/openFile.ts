import { rmSync } from "node:fs";
import { isRefusal, type Refusal, refusal } from "../../base/index.ts";
import { loadedTable } from "./columns.ts";
import { isVendorFormat } from "./formats.ts";
import type { Desk, FileTask } from "./importFile.ts";
import type { LoadedTable } from "./loader.ts";
import { loadMapped, planMapped } from "./mappedFile.ts";
import { loadParquet, openParquet } from "./parquetFile.ts";
import type { Run } from "./run.ts";
import type { Source } from "./source.ts";
import { defaultSizes, loadText, openText } from "./textFile.ts";
import { vendors } from "./vendor/index.ts";
import { loadVendor } from "./vendorFile.ts";

const nothing = (): void => undefined;

/** A file whose head was understood, ready to be loaded. */
export interface Opened {
  readonly tables: readonly LoadedTable[];
  readonly notices: readonly string[];
  readonly load: (run: Run, onRead: (bytes: number) => void) => Promise<Refusal | null>;
  readonly close: () => void;
}

export async function openFile(desk: Desk, source: Source, task: FileTask): Promise<Opened | Refusal> {
  const { format } = task;
  const tables = [loadedTable(task.table)];
  if (isVendorFormat(format)) {
    const vendor = vendors[format];
    return {
      tables: ["sightings", "unknown_exposures"],
      notices: vendor.notices,
      close: nothing,
      load: async (run, onRead) => {
        await loadVendor(run, { source, read: vendor.read, options: task.vendor }, onRead);
        return null;
      },
    };
  }
  if (task.map !== null) {
    const { map } = task;
    const planned = planMapped(map);
    if (isRefusal(planned)) return planned;
    return {
      tables,
      notices: planned.notices,
      close: nothing,
      load: async (run, onRead) => loadMapped(run, { source, map, plan: planned.plan }, onRead),
    };
  }
  if (format === "parquet") {
    const file = await openParquet(desk, source, task.table, task.renaming);
    if (isRefusal(file)) return file;
    return {
      tables,
      notices: file.notices,
      close: () => rmSync(file.link, { force: true }),
      load: async (run, onRead) => loadParquet(run, file, onRead),
    };
  }
  if (source.parquet)
    return refusal("input", `${source.path} is a Parquet file`, "import it with --format parquet");
  const file = await openText(source, format, task);
  if (isRefusal(file)) return file;
  return {
    tables,
    notices: file.notices,
    close: nothing,
    load: async (run, onRead) => {
      await loadText(run, { ...file, sizes: desk.sizes ?? defaultSizes }, onRead);
      return null;
    },
  };
}
