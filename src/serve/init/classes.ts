import type { Field } from "../../policy/index.ts";
import type { Sample } from "./shapes.ts";

/** A proposed class, and why. */
export interface Classed {
  readonly field: Field;
  readonly why: string;
}

const secretName = /passw|passwd|secret|token|salt|hash|api_?key|otp|totp|private_?key|auth_?data/;
const emailName = /e_?mail(?!.*(notif|type|count|sent|enabled|opt))|^mail$|^from_?addr|^to_?addr|^cc$|^bcc$/;
const phoneName = /phone|mobile|^tel$|^tel_|_tel$|^fax|_fax$|pager|whatsapp|sms_?number/;
const addressName =
  /address|street|^zip|zip_?code|post(al)?_?code|^city$|latitude|longitude|geo_?loc|contact_?info/;
const networkName = /^ip$|ip_addr|_ip$|remote_?addr|user_?agent/;
const personName =
  /^(first|last|full|real|nick|display|middle|given|family|user|sur|maiden)_?name$|^name$|^login$|^gecos$|^salutation$|_name$/;
/** Names that only a person has, whatever the table. */
const ownName = /^(first|last|full|real|nick|display|middle|given|family|user|sur|maiden)_?name$/;
const numberName =
  /ssn|social_?sec|passport|tax_?(id|no|number)|vat_?(id|no|number)|iban|card_?(no|num)|licen[cs]e|birth|^born(_on|_at)?$|^dob$|national_?id|account_?n(o|um)|external_?id/;
const contentName =
  /subject|title|body|text|content|message(?!_?id$)|note|descr|comment|signature|header|file_?name|summary|question|answer|details|^value$|oldvalue|newvalue|old_value|^data$|^payload$|attachment/;
const kindName =
  /(^|[a-z_])(type|kind|status|priority|encoding|format)$|(^|_)(state|lang|language|locale|time_?zone|country|currency|queue|scheme|color|position|sla|sort_criteria|group_by)$|^notify|notification/;
/** Part of where somebody lives, in a table of people. */
const regionName = /^(state|province|county|region)$/;
/** A column for values of many kinds: what it holds today says little of what it holds tomorrow. */
const anyValueName = /(^|_)(value|val|content|data)$|^(old|new)value$/;

/** What share of the sample must look alike for the look to decide. */
const mostly = 0.8;
/** Fewer values than this decide nothing. */
const valuesMin = 5;

/** Where the column stands. `key`: in a key or on a path, so it holds ids. `people`: in a table of people, so `name` is a person's. */
export interface Standing {
  readonly key: boolean;
  readonly people: boolean;
  /** The table's name. */
  readonly table: string;
}

/** Proposes a field's class from its type, its name and what its sampled values look like. What nothing explains is content: private. */
export function classOf(
  column: { readonly name: string; readonly type: string },
  sample: Sample | null,
  { key, people, table }: Standing,
): Classed {
  const { type } = column;
  const name = column.name.toLowerCase();
  const secret =
    secretName.test(name) ||
    (/token|secret|password|api_?key/.test(table) && /^(value|key|code)$/.test(name));
  if (secret && /^(text|character|bytea|json|name)/.test(type))
    return contact(
      "full",
      "a secret, by its name; as a contact, so that whoever sees contacts masked sees nothing of it",
    );
  if (key) return open("an id: part of a key or of the way to the customer");
  const looked = type.endsWith("[]") && sample !== null ? byLook(sample) : null;
  if (type.endsWith("[]") && looked === null && !kindName.test(name))
    return content(`${type}: a list may hold anything`);
  if (/^(json|jsonb|bytea|xml|hstore)|tsvector/.test(type)) return content(`${type} may hold anything`);
  const looks = sample === null ? null : byLook(sample);
  if (looks !== null)
    return looks.field.class === "contact" && anyValueName.test(name)
      ? contact("full", `${looks.why}, in a column for values of many kinds`)
      : looks;
  if (people && regionName.test(name)) return contact("full", "where somebody lives, by its name");
  const byNumber = numberName.test(name)
    ? identifier("an official number or a date of birth, by its name")
    : null;
  if (/^(smallint|integer|bigint|numeric|real|double|boolean|timestamp|date|time|interval|money)/.test(type))
    return byNumber ?? digits(name, type) ?? open(`${type}: a number, time or switch`);
  if (/^(inet|cidr|macaddr)/.test(type)) return contact("full", "an address in the network");
  if (type === "uuid") return byNumber ?? open("an id");
  if (byNumber !== null) return byNumber;
  return byName(name, people) ?? byKind(name, sample) ?? content("text that nothing else explains");
}

/** A telephone number that is kept as a number, for searching. */
function digits(name: string, type: string): Classed | null {
  return phoneName.test(name) && /^(integer|bigint|numeric)/.test(type)
    ? contact("last4", "a phone number's digits, by its name")
    : null;
}

function byLook(sample: Sample): Classed | null {
  if (sample.values < valuesMin) return null;
  const share = (count: number): string =>
    `${Math.round((100 * count) / sample.values)}% of ${sample.values} sampled values look like`;
  const is = (count: number): boolean => count >= mostly * sample.values;
  if (is(sample.email)) return contact("domain", `${share(sample.email)} e-mail addresses`);
  if (is(sample.network)) return contact("full", `${share(sample.network)} network addresses`);
  if (is(sample.account)) return identifier(`${share(sample.account)} account or card numbers`);
  if (is(sample.phone)) return contact("last4", `${share(sample.phone)} phone numbers`);
  if (is(sample.prose)) return content(`${share(sample.prose)} prose`);
  return null;
}

function byName(name: string, people: boolean): Classed | null {
  if (emailName.test(name)) return contact("domain", "an e-mail address, by its name");
  if (phoneName.test(name)) return contact("last4", "a phone number, by its name");
  if (networkName.test(name)) return contact("full", "where somebody connects from, by its name");
  if (addressName.test(name)) return contact("full", "where somebody lives, by its name");
  if (personName.test(name) && (people || !/^name$|_name$/.test(name) || ownName.test(name)))
    return identifier("a person's name, by its name");
  if (contentName.test(name) && !kindName.test(name)) return content("what people wrote, by its name");
  return null;
}

function byKind(name: string, sample: Sample | null): Classed | null {
  const words = sample?.words ?? null;
  if (words !== null && sample !== null && sample.values >= valuesMin && sample.person * 10 < sample.values)
    return open(`a closed list: ${words.length} different short words in ${sample.values} sampled values`);
  if (kindName.test(name) && (sample === null || sample.person === 0))
    return open("a kind or state, by its name");
  if (sample !== null && sample.values >= valuesMin && sample.person >= sample.values / 2)
    return identifier(
      `${Math.round((100 * sample.person) / sample.values)}% of ${sample.values} sampled values look like people's names`,
    );
  return null;
}

function contact(mask: Field["mask"], why: string): Classed {
  return { field: { class: "contact", mask }, why };
}

function identifier(why: string): Classed {
  return { field: { class: "identifier", mask: "full" }, why };
}

function content(why: string): Classed {
  return { field: { class: "content", mask: "full" }, why };
}

function open(why: string): Classed {
  return { field: { class: "none", mask: "full" }, why };
}
