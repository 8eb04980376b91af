import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { createLocalJWKSet, type JWTVerifyGetKey } from "jose";
import { type Clock, isRefusal, type Refusal, refusal } from "../../../../base/index.ts";
import type { TokenKeys } from "../options.ts";

/** Bytes of a JWKS document: our choice, some hundred keys. */
const jwksBytesMax = 256 * 1024;
const fetchTimeMax = 5_000;
/** A document is read again after ten minutes, and for a key that it doesn't have, but then at most every thirty seconds. */
const freshTime = 600_000;
const retryTime = 30_000;
/** When it can't be read again, its keys are believed so long: whoever keeps us from it must not keep a withdrawn key alive. */
export const staleTime = 3_600_000;

/** The keys of an issuer. A key that can't be had makes the token refused, never believed. */
export type FindKey = JWTVerifyGetKey;

/** Reads the keys once now, so that a wrong configuration is told at the start, and again when they are old or one is missing. */
export async function tokenKeys(keys: TokenKeys, clock: Clock): Promise<FindKey | Refusal> {
  const first = await readKeys(keys);
  // A file or text that is wrong now stays wrong; an issuer that doesn't answer may be there in a minute.
  if (isRefusal(first) && keys.kind !== "url") return first;
  let current: FindKey | null = isRefusal(first) ? null : first;
  let readAt = clock();
  let goodAt = readAt;
  let reading: Promise<void> | null = null;
  const read = async (): Promise<void> => {
    readAt = clock();
    const found = await readKeys(keys);
    if (isRefusal(found)) return;
    current = found;
    goodAt = readAt;
  };
  const again = async (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = null;
    });
    await reading;
  };
  return async (header, token) => {
    if (keys.kind !== "inline" && clock() - readAt > (current === null ? retryTime : freshTime))
      await again();
    if (current === null || (keys.kind !== "inline" && clock() - goodAt > staleTime))
      throw new Error("the issuer's keys can't be read");
    try {
      return await current(header, token);
    } catch (error) {
      if (keys.kind === "inline" || clock() - readAt < retryTime) throw error;
      await again();
      return current(header, token);
    }
  };
}

async function readKeys(keys: TokenKeys): Promise<FindKey | Refusal> {
  try {
    return parseKeys(await keysText(keys));
  } catch (error) {
    const why = error instanceof Error ? error.message : "unreadable";
    return refusal(
      "input",
      `the keys of a token's issuer (${placeOf(keys)}): ${why}`,
      "check the section's keys",
    );
  }
}

async function keysText(keys: TokenKeys): Promise<string> {
  if (keys.kind === "inline") return keys.text;
  if (keys.kind === "file") return readFile(keys.path, "utf8");
  return fetched(keys.url, keys.ca);
}

function placeOf(keys: TokenKeys): string {
  if (keys.kind === "inline") return "in the configuration";
  return keys.kind === "file" ? keys.path : keys.url;
}

/** Only public keys: a symmetric or private one in the document means that somebody mistook what it is for. */
function parseKeys(text: string): FindKey {
  if (text.length > jwksBytesMax) throw new Error("longer than a JWKS may be");
  const document: unknown = JSON.parse(text);
  const list: unknown = isRecord(document) ? document["keys"] : null;
  if (!Array.isArray(list) || !list.every(isRecord)) throw new Error("not a JWKS document");
  for (const key of list) {
    if (key["kty"] === "oct" || "d" in key) throw new Error("it holds a key that is not public");
  }
  return createLocalJWKSet({ keys: list });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** HTTPS only, no redirects, bounded in time and size. */
function fetched(url: string, ca: string | null): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!url.startsWith("https://")) {
      reject(new Error("not an https address"));
      return;
    }
    const options = {
      timeout: fetchTimeMax,
      ...(ca === null ? {} : { ca }),
      headers: { accept: "application/json" },
    };
    const asked = request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      let length = 0;
      if (answer.statusCode !== 200)
        asked.destroy(new Error(`it answered ${answer.statusCode ?? "nothing"}`));
      answer.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > jwksBytesMax) asked.destroy(new Error("longer than a JWKS may be"));
        else chunks.push(chunk);
      });
      answer.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      answer.on("error", reject);
    });
    const timer = setTimeout(() => asked.destroy(new Error("it didn't answer in time")), fetchTimeMax);
    asked.on("close", () => clearTimeout(timer));
    asked.on("error", reject);
    asked.end();
  });
}
