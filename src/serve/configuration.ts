import { readFileSync } from "node:fs";
import { LineCounter, isNode, parseDocument } from "yaml";
import { z } from "zod";
import { type Refusal, refusal } from "../base/index.ts";

const share = z.number().min(0).max(1);

/** `whosaw.yaml`. Every key is optional; a key that isn't here is refused with its line. */
export interface Configuration {
  readonly store?:
    | {
        readonly url?: string | undefined;
        readonly user?: string | undefined;
        readonly password?: string | undefined;
        readonly database?: string | undefined;
        readonly memoryBytesMax?: number | undefined;
      }
    | undefined;
  readonly witnesses?:
    | {
        readonly needed: number;
        readonly list: readonly { readonly url: string; readonly key: string }[];
        readonly alarmMinutes?: number | undefined;
      }
    | undefined;
  readonly trace?:
    | {
        readonly priors?:
          | Readonly<Record<"insider" | "stolen_account" | "outside_breach" | "no_leak", number>>
          | undefined;
        readonly onlyHere?: readonly string[] | undefined;
      }
    | undefined;
}

/** Witnesses of one log: each is asked at every checkpoint, and each adds a line to it. */
const witnessesMax = 16;

const schema: z.ZodType<Configuration> = z.strictObject({
  /** The analytic copy: a ClickHouse server instead of the embedded engine. */
  store: z
    .strictObject({
      url: z.url().optional(),
      user: z.string().optional(),
      password: z.string().optional(),
      database: z
        .string()
        .regex(/^[A-Za-z_]\w{0,63}$/)
        .optional(),
      /** The most memory one question may use, bytes. */
      memoryBytesMax: z
        .number()
        .int()
        .min(256 * 2 ** 20)
        .optional(),
    })
    .optional(),
  /** Who cosigns the log's checkpoints (docs/operate/witness.md). */
  witnesses: z
    .strictObject({
      needed: z.number().int().min(1),
      /** The key is the witness's own line, as `whosaw witness` prints it. */
      list: z
        .array(z.strictObject({ url: z.url({ protocol: /^https?$/ }), key: z.string().min(1) }))
        .max(witnessesMax),
      alarmMinutes: z.number().min(1).max(525_600).optional(),
    })
    .refine(({ needed, list }) => needed <= list.length, {
      message: "more witnesses are needed than are listed",
    })
    .optional(),
  trace: z
    .strictObject({
      /** Probabilities before any report is heard; they must add up to 1. */
      priors: z
        .strictObject({ insider: share, stolen_account: share, outside_breach: share, no_leak: share })
        .refine(
          (priors) => Math.abs(Object.values(priors).reduce((sum, prior) => sum + prior, 0) - 1) < 1e-6,
          {
            message: "the four priors must add up to 1",
          },
        )
        .optional(),
      /** Facts that only this database holds: a caller who knows one has it from here. */
      onlyHere: z.array(z.string().min(1)).optional(),
    })
    .optional(),
});

/** Larger than any configuration is; a log given by mistake is refused, not parsed. */
const configurationBytesMax = 1_048_576;

/** Reads `whosaw.yaml`; a mistake is refused with its line and what is allowed there. */
export function readConfiguration(file: string): Configuration | Refusal {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refusal(
      "input",
      `can't read the configuration ${file}: ${why}`,
      "Name a file that exists with --config.",
    );
  }
  if (text.length > configurationBytesMax) {
    return refusal(
      "input",
      `${file} is too large for a configuration (limit ${configurationBytesMax} bytes)`,
      "Name the right file.",
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken !== undefined) {
    return refusal(
      "input",
      `${file}:${lines.linePos(broken.pos[0]).line}: ${broken.message.split("\n")[0] ?? ""}`,
      "Mend the YAML there.",
    );
  }
  const checked = schema.safeParse(document.toJS() ?? {});
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const path = issue?.path ?? [];
  const key = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const node = document.getIn(key === undefined ? path : [...path, key], true);
  const at = isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1;
  const where = [...path, ...(key === undefined ? [] : [key])].join(".");
  return refusal(
    "input",
    `${file}:${at}: ${where}: ${issue?.message ?? "not allowed"}`,
    "docs/operate/configuration.md lists every key.",
  );
}
