import type { Row } from "./cells.ts";
import { type Added, commit, nothingAdded, openRows, type Run } from "./run.ts";
import { readText, type Source } from "./source.ts";
import type { AccessRow, Normalised, UnknownRow, VendorFormat, VendorOptions } from "./vendor/index.ts";

export interface VendorFile {
  readonly source: Source;
  readonly read: VendorFormat;
  readonly options: VendorOptions;
}

/** Normalised records gathered before they are loaded and committed. */
const recordsMax = 500_000;

/**
 * Loads another system's log. Only its format knows where a record ends and in which order records are told, so that
 * there is one commit, at the end: an interrupted import of such a log begins again.
 */
export async function loadVendor(
  run: Run,
  { source, read, options }: VendorFile,
  onRead: (bytes: number) => void,
): Promise<void> {
  let batch = openBatch(run);
  let total = nothingAdded;
  for await (const record of read(readText(source, onRead), options)) {
    batch.add(record);
    if (batch.records() < recordsMax) continue;
    total = sum(total, await batch.send());
    batch = openBatch(run);
  }
  total = sum(total, await batch.send());
  commit(run, total, 0, 0);
}

function sum(a: Added, b: Added): Added {
  return {
    read: a.read + b.read,
    rejected: a.rejected + b.rejected,
    ignored: a.ignored + b.ignored,
    exposureUnknown: a.exposureUnknown + b.exposureUnknown,
  };
}

interface Batch {
  readonly add: (record: Normalised) => void;
  readonly records: () => number;
  readonly send: () => Promise<Added>;
}

function openBatch(run: Run): Batch {
  const access = openRows(run, "sightings");
  const unknown = openRows(run, "unknown_exposures");
  let [read, rejected, ignored] = [0, 0, 0];
  return {
    records: () => read,
    add: (record) => {
      read++;
      if (record.kind === "ignored") ignored++;
      else if (record.kind === "access") access.add(accessRow(record));
      else if (record.kind === "unknown") unknown.add(unknownRow(record));
      else {
        rejected++;
        // A foreign record may hold values; its line number is enough to find it in its file.
        run.rejects.add(record.line, record.reason, "");
      }
    },
    send: async () => {
      const exposureUnknown = unknown.rows();
      await access.send();
      await unknown.send();
      return { read, rejected, ignored, exposureUnknown };
    },
  };
}

function accessRow(row: AccessRow): Row {
  const { line, actor, customer, action, fields, masked, session, ip, source } = row;
  return {
    line,
    time: timeText(row.time),
    actor,
    customer,
    action,
    fields,
    masked,
    ticket: row.ticket ?? "",
    session,
    ip,
    source,
  };
}

/** The table keeps no ticket of an unknown exposure: nobody knows whose it was. */
function unknownRow(row: UnknownRow): Row {
  const { line, actor, action, fields, rows, target, session, ip, source } = row;
  return { line, time: timeText(row.time), actor, action, fields, rows, target, session, ip, source };
}

function timeText(instant: number): string {
  return new Date(instant).toISOString().slice(0, 23).replace("T", " ");
}
