import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";

/** Certificates, keys and passwords are a few kilobytes. */
const sideFileBytesMax = 1_048_576;

/** Reads what a name in the configuration means; an unreadable file is a mistake at that name. */
function textOf(name: string, folder: string, context: z.RefinementCtx): string {
  const path = resolve(folder, name);
  try {
    if (statSync(path).size <= sideFileBytesMax) return readFileSync(path, "utf8");
    context.addIssue({ code: "custom", message: `${path} is larger than ${sideFileBytesMax} bytes` });
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    context.addIssue({ code: "custom", message: `can't read ${path}: ${why}` });
  }
  return z.NEVER;
}

/** A PEM file with one or more certificates, as its text. */
export function certificateFile(folder: string): z.ZodType<string> {
  return z.string().transform((name, context) => {
    const text = textOf(name, folder, context);
    if (typeof text !== "string") return z.NEVER;
    try {
      return new X509Certificate(text).subject === null ? z.NEVER : text;
    } catch {
      context.addIssue({ code: "custom", message: `${name} holds no certificate in PEM form` });
      return z.NEVER;
    }
  });
}

/** A certificate and its key, which must fit each other. */
export function certificateAndKey(
  folder: string,
): z.ZodType<{ readonly cert: string; readonly key: string }> {
  const key = z.string().transform((name, context) => {
    const text = textOf(name, folder, context);
    if (typeof text !== "string") return z.NEVER;
    try {
      return createPrivateKey(text).type === "private" ? text : z.NEVER;
    } catch {
      context.addIssue({
        code: "custom",
        message: `${name} holds no private key in PEM form without a passphrase`,
      });
      return z.NEVER;
    }
  });
  return z
    .strictObject({ cert: certificateFile(folder), key })
    .refine((pair) => new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key)), {
      message: "the key isn't the certificate's",
    });
}

/** A password's file: the first line, without its end. */
export function passwordFile(folder: string): z.ZodType<string> {
  return z.string().transform((name, context) => {
    const text = textOf(name, folder, context);
    if (typeof text !== "string") return z.NEVER;
    const [line = ""] = text.split(/\r?\n/);
    if (line !== "") return line;
    context.addIssue({ code: "custom", message: `${name} is empty` });
    return z.NEVER;
  });
}
