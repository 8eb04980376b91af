import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { makeWorld, type World } from "../../src/simulate/index.ts";
import type { Evidence, Settings } from "../../src/trace/index.ts";
import type { DeskReport } from "./desk.ts";
import { drawIncident, type GridOptions, type Incident } from "./grid.ts";
import { evidenceInMemory, firstReads } from "./memory.ts";
import { deskOfWorld, reportsOfWorld } from "./world.ts";

/** One incident, simulated and counted, with its truth. */
export interface Case {
  readonly incident: Incident;
  readonly evidence: Evidence;
  readonly guilty: ReadonlySet<string>;
  /** The hypothesis that explains the reports: a leak that produced none of them is no leak to them. */
  readonly truth: World["truth"]["kind"];
  readonly leakReports: number;
  /** For each used report, in order: the guilty account it leaked through, or null. */
  readonly stolenFrom: readonly (string | null)[];
  /** Customers stolen through each guilty account by the time of each report, exactly: the information limit. */
  readonly stolen: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

export interface CaseOptions extends GridOptions {
  readonly settings: Settings;
  /** Reports may be tampered with before they are counted. */
  readonly tamper?: (reports: readonly DeskReport[], world: World) => readonly DeskReport[];
}

/** `makeCase`, kept in a folder between runs: it takes most of a benchmark's time, and only the model changes meanwhile. */
export function keptCase(folder: string | null, seed: number, options: CaseOptions): Case | null {
  if (folder === null) return makeCase(seed, options);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${seed}.v8`);
  if (existsSync(file)) return deserialize(readFileSync(file)) as Case | null;
  const found = makeCase(seed, options);
  writeFileSync(file, serialize(found));
  return found;
}

/** The case of a seed; null if nobody reported anything, so that there is nothing to trace. */
export function makeCase(seed: number, options: CaseOptions): Case | null {
  const incident = drawIncident(seed, options);
  const world = makeWorld(incident.scenario, seed);
  if (world.reports.length === 0) return null;
  return caseOf(incident, world, options);
}

export function caseOf(incident: Incident, world: World, options: CaseOptions): Case {
  const desk = deskOfWorld(world);
  const told = reportsOfWorld(world);
  const reports = options.tamper === undefined ? told : options.tamper(told, world);
  const evidence = evidenceInMemory(desk, firstReads(desk), reports, options.settings);
  const idOf = (account: number): string => world.actors[account]?.id ?? "";
  const leakReports = world.reports.filter((report) => report.origin === "leak").length;
  const stolen = new Map<string, Map<number, number>>();
  for (let at = 0; at < world.truth.stolen.count; at++) {
    const actor = idOf(world.truth.stolen.actor[at] ?? -1);
    const of = stolen.get(actor) ?? new Map<number, number>();
    stolen.set(actor, of);
    of.set(world.truth.stolen.customer[at] ?? 0, world.truth.stolen.time[at] ?? 0);
  }
  const origins = new Map(
    world.reports.map((report) => [`${desk.customerName(report.customer)} ${report.time}`, report]),
  );
  return {
    incident,
    evidence,
    guilty: new Set(world.truth.accounts.map(idOf)),
    truth: leakReports === 0 ? "no_leak" : world.truth.kind,
    leakReports,
    stolenFrom: evidence.reports.map(({ customer, time }) => {
      const origin = origins.get(`${customer} ${time}`);
      return origin !== undefined && origin.account >= 0 ? idOf(origin.account) : null;
    }),
    stolen,
  };
}
