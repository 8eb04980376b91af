import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { resolve } from "node:path";
import { zipSync } from "fflate";
import { z } from "zod";
import { type Refusal, defect, isRefusal, refusal } from "../base/index.ts";
import { type ActorId, type Instant, formatInstant } from "../domain/index.ts";
import { always } from "../explain/index.ts";
import { makeBundle, openReader } from "../record/index.ts";
import {
  type EvidenceAttachment,
  type EvidenceFacts,
  policyText,
  provenance,
  reportPage,
  stepsText,
} from "../respond/index.ts";
import type { Store } from "../store/index.ts";
import { scope, scopeCsv } from "../trace/index.ts";
import { type RowsWish, importsOf, rowsOf } from "./evidence-rows.ts";
import { refusalOf, release, unfitTarget } from "./exporting.ts";
import type { LogWriter } from "./live/running.ts";
import { type LogOptions, openWriter } from "./witness.ts";

export interface EvidenceWish extends RowsWish {
  readonly reason: string | null;
  readonly file: string;
  readonly overwrite: boolean;
}

/** What was handed out, as the log tells it. */
export interface EvidenceAnswer {
  readonly file: string;
  readonly actor: string;
  readonly customers: number;
  readonly sightings: number;
  readonly exposureUnknown: number;
  /** Sightings that no entry of the log stands behind. */
  readonly unproved: number;
  /** The log's entries in the bundle, the export's own not counted; and how many of those asked for have been erased. */
  readonly entries: number;
  readonly erased: number;
  readonly bytes: number;
  readonly sha256: string;
  /** The log's entry that tells of this export. */
  readonly receipt: { readonly log: string; readonly index: number };
}

export interface EvidencePlace extends LogOptions {
  readonly store: Store;
  /** False: nothing names this actor. */
  readonly knows: (actor: ActorId) => Promise<boolean>;
}

/** Files of a .zip without the zip64 extension, which the verifier's page and many tools don't read. */
export const evidenceFilesMax = 65_535;
/** Characters of the reason: the log's entry holds it. */
export const evidenceReasonMax = 2_000;

/**
 * Writes one bundle about one actor. The log records the export, with the digest of every file, before the archive gets its name:
 * nobody can hold a bundle that the log doesn't know of.
 */
export async function exportEvidence(
  place: EvidencePlace,
  wish: EvidenceWish,
): Promise<EvidenceAnswer | Refusal> {
  const to = { file: wish.file, overwrite: wish.overwrite };
  const refused = unfitTarget({ to, format: "csv" }) ?? unfitReason(wish.reason);
  if (refused !== null) return refused;
  const log = await openWriter(place.store.data, place);
  if (isRefusal(log)) return log;
  const { recorder } = log;
  const part = `${resolve(wish.file)}.part`;
  try {
    const gathered = await gather(place, recorder, wish);
    if (isRefusal(gathered)) return gathered;
    const made = await bundleOf(place, recorder, { ...gathered, wish });
    if (isRefusal(made)) return made;
    await writeDurably(part, made.archive);
    return (await release(part, to)) ?? made.answer;
  } catch (error) {
    return refusalOf(error, to);
  } finally {
    await rm(part, { force: true }).catch(() => undefined);
    await log.close();
  }
}

function unfitReason(reason: string | null): Refusal | null {
  return reason !== null && reason.length > evidenceReasonMax
    ? refusal("usage", `the reason is longer than ${evidenceReasonMax} characters`, "Say it shorter.")
    : null;
}

interface Gathered {
  readonly facts: EvidenceFacts;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly entries: readonly number[];
}

async function gather(
  { store, clock, witnesses, knows }: EvidencePlace,
  recorder: LogWriter,
  wish: EvidenceWish,
): Promise<Gathered | Refusal> {
  const question = { actor: wish.actor, since: wish.since, until: wish.until, unexplainedOnly: false };
  const rows = await rowsOf({ store, clock }, recorder.log, wish);
  if (isRefusal(rows)) return rows;
  if (rows.sightings + rows.exposureUnknown === 0 && !(await knows(wish.actor)))
    return refusal(
      "input",
      `nothing on record names an actor ${wish.actor}: no bundle was written`,
      "Look for a slip in the id; `whosaw actor ID` says what is known of one.",
    );
  const found = await scope(store, question);
  const lines: string[] = [];
  for await (const line of scopeCsv(store.stream, question)) lines.push(line);
  const reader = await openReader(store.data);
  if (isRefusal(reader)) return reader;
  const files = new Map<string, Uint8Array>([
    ["sightings.csv", rows.sightingsCsv],
    ["exposure-unknown.csv", rows.unknownCsv],
    ["scope.csv", Buffer.from(lines.join(""))],
  ]);
  const facts: EvidenceFacts = {
    actor: wish.actor,
    from: wish.since === always.since ? null : formatInstant(wish.since),
    to: wish.until === always.until ? null : formatInstant(wish.until),
    by: userInfo().username,
    reason: wish.reason,
    exported: formatInstant(clock() as Instant),
    version: version(),
    log: { name: recorder.log, key: recorder.key, size: reader.size },
    scope: found,
    sightings: rows.sightings,
    unproved: rows.unproved,
    shown: rows.shown,
    imports: await importsOf(reader, rows.entries),
    attachments: [...files].map(attachment),
    witnessesNeeded: witnesses?.needed ?? 0,
  };
  return { facts, files, entries: rows.entries };
}

function attachment([path, bytes]: readonly [string, Uint8Array]): EvidenceAttachment {
  return { path, bytes: bytes.length, sha256: sha256(bytes) };
}

async function bundleOf(
  { store, clock, witnesses }: EvidencePlace,
  recorder: LogWriter,
  { facts, files, entries, wish }: Gathered & { readonly wish: EvidenceWish },
): Promise<{ readonly archive: Uint8Array; readonly answer: EvidenceAnswer } | Refusal> {
  if (entries.length * 3 > evidenceFilesMax - fixedFiles)
    return refusal(
      "refused",
      `${entries.length} imports are more than one bundle holds`,
      "Make several, each with its own --from and --to.",
    );
  const report = Buffer.from(reportPage(facts));
  const attachments = [attachment(["report.html", report]), ...facts.attachments];
  const told = provenance({ ...facts, attachments });
  const { actor, reason, by, sightings, unproved } = facts;
  const { customers, exposureUnknown } = facts.scope;
  const bundle = await makeBundle(store.data, recorder, {
    entries,
    files: new Map([
      ...files,
      ["report.html", report],
      ["provenance.case.json", Buffer.from(`${JSON.stringify(told, null, 2)}\n`)],
      ["policy", Buffer.from(policyText(recorder.key, witnesses ?? null))],
      ["HOW-TO-VERIFY.txt", Buffer.from(stepsText(facts))],
      ["verify.html", readFileSync(verifierPage)],
    ]),
    said: {
      kind: "export",
      time: formatInstant(clock() as Instant),
      format: "evidence",
      file: wish.file,
      sightings,
      exposureUnknown,
      customers,
      filter: { from: facts.from, to: facts.to, actor, customer: null },
      reason,
      by,
    },
  });
  if (isRefusal(bundle)) return bundle;
  const archive = pack(bundle.files, facts.exported);
  const receipt = receiptOf(bundle.files);
  const answer = { file: wish.file, actor, customers, sightings, exposureUnknown, unproved };
  const proved = [...bundle.files.keys()].filter((path) => /^entries\/\d+\.json$/.test(path)).length;
  return {
    archive,
    answer: {
      ...answer,
      entries: proved,
      erased: bundle.erased,
      bytes: archive.length,
      sha256: sha256(archive),
      receipt: { log: recorder.log, index: receipt },
    },
  };
}

/** The offline verifier's page, beside the compiled verifier. */
const verifierPage = new URL("../verify/page.html", import.meta.url);

/** Files of a bundle that are not an import's: the report and its tables, the export, the lists; and room for hand-overs of keys. */
const fixedFiles = 1_000;

/** Stored under one time, that of the export: equal bundles are equal bytes. */
function pack(files: ReadonlyMap<string, Uint8Array>, exported: string): Uint8Array {
  const mtime = new Date(exported);
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return zipSync(Object.fromEntries(sorted), { mtime, level: 6 });
}

/** The index of the export's own entry, as its proof has it. */
function receiptOf(files: ReadonlyMap<string, Uint8Array>): number {
  const proof = Buffer.from(files.get("export.tlog-proof") ?? Buffer.of()).toString();
  return Number(/^index (\d+)$/m.exec(proof)?.[1] ?? defect("a bundle without the export's proof"));
}

async function writeDurably(part: string, bytes: Uint8Array): Promise<void> {
  await rm(part, { force: true });
  const handle = await open(part, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const about = z.object({ version: z.string() });

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  const read = existsSync(file) ? about.safeParse(JSON.parse(readFileSync(file, "utf8"))) : null;
  return read?.success === true ? read.data.version : "unknown";
}
