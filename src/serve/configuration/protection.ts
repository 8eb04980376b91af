import { z } from "zod";
import {
  alternatives,
  type Field,
  isPathMistake,
  type KeyPath,
  parseKeyPath,
  parseTableName,
  type ProtectedTable,
  tableKey,
  type TicketTable,
} from "../../policy/index.ts";

const path: z.ZodType<KeyPath> = z.string().transform((text, context) => {
  const read = parseKeyPath(text);
  if (!isPathMistake(read)) return read;
  context.addIssue({ code: "custom", message: `${read.what}, at character ${read.at + 1}` });
  return z.NEVER;
});

/** `contact`, or `{ class: contact, mask: domain }`. */
const field: z.ZodType<Field> = z.preprocess(
  (value) => (typeof value === "string" ? { class: value } : value),
  z
    .strictObject({
      class: z.enum(["identifier", "contact", "content", "none"]),
      mask: z.enum(["full", "last4", "domain", "hash"]).optional(),
    })
    .refine((given) => given.class !== "none" || given.mask === undefined, {
      message: "a field of class none is never masked",
      path: ["mask"],
    })
    .transform((given) => ({ class: given.class, mask: given.mask ?? "full" })),
);

/** `protect`: by `schema.table` as the catalog names it, with the key under which it is written in the file. */
export type ProtectedTables = ReadonlyMap<
  string,
  { readonly written: string; readonly table: ProtectedTable }
>;

export const protectedTables: z.ZodType<ProtectedTables> = z
  .record(
    z.string(),
    z.strictObject({
      key: path,
      several: z.boolean().default(false),
      fields: z.record(z.string(), field).default({}),
    }),
  )
  .transform((given, context) => {
    const tables = new Map<string, { written: string; table: ProtectedTable }>();
    for (const [written, { key, several, fields }] of Object.entries(given)) {
      const wrong = (message: string, ...within: string[]): void =>
        context.addIssue({ code: "custom", message, path: [written, ...within] });
      const name = parseTableName(written);
      if (name === null) {
        wrong("a table is written schema.table, names with capitals in double quotes");
        continue;
      }
      if (several && alternatives(key).every(({ steps }) => steps.length === 0))
        wrong("a column of the row itself holds one customer, not several", "several");
      const id = tableKey(name.schema, name.table);
      const before = tables.get(id);
      if (before !== undefined) wrong(`the table stands here twice, also as ${before.written}`);
      tables.set(id, {
        written,
        table: {
          ...name,
          key: several ? { ...key, many: true } : key,
          fields: new Map(Object.entries(fields)),
        },
      });
    }
    return tables;
  });

/** `tickets`. */
export const ticketTable: z.ZodType<TicketTable> = z
  .strictObject({
    table: z.string(),
    id: z.string(),
    customer: path,
    several: z.boolean().default(false),
    assignee: path,
    closed: z.string().optional(),
    open: z.strictObject({ path, values: z.array(z.string()).min(1) }).optional(),
  })
  .transform((given, context) => {
    const name = parseTableName(given.table);
    const wrong = (message: string, key: string): void =>
      context.addIssue({ code: "custom", message, path: [key] });
    if (name === null) {
      wrong("a table is written schema.table, names with capitals in double quotes", "table");
      return z.NEVER;
    }
    for (const [key, { or }] of Object.entries({
      customer: given.customer,
      open: given.open?.path ?? given.customer,
    }))
      if (or !== undefined)
        wrong("a ticket has one way; only the key of a protected table may have others", key);
    if (given.assignee.where !== undefined)
      wrong("the ticket itself can't have conditions here, only steps can", "assignee");
    if (given.several && given.customer.steps.length === 0)
      wrong("a column of the ticket itself holds one customer, not several", "several");
    return {
      ...name,
      id: given.id,
      customer: given.several ? { ...given.customer, many: true } : given.customer,
      assignee: given.assignee.column,
      closed: given.closed ?? null,
      actor: given.assignee.steps,
      ...(given.open === undefined ? {} : { open: given.open }),
    };
  });
