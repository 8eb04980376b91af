import { z } from "zod";
import type { Role, TicketTable } from "../../policy/index.ts";
import { type GatewaySection, gatewaySection } from "./gateway.ts";
import { type ProtectedTables, protectedTables, ticketTable } from "./protection.ts";
import { roles } from "./roles.ts";
import { type ConfiguredUser, pools, users } from "./users.ts";

const share = z.number().min(0).max(1);

/** What every command reads of `whosaw.yaml`. */
export interface RecordSections {
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

/** The sections that every command reads. */
const records = {
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
} as const;

/** Every section of `whosaw.yaml`, each right in itself. Every key is optional; a key that isn't here is refused with its line. */
export interface Sections extends RecordSections {
  readonly gateway?: GatewaySection | undefined;
  readonly protect?: ProtectedTables | undefined;
  readonly tickets?: TicketTable | undefined;
  readonly roles?: ReadonlyMap<string, Role> | undefined;
  readonly users?: ReadonlyMap<string, ConfiguredUser> | undefined;
  readonly pools?: ReadonlyMap<string, ConfiguredUser> | undefined;
}

/** `folder`: where file names in the configuration start. */
export function sections(folder: string): z.ZodType<Sections> {
  return z.strictObject({
    ...records,
    gateway: gatewaySection(folder).optional(),
    protect: protectedTables.optional(),
    tickets: ticketTable.optional(),
    roles: roles.optional(),
    users: users.optional(),
    pools: pools(folder).optional(),
  });
}
