import type { Random } from "../base/index.ts";
import { below, logNormal, normal, stream } from "./chance.ts";
import type { Scenario, Segment } from "./scenario/index.ts";
import { kindNames } from "./text.ts";

/** Customers joined over this many days before the desk's first; the base goes on growing at that pace. */
const historyDays = 2000;

export interface Queue {
  readonly name: string;
  /** Index into the scenario's languages. */
  readonly language: number;
  /** Its customers are `order[from..to)`. */
  readonly from: number;
  readonly to: number;
}

/** The customers as columns by customer index: about 40 bytes each, the only memory that grows with the base. */
export interface Population {
  readonly count: number;
  readonly queues: readonly Queue[];
  readonly queue: Uint16Array;
  readonly language: Uint8Array;
  /** Index into `kindNames`. */
  readonly kind: Uint8Array;
  readonly phone: Uint8Array;
  /** Days from the desk's first day; negative before it. Grows with the index: ids are given in the order of joining. */
  readonly created: Int16Array;
  /** Customers by queue, in the order of their names as it were: neighbours come up in the same searches. */
  readonly order: Uint32Array;
  readonly place: Uint32Array;
  /** Running sum of contact rates along `order`. */
  readonly rates: Float64Array;
  /** The unmeasured cause as a factor; null when the scenario has none. */
  readonly hidden: Float32Array | null;
  /** What the run has seen so far: contacts, day of the last one (-1 never), last ticket (-1 none). */
  readonly contacts: Uint16Array;
  readonly lastContact: Int16Array;
  readonly lastTicket: Int32Array;
}

/** `queuesOf[language]` queues for each language, as staff.ts settled them. */
export function populate(scenario: Scenario, seed: number, queuesOf: readonly number[]): Population {
  const random = stream(seed, "customers");
  const count = scenario.customers;
  const firstQueue = queuesOf.map((_, at) => queuesOf.slice(0, at).reduce((sum, n) => sum + n, 0));
  const queueCount = queuesOf.reduce((sum, n) => sum + n, 0);
  const queue = new Uint16Array(count);
  const language = new Uint8Array(count);
  const kind = new Uint8Array(count);
  const phone = new Uint8Array(count);
  const created = new Int16Array(count);
  const steps = cumulative(scenario.languages.map((each) => each.share));
  for (let customer = 0; customer < count; customer++) {
    const spoken = pick(steps, random());
    const draw = random();
    language[customer] = spoken;
    kind[customer] = draw < 0.86 ? 0 : draw < 0.98 ? 1 : 2;
    phone[customer] = random() < (draw < 0.86 ? 0.6 : 0.9) ? 1 : 0;
    queue[customer] = firstQueue[spoken]! + below(random, queuesOf[spoken]!);
    created[customer] = Math.floor((customer / count) * (historyDays + scenario.days)) - historyDays;
  }
  const hidden = hiddenCause(scenario, seed);
  const placed = placeInQueues(queue, queueCount, random);
  return {
    count,
    queues: queueList(scenario, queuesOf, placed.from),
    queue,
    language,
    kind,
    phone,
    created,
    order: placed.order,
    place: placed.place,
    rates: contactRates(placed.order, kind, hidden, random),
    hidden,
    contacts: new Uint16Array(count),
    lastContact: new Int16Array(count).fill(-1),
    lastTicket: new Int32Array(count).fill(-1),
  };
}

function hiddenCause(scenario: Scenario, seed: number): Float32Array | null {
  const strength = scenario.robustness.unmeasured;
  if (strength === 0) return null;
  const random = stream(seed, "unmeasured");
  // Two standard deviations bound the factor, so that calls can be drawn by rejection.
  return Float32Array.from({ length: scenario.customers }, () =>
    Math.exp(strength * Math.max(-2, Math.min(2, normal(random)))),
  );
}

interface Placed {
  readonly order: Uint32Array;
  readonly place: Uint32Array;
  readonly from: Uint32Array;
}

function placeInQueues(queue: Uint16Array, queueCount: number, random: Random): Placed {
  const from = new Uint32Array(queueCount + 1);
  for (const each of queue) from[each + 1]!++;
  for (let at = 0; at < queueCount; at++) from[at + 1]! += from[at]!;
  const next = from.slice();
  const order = new Uint32Array(queue.length);
  for (let customer = 0; customer < queue.length; customer++) order[next[queue[customer]!]!++] = customer;
  for (let at = 0; at < queueCount; at++) shuffle(order.subarray(from[at], from[at + 1]), random);
  const place = new Uint32Array(queue.length);
  for (let at = 0; at < order.length; at++) place[order[at]!] = at;
  return { order, place, from };
}

function shuffle(list: Uint32Array, random: Random): void {
  for (let last = list.length - 1; last > 0; last--) {
    const other = below(random, last + 1);
    const held = list[last]!;
    list[last] = list[other]!;
    list[other] = held;
  }
}

/** Few customers need help all the time and most hardly ever: a lognormal rate with a long tail, businesses twice as often. */
function contactRates(
  order: Uint32Array,
  kind: Uint8Array,
  hidden: Float32Array | null,
  random: Random,
): Float64Array {
  const rates = new Float64Array(order.length);
  let sum = 0;
  for (let at = 0; at < order.length; at++) {
    const customer = order[at]!;
    sum += logNormal(random, 1.2) * (kind[customer] === 0 ? 1 : 2) * (hidden?.[customer] ?? 1);
    rates[at] = sum;
  }
  return rates;
}

const products = ["antivirus", "backup", "password", "mobile", "parental", "mail", "vpn", "cloud"];

function queueList(scenario: Scenario, queuesOf: readonly number[], from: Uint32Array): readonly Queue[] {
  const queues: Queue[] = [];
  for (const [language, n] of queuesOf.entries()) {
    for (let product = 0; product < n; product++) {
      const round = Math.floor(product / products.length);
      const name = `${scenario.languages[language]!.code}-${products[product % products.length]}${round === 0 ? "" : `-${round + 1}`}`;
      queues.push({ name, language, from: from[queues.length]!, to: from[queues.length + 1]! });
    }
  }
  return queues;
}

export function cumulative(shares: readonly number[]): readonly number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  let sum = 0;
  return shares.map((share) => (sum += share / total));
}

export function pick(steps: readonly number[], draw: number): number {
  const at = steps.findIndex((step) => draw < step);
  return at < 0 ? steps.length - 1 : at;
}

/** A customer of the queue who makes contact on this day, by contact rate; -1 if the queue has none yet. */
export function whoCalls(population: Population, queue: number, day: number, random: Random): number {
  const { from, to } = population.queues[queue]!;
  if (to === from) return -1;
  const base = from === 0 ? 0 : population.rates[from - 1]!;
  for (let tries = 0; tries < 20; tries++) {
    const wanted = base + random() * (population.rates[to - 1]! - base);
    let low = from;
    let high = to - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (population.rates[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    const customer = population.order[low]!;
    if (population.created[customer]! <= day) return customer;
  }
  return -1;
}

/** The customers known to the desk on this day are the first so many. */
export function knownBy(population: Population, day: number): number {
  let low = 0;
  let high = population.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (population.created[middle]! <= day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the customer lies in the segment, as far as the desk's run has come. */
export function segmentTest(
  scenario: Scenario,
  population: Population,
  segment: Segment,
): (customer: number) => boolean {
  const language = scenario.languages.findIndex((each) => each.code === segment.language);
  const kind = kindNames.findIndex((each) => each === segment.kind);
  return (customer) =>
    (segment.language === null || population.language[customer] === language) &&
    (segment.kind === null || population.kind[customer] === kind) &&
    (segment.olderThanDays === null || population.created[customer]! <= -segment.olderThanDays) &&
    (!segment.hasTicket || population.contacts[customer]! > 0);
}
