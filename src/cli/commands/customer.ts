import { parseCustomerId } from "../../domain/index.ts";
import type { SeenOnce, WhoSaw } from "../../serve/index.ts";
import { isRefusal } from "../../base/index.ts";
import {
  type ExitCode,
  type Invocation,
  notAnId,
  parseSpan,
  printJson,
  refuse,
  withDesk,
} from "../invocation.ts";
import { customerPage } from "../pages/customer.ts";
import { writePage } from "../pages/write.ts";
import { readsChart } from "../terminal/chart.ts";
import { paint } from "../terminal/screen.ts";
import { count, table } from "../terminal/table.ts";

/** `whosaw customer ID`: who saw this customer. */
export async function customerCommand(
  invocation: Invocation,
  id: string,
  options: { readonly from?: string; readonly to?: string; readonly html?: string },
): Promise<ExitCode> {
  const customer = parseCustomerId(id);
  if (customer === null) return refuse(invocation, notAnId("customer"));
  const span = parseSpan(options.from, options.to);
  if (isRefusal(span)) return refuse(invocation, span);
  return withDesk(invocation, async (desk) => {
    const answer = await desk.whoSaw(customer, span);
    const written = await writePage(invocation, options.html, () => customerPage(answer));
    if (written !== 0) return written;
    if (invocation.options.json) printJson(invocation.screen, answer);
    else invocation.screen.out(customerText(invocation, answer));
    return 0;
  });
}

function customerText({ screen }: Invocation, answer: WhoSaw): string {
  const { sightings } = answer;
  const actors = new Set(sightings.map(({ actor }) => actor)).size;
  const unexplained = unexplainedIn(sightings);
  const head =
    sightings.length === 0
      ? `No sighting of customer ${answer.customer} is on record.\n`
      : `Customer ${answer.customer} was seen ${times(sightings.length)} by ${count(actors)} ${actors === 1 ? "actor" : "actors"}; ` +
        `${count(unexplained)} of these without an explanation.\n`;
  return [
    paint(screen, "bold", head),
    sightings.length === 0 ? "" : `\n${readsChart(byDay(sightings), screen.width - 16)}\n`,
    sightings.length === 0 ? "" : sightingsTable(sightings),
    unknownCustomerText(answer),
    probesCustomerText(answer),
  ].join("");
}

function sightingsTable(sightings: readonly SeenOnce[]): string {
  return table(
    [
      { heading: "time (UTC)" },
      { heading: "actor" },
      { heading: "action" },
      { heading: "fields shown" },
      { heading: "reason" },
    ],
    sightings.map((sighting) => [
      sighting.time.replace("T", " ").replace("Z", ""),
      sighting.actor,
      sighting.action,
      shownFields(sighting),
      reasonText(sighting),
    ]),
  );
}

/** Why it was read, in words. */
export function reasonText({ explanation, bystander }: SeenOnce): string {
  if (explanation !== null) return `${explanation.kind}, ticket ${explanation.ticket}`;
  return bystander ? "bystander of a search" : "unexplained";
}

export function unknownCustomerText({ exposureUnknown, exposureUnknownBy }: WhoSaw): string {
  if (exposureUnknown === 0) return "";
  return (
    `\nExposure unknown: ${count(exposureUnknown)} list or search events by ${count(exposureUnknownBy.length)} actors don't say ` +
    `which customers they showed; any of them may have shown this one.\n`
  );
}

function probesCustomerText({ probes, probesBy }: WhoSaw): string {
  if (probes === 0) return "";
  const [first, ...others] = probesBy.map(({ actor }) => actor);
  const who = others.length === 0 ? (first ?? "") : `${first ?? ""} and ${count(others.length)} more`;
  const statements = probes === 1 ? "1 statement" : `${count(probes)} statements`;
  return (
    `\nProbes: ${statements} by ${who} decided by customers' fields, and naming nobody (a count, say); ` +
    `any may have asked for this one. whosaw actor ID says of which fields.\n`
  );
}

export function shownFields({ fields, masked, probed }: SeenOnce): string {
  const marked = [
    ...masked.map((field) => `${field} (masked)`),
    ...probed.map((field) => `${field} (probed)`),
  ];
  return [...fields, ...marked].join(", ") || "not said";
}

export function unexplainedIn(sightings: readonly SeenOnce[]): number {
  return sightings.filter(({ explained, bystander }) => !explained && !bystander).length;
}

function times(n: number): string {
  return n === 1 ? "once" : `${count(n)} times`;
}

/** Reads and unexplained reads by day (UTC), for the charts. */
export function byDay(sightings: readonly SeenOnce[]): { day: string; reads: number; unexplained: number }[] {
  const days = new Map<string, { day: string; reads: number; unexplained: number }>();
  for (const { time, explained, bystander } of sightings) {
    const day = time.slice(0, 10);
    const held = days.get(day) ?? { day, reads: 0, unexplained: 0 };
    held.reads++;
    if (!explained && !bystander) held.unexplained++;
    days.set(day, held);
  }
  return [...days.values()];
}
