import { createHash } from "node:crypto";
import { userInfo } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import {
  type Clock,
  type Json,
  type Refusal,
  canonicalJson,
  isRefusal,
  isThere,
  refusal,
} from "../../base/index.ts";
import { type Instant, type Report, formatInstant } from "../../domain/index.ts";
import { type Span, always } from "../../explain/index.ts";
import {
  type Person,
  type Said,
  type Sealing,
  isSealedText,
  missingLog,
  openReader,
  openRecorder,
  openSealing,
} from "../../record/index.ts";
import { type RunningServe, findServe } from "./running.ts";

/** Something that an investigator asked. */
export interface Question {
  readonly command: "customer" | "actor" | "scope" | "trace";
  /** Whom it is about: their key seals it. Null: about nobody in particular, and the asker's key seals it. */
  readonly about: Person | null;
  readonly asked: { readonly [member: string]: Json };
}

/** Times that a log which another command holds is asked for, and the pause between two, ms: a command that imports keeps it longer. */
const attemptsMax = 10;
const pauseMillis = 200;

/** The members of a span in a question: null where it is open. */
export function spanAsked({ since, until }: Span): {
  readonly from: string | null;
  readonly to: string | null;
} {
  return {
    from: since === always.since ? null : formatInstant(since),
    to: until === always.until ? null : formatInstant(until),
  };
}

/** Which reports a trace was asked about: how many, and the SHA-256 of a line `customer,time` each. */
export function reportsAsked(reports: readonly Report[]): {
  readonly reports: number;
  readonly sha256: string;
} {
  const hash = createHash("sha256");
  for (const { customer, time } of reports) hash.update(`${customer},${formatInstant(time)}\n`);
  return { reports: reports.length, sha256: hash.digest("hex") };
}

/**
 * Who watches: writes into the log that somebody asks. By the serve that runs, or with the log opened for that moment. A refusal says
 * why it is not on record; null: it is, or there is no log here.
 */
export async function recordQuestion(
  place: { readonly data: string; readonly clock: Clock; readonly serve: RunningServe | null },
  question: Question,
): Promise<Refusal | null> {
  try {
    if (missingLog(place.data) !== null) return null;
    const entry = await entryOf(place, question);
    if (isRefusal(entry)) return entry;
    if (place.serve === null) return await appendAlone(place, entry);
    const receipt = await place.serve.recorder.append(entry);
    return isRefusal(receipt) ? receipt : null;
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return refusal("input", error.message, "");
  }
}

async function entryOf(
  { data, clock }: { readonly data: string; readonly clock: Clock },
  { command, about, asked }: Question,
): Promise<Said | Refusal> {
  const sealing = await openSealing(data);
  if (isRefusal(sealing)) return sealing;
  const by = userInfo().username;
  const sealed = await sealing.seal(about ?? `actor:${by}`, canonicalJson(asked));
  if (isRefusal(sealed)) return sealed;
  return { asked: sealed, by, command, kind: "question", time: formatInstant(clock() as Instant) };
}

async function appendAlone(
  { data, clock }: { readonly data: string; readonly clock: Clock },
  entry: Said,
): Promise<Refusal | null> {
  // Opening a log makes a key where there is none: right for whoever begins one, and wrong for whoever asks a copy.
  if (!isThere(join(data, "keys/log.key")))
    return refusal("input", "the log's key is not in this data directory", "");
  for (let attempt = 1; ; attempt++) {
    // Its witnesses are asked by the next command that waits for them: a question should not.
    const log = await openRecorder(data, { clock });
    if (!isRefusal(log)) {
      const receipt = await log.append(entry);
      await log.close();
      return isRefusal(receipt) ? receipt : null;
    }
    if (log.code !== "refused" || attempt === attemptsMax) return log;
    await new Promise((wait) => setTimeout(wait, pauseMillis));
  }
}

/** A question that is on record. */
export interface AskedOnce {
  readonly index: number;
  readonly time: string;
  /** The operating system's name for them. */
  readonly by: string;
  readonly command: string;
  /** Null: the key of whom it was about has been destroyed. */
  readonly asked: Json;
}

const questionEntry = z.object({
  kind: z.literal("question"),
  time: z.string(),
  by: z.string(),
  command: z.string(),
});

/** Every question on record in a span of time, oldest first. */
export async function listQuestions(data: string, span: Span): Promise<readonly AskedOnce[] | Refusal> {
  // What a running serve acknowledged a moment ago is in the log, but not under a checkpoint that a reader may go by.
  const published = await (await findServe(data))?.recorder.checkpoint();
  if (isRefusal(published)) return published;
  const reader = await openReader(data);
  if (isRefusal(reader)) return reader;
  const sealing = await openSealing(data);
  if (isRefusal(sealing)) return sealing;
  const found: AskedOnce[] = [];
  for await (const bundle of reader.entries())
    for (const { index, entry } of bundle) {
      const told = questionEntry.safeParse(entry);
      if (!told.success) continue;
      const { time, by, command } = told.data;
      const when = Date.parse(time);
      if (when < span.since || when > span.until) continue;
      const asked = await opened(sealing, entry?.["asked"]);
      if (isRefusal(asked)) return asked;
      found.push({ index, time, by, command, asked });
    }
  return found;
}

async function opened(sealing: Sealing, sealed: Json | undefined): Promise<Json | Refusal> {
  if (!isSealedText(sealed)) return null;
  const text = await sealing.open(sealed);
  if (isRefusal(text)) return text;
  return text === "shredded" ? null : (JSON.parse(text.reveal()) as Json);
}
