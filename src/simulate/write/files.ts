import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../base/index.ts";
import { actions, joinFields } from "../../domain/index.ts";
import type { FullReport } from "../calls.ts";
import type { AccessColumns, EventColumns, TicketRow } from "../columns.ts";
import { type Desk, type DeskPart, openDesk, type Outcome } from "../desk.ts";
import { dayMs } from "../floor.ts";
import type { Scenario } from "../scenario/index.ts";
import { type Line, lineOf, type TableFormat } from "./lines.ts";
import {
  customerText,
  eventNames,
  ipText,
  kindNames,
  maskTexts,
  sessionText,
  ticketText,
  timeTexts,
} from "../text.ts";
import { writeTruth } from "./truth.ts";

export interface WriteOptions {
  /** Default csv. */
  readonly format?: TableFormat | undefined;
  readonly onProgress?: ((progress: WriteProgress) => void) | undefined;
}

export interface WriteProgress {
  readonly day: number;
  readonly days: number;
  readonly accesses: number;
}

export interface Written {
  readonly accesses: number;
  readonly customers: number;
  readonly tickets: number;
  readonly ticketEvents: number;
  readonly actors: number;
  readonly reports: number;
  readonly stolen: number;
}

/**
 * Writes the six input tables and truth.json into `directory`, which is made if missing; files of the same names are replaced.
 * Accesses and ticket events are in the order of time, tickets in the order of closing.
 * Each write is awaited before the next is made, so a slow disk slows the desk and memory stays bounded.
 */
export async function writeDesk(
  scenario: Scenario,
  seed: number,
  directory: string,
  options: WriteOptions = {},
): Promise<Written> {
  makeFolder(directory, 0o777);
  const desk = openDesk(scenario, seed);
  const writer = new DeskWriter(desk, directory, options.format ?? "csv");
  try {
    const customers = await writer.customers();
    const actors = await writer.actors();
    const rows = { accesses: 0, tickets: 0, ticketEvents: 0 };
    let step = desk.parts.next();
    for (; step.done !== true; step = desk.parts.next()) {
      await writer.part(step.value);
      rows.accesses += step.value.accesses.count;
      rows.tickets += step.value.tickets.length;
      rows.ticketEvents += step.value.events.count;
      options.onProgress?.({ day: step.value.day, days: scenario.days, accesses: rows.accesses });
    }
    const outcome: Outcome = step.value;
    await writer.reports(outcome.reports);
    await writeTruth(join(directory, "truth.json"), desk, outcome);
    return {
      ...rows,
      customers,
      actors,
      reports: outcome.reports.length,
      stolen: outcome.truth.stolen.count,
    };
  } finally {
    await writer.close();
  }
}

/** Characters gathered before a write: large enough that writing is rare, small enough to forget. */
const chunkCharsMax = 1 << 20;

class DeskWriter {
  readonly #desk: Desk;
  readonly #directory: string;
  readonly #format: TableFormat;
  readonly #files = new Map<string, FileHandle>();
  readonly #time: (time: number) => string = timeTexts();
  readonly #lines: { readonly [table: string]: Line };

  constructor(desk: Desk, directory: string, format: TableFormat) {
    this.#desk = desk;
    this.#directory = directory;
    this.#format = format;
    this.#lines = {
      accesses: lineOf(
        format,
        ["time", "actor", "customer", "fields", "action", "ticket", "session", "ip", "source"],
        ["fields"],
      ),
      customers: lineOf(format, ["id", "language", "country", "kind", "created", "product", "has_phone"], []),
      tickets: lineOf(format, ["id", "customer", "opened", "closed", "assignee", "queue"], ["assignee"]),
      ticket_events: lineOf(format, ["time", "ticket", "actor", "event"], []),
      actors: lineOf(format, ["id", "kind", "team", "language", "hired", "left", "home_ip"], ["home_ip"]),
      reports: lineOf(format, ["customer", "time", "knew", "note"], ["knew"]),
    };
  }

  async customers(): Promise<number> {
    const { population, scenario } = this.#desk;
    return this.#rows("customers", population.count, (at) => {
      const { code, country } = scenario.languages[population.language[at]!]!;
      const created = this.#date(population.created[at]!);
      const product = population.queues[population.queue[at]!]!.name.slice(code.length + 1);
      return [
        customerText(at),
        code,
        country,
        kindNames[population.kind[at]!]!,
        created,
        product,
        population.phone[at] === 1 ? "yes" : "no",
      ];
    });
  }

  async actors(): Promise<number> {
    const { actors, scenario } = this.#desk;
    return this.#rows("actors", actors.length, (at) => {
      const actor = actors[at]!;
      const language = actor.language < 0 ? "" : scenario.languages[actor.language]!.code;
      const left = Number.isFinite(actor.leftDay) ? this.#date(actor.leftDay) : "";
      // The addresses an actor is known to work from: the site's and the home's of the first day.
      const home = actor.kind === "service" || actor.homeShare === 0 ? "" : `;${ipText(actor.homeIp)}`;
      return [
        actor.id,
        actor.kind,
        actor.team,
        language,
        this.#date(actor.hiredDay),
        left,
        ipText(actor.officeIp) + home,
      ];
    });
  }

  async part(part: DeskPart): Promise<void> {
    await this.#accesses(part.accesses);
    await this.#events(part.events);
    await this.#tickets(part.tickets);
  }

  async reports(reports: readonly FullReport[]): Promise<void> {
    await this.#rows("reports", reports.length, (at) => {
      const report = reports[at]!;
      return [customerText(report.customer), this.#time(report.time), maskTexts[report.knew]!, ""];
    });
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }

  /** The one place where rows are many: texts that repeat are looked up, nothing is escaped because nothing needs it. */
  async #accesses(rows: AccessColumns): Promise<void> {
    const { actors } = this.#desk;
    await this.#rows("accesses", rows.count, (at) => {
      const actor = actors[rows.actor[at]!]!;
      return [
        this.#time(rows.time[at]!),
        actor.id,
        customerText(rows.customer[at]!),
        maskTexts[rows.fields[at]!]!,
        actions[rows.action[at]!]!,
        ticketText(rows.ticket[at]!),
        sessionText(rows.session[at]!),
        ipText(rows.ip[at]!),
        actor.kind === "service" ? "job" : "desk",
      ];
    });
  }

  async #events(events: EventColumns): Promise<void> {
    await this.#rows("ticket_events", events.count, (at) => {
      const { time, ticket, actor, event } = events.row(at);
      return [this.#time(time), ticketText(ticket), this.#desk.actors[actor]!.id, eventNames[event]!];
    });
  }

  async #tickets(tickets: readonly TicketRow[]): Promise<void> {
    const { actors, population } = this.#desk;
    await this.#rows("tickets", tickets.length, (at) => {
      const ticket = tickets[at]!;
      const closed = ticket.closed === null ? "" : this.#time(ticket.closed);
      const assignees = [...new Set(ticket.assignees.map((actor) => actors[actor]!.id))].sort();
      const queue = population.queues[ticket.queue]!.name;
      return [
        ticketText(ticket.id),
        customerText(ticket.customer),
        this.#time(ticket.opened),
        closed,
        joinFields(assignees),
        queue,
      ];
    });
  }

  async #rows(table: string, count: number, row: (at: number) => readonly string[]): Promise<number> {
    const line = this.#lines[table]!;
    const file = await this.#file(table, line);
    let text = "";
    for (let at = 0; at < count; at++) {
      text += line.text(row(at));
      if (text.length < chunkCharsMax) continue;
      await file.write(text, null, "latin1");
      text = "";
    }
    if (text !== "") await file.write(text, null, "latin1");
    return count;
  }

  async #file(table: string, line: Line): Promise<FileHandle> {
    const known = this.#files.get(table);
    if (known !== undefined) return known;
    const file = await open(join(this.#directory, `${table}.${this.#format}`), "w");
    this.#files.set(table, file);
    if (line.header !== "") await file.write(line.header, null, "latin1");
    return file;
  }

  #date(day: number): string {
    return this.#time(this.#desk.start + day * dayMs);
  }
}
