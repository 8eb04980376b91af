import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { type Clock, type Refusal, isRefusal, refusal } from "../../base/index.ts";
import { type ActorId, type CustomerId, parseCustomerId } from "../../domain/index.ts";
import { openReader } from "../../record/index.ts";
import { type GatewayConfiguration, readConfiguration } from "../configuration/index.ts";
import { recoverLog } from "../live/catching-up.ts";
import { literal } from "../live/reasons.ts";
import { findServe } from "../live/running.ts";
import { type Canary, standingOf } from "../live/standing.ts";
import { openWriter } from "../witness.ts";
import { ownQuestions } from "./control.ts";

export interface CanaryPlace {
  readonly data: string;
  readonly config?: string;
  readonly clock: Clock;
}

export interface CanaryWish extends CanaryPlace {
  /** A file of SQL; without it `canary.sql` in the data directory. */
  readonly template?: string;
  /** The only one whose work is to lead to it. */
  readonly actor: ActorId | null;
  /** Of its e-mail address. */
  readonly domain: string;
}

/** Characters of a template. */
export const templateCharactersMax = 65_536;

const given = [
  "Ada",
  "Bruno",
  "Carla",
  "Dario",
  "Elin",
  "Felix",
  "Greta",
  "Hanna",
  "Ivo",
  "Jana",
  "Karl",
  "Lena",
];
const family = [
  "Abel",
  "Brandt",
  "Castro",
  "Dorn",
  "Ekman",
  "Falk",
  "Gruber",
  "Holm",
  "Ivers",
  "Jansen",
  "Kern",
  "Lind",
];

function oneOf(names: readonly string[]): string {
  return names[randomInt(names.length)] ?? "Kim";
}

/** What a template's placeholders become: believable, and nobody's. Numbers 555-0100 to 555-0199 are set aside for fiction. */
function invented(wish: CanaryWish): Readonly<Record<string, string>> {
  const [first, last] = [oneOf(given), oneOf(family)];
  const number = String(randomInt(1000, 10_000));
  return {
    name: `${first} ${last}`,
    given: first,
    family: last,
    email: `${first}.${last}${number}@${wish.domain}`.toLowerCase(),
    phone: `+1-${randomInt(201, 990)}-555-01${String(randomInt(100)).padStart(2, "0")}`,
    actor: wish.actor ?? "",
  };
}

/** The template with its placeholders as SQL literals; a name that isn't known is refused rather than sent. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string | Refusal {
  const unknown = [...template.matchAll(/\{\{(.*?)\}\}/g)].find(([, name = ""]) => !(name.trim() in values));
  if (unknown !== undefined)
    return refusal(
      "input",
      `the template has a placeholder ${unknown[0]}`,
      `It may have ${Object.keys(values)
        .map((name) => `{{${name}}}`)
        .join(", ")}.`,
    );
  return template.replaceAll(/\{\{(.*?)\}\}/g, (_, name: string) => literal(values[name.trim()] ?? ""));
}

/** Plants one canary in the support database, and has the log know it: from then on whoever is shown it raises an alarm. */
export async function plantCanary(wish: CanaryWish): Promise<Canary | Refusal> {
  const template = readTemplate(wish);
  if (isRefusal(template)) return template;
  const gateway = gatewayOf(wish);
  if (isRefusal(gateway)) return gateway;
  const sql = fillTemplate(template, invented(wish));
  if (isRefusal(sql)) return sql;
  // The log is opened first: a canary that it couldn't be told of would be a customer like any other.
  const serve = await findServe(resolve(wish.data));
  const log = await openWriter(resolve(wish.data), { clock: wish.clock, serve });
  if (isRefusal(log)) return log;
  const questions = ownQuestions(() => gateway);
  try {
    const planted = await questions.ask(sql).catch((error: unknown) => cannotPlant(error));
    if (isRefusal(planted)) return planted;
    const [id, ticket] = planted.at(-1) ?? [];
    const customer = parseCustomerId(id ?? "");
    if (customer === null) return noId;
    const one = { customer, actor: wish.actor, ticket: ticket ?? null };
    const planting = canaryEntry({ ...one, action: "planted" }, wish.clock());
    const receipt = await log.recorder.append(planting);
    return isRefusal(receipt) ? receipt : { ...one, planted: planting.time };
  } finally {
    questions.close();
    await log.close();
  }
}

/** No alarm for this customer any more; its rows in the support database are left to their owner. */
export async function removeCanary(
  place: CanaryPlace,
  customer: CustomerId,
): Promise<{ readonly customer: string } | Refusal> {
  const known = await listCanaries(place);
  if (isRefusal(known)) return known;
  const found = known.find((one) => one.customer === customer);
  if (found === undefined)
    return refusal("input", `${customer} is no canary`, "whosaw canary list shows them.");
  const serve = await findServe(resolve(place.data));
  const log = await openWriter(resolve(place.data), { clock: place.clock, serve });
  if (isRefusal(log)) return log;
  const { actor, ticket } = found;
  const receipt = await log.recorder.append(
    canaryEntry({ customer, actor, ticket, action: "removed" }, place.clock()),
  );
  await log.close();
  return isRefusal(receipt) ? receipt : { customer };
}

/** Every canary that the log knows. */
export async function listCanaries({ data, clock }: CanaryPlace): Promise<readonly Canary[] | Refusal> {
  const folder = resolve(data);
  const serve = await findServe(folder);
  const settled = serve === null ? await recoverLog(folder, { clock }) : await serve.ask("/checkpoint");
  if (isRefusal(settled)) return settled;
  const reader = await openReader(folder);
  if (isRefusal(reader)) return reader;
  return [...(await standingOf(folder, reader)).canaries.values()];
}

function canaryEntry(
  one: {
    readonly customer: string;
    readonly actor: string | null;
    readonly ticket: string | null;
    readonly action: "planted" | "removed";
  },
  now: number,
): { readonly kind: "canary"; readonly time: string } & Readonly<Record<string, string | null>> {
  const { action, actor, customer, ticket } = one;
  const time = new Date(now).toISOString();
  return { action, actor, by: userInfo().username, customer, kind: "canary", ticket, time };
}

function readTemplate({ data, template }: CanaryWish): string | Refusal {
  const file = template ?? join(resolve(data), "canary.sql");
  try {
    const text = readFileSync(file, "utf8");
    if (text.length <= templateCharactersMax) return text;
    return refusal(
      "input",
      `${file} is longer than ${templateCharactersMax} characters`,
      "Is it the right file?",
    );
  } catch {
    return refusal(
      "input",
      `there is no template ${file}`,
      "docs/operate/canaries.md shows one: INSERTs whose last statement returns the customer's id and, if there is one, the ticket's.",
    );
  }
}

function gatewayOf({ data, config }: CanaryPlace): GatewayConfiguration | Refusal {
  const read = readConfiguration(config ?? join(resolve(data), "whosaw.yaml"));
  if (isRefusal(read)) return read;
  return (
    read.gateway ??
    refusal("input", "whosaw.yaml says nothing of a gateway", "Canaries are planted by way of its logins.")
  );
}

function cannotPlant(error: unknown): Refusal {
  return refusal(
    "connection",
    `the canary can't be planted: ${error instanceof Error ? error.message : String(error)}`,
    "See that one of gateway.upstream.logins may insert what the template inserts.",
  );
}

const noId: Refusal = refusal(
  "input",
  "the template's last statement gave no customer's id",
  "End it with RETURNING the id, or a SELECT of it.",
);
