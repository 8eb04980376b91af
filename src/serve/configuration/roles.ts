import { z } from "zod";
import { isTimeZone, parseTableName, type Quota, type Role, tableKey } from "../../policy/index.ts";

const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const minute = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time of day is written "08:30", in quotes')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const hours: z.ZodType<NonNullable<Role["hours"]>> = z
  .strictObject({
    days: z.array(z.enum(days)).min(1),
    from: minute,
    until: minute,
    timeZone: z.string().refine(isTimeZone, "no time zone of that name is known; Europe/Berlin is one"),
  })
  .refine(({ from, until }) => from !== until, {
    message: "from and until are the same: no time at all (leave hours out to allow every hour)",
    path: ["until"],
  })
  .refine(({ from }) => from < 1440, { message: "a day begins at 00:00", path: ["from"] })
  .transform((given) => ({ ...given, days: given.days.map((day) => days.indexOf(day)) }));

/** More customers than any help desk has; memory for them is reckoned with quotaEntriesMax. */
const quotaMax = 1_000_000;

const customers = z.number().int().min(0).max(quotaMax).optional();

const quota: z.ZodType<Quota> = z
  .strictObject({ hour: customers, day: customers })
  .refine(({ hour, day }) => hour === undefined || day === undefined || hour <= day, {
    message: "the hour's limit is above the day's and would never be reached",
    path: ["hour"],
  })
  .transform(({ hour, day }) => ({ hour: hour ?? null, day: day ?? null }));

const free: Quota = { hour: null, day: null };

const showing = z.enum(["plain", "masked", "hidden"]);

/** Groups smaller than this tell about single customers; 5 is what statistical offices use as the least. */
const smallestGroupDefault = 5;

const functionName = z.string().transform((text, context) => {
  const name = parseTableName(text);
  if (name !== null) return tableKey(name.schema, name.table);
  context.addIssue({ code: "custom", message: "a function is written schema.name" });
  return z.NEVER;
});

const ownSetting = z
  .string()
  .regex(/^[a-z_]\w*(?:\.[a-z_]\w*)+$/i, {
    message: "a setting of an application's own is written prefix.name",
  })
  .transform((text) => text.toLowerCase())
  .refine((name) => !name.startsWith("whosaw."), { message: "settings of whosaw's own can't be given away" });

const role = z
  .strictObject({
    upstream: z.string().min(1),
    show: z
      .strictObject({
        identifier: showing.optional(),
        contact: showing.optional(),
        content: showing.optional(),
      })
      .default({}),
    ticketBound: z.boolean().default(false),
    quotas: z
      .strictObject({ identifier: quota.optional(), contact: quota.optional(), content: quota.optional() })
      .default({}),
    hours: hours.optional(),
    export: z.boolean().default(false),
    rowsMax: z.number().int().min(0).optional(),
    aggregates: z
      .strictObject({
        allow: z.boolean(),
        smallestGroup: z.number().int().min(1).default(smallestGroupDefault),
      })
      .default({ allow: false, smallestGroup: smallestGroupDefault }),
    functions: z.array(functionName).default([]),
    channels: z.array(z.string().min(1).max(63)).default([]),
    settings: z.array(ownSetting).default([]),
    ddl: z.boolean().default(false),
  })
  .refine((given) => !given.export || given.rowsMax === undefined, {
    message: "rowsMax limits roles that may not export",
    path: ["rowsMax"],
  });

/** `roles`, by name. What a role doesn't say is what lets out least: fields masked, no export, no aggregates. */
export const roles: z.ZodType<ReadonlyMap<string, Role>> = z
  .record(z.string().min(1).max(63), role)
  .transform(
    (given) =>
      new Map(
        Object.entries(given).map(([name, says]) => [
          name,
          {
            name,
            upstream: says.upstream,
            show: {
              identifier: says.show.identifier ?? "masked",
              contact: says.show.contact ?? "masked",
              content: says.show.content ?? "masked",
              none: "plain",
            },
            ticketBound: says.ticketBound,
            quotas: {
              identifier: says.quotas.identifier ?? free,
              contact: says.quotas.contact ?? free,
              content: says.quotas.content ?? free,
            },
            hours: says.hours ?? null,
            export: says.export,
            rowsMax: says.rowsMax ?? null,
            aggregates: says.aggregates,
            functions: new Set(says.functions),
            channels: new Set(says.channels),
            settings: new Set(says.settings),
            ddl: says.ddl,
          },
        ]),
      ),
  );
