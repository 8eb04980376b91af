import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defect } from "../../../src/base/index.ts";
import type { RunningGateway } from "../../../src/capture/index.ts";
import type { Field } from "../../../src/policy/index.ts";
import type { DeskSize, HelpDesk, Served } from "./desk.ts";
import { applicationRole, changed, proposedProtection, startDeskGateway } from "./gateway.ts";
import { ordersOf, recordedIn, requestorsIn, without } from "./ledger.ts";
import { type HeldLog, openHeldLog } from "./log.ts";
import { openBrowser, type Shown, type Step, walk } from "./pages.ts";
import { openTap, type Tap } from "./tap.ts";

export interface DeskSuite {
  readonly name: string;
  readonly missing: readonly string[];
  readonly start: (size: DeskSize) => Promise<HelpDesk>;
  readonly steps: (desk: HelpDesk) => readonly Step[];
  readonly whenMasked: Readonly<Record<string, Readonly<Record<string, Field>>>>;
  /** What only a contact's column holds, and no message. */
  readonly contacts: RegExp;
  readonly list: string;
}

/** What was seen of one step: by the person, on the wire, and in what was recorded. */
interface Seen extends Omit<Shown, "text"> {
  readonly page: ReadonlySet<string>;
  readonly wire: ReadonlySet<string>;
  readonly recorded: ReadonlySet<string>;
  /** Contacts in what the application received. */
  readonly contacts: readonly string[];
  readonly starred: boolean;
}

interface Walked {
  readonly steps: readonly Seen[];
  readonly log: HeldLog;
  readonly tap: Tap;
  readonly troubles: readonly string[];
}

/** Works with a help desk in a browser through a gateway of its own, whose log is real. */
async function walked(
  suite: DeskSuite,
  { browser, desk, folder }: { browser: Browser; desk: HelpDesk; folder: string },
  contact: "plain" | "masked",
): Promise<Walked> {
  const log = await openHeldLog(mkdtempSync(join(folder, "log-")));
  const troubles: string[] = [];
  const steps: Seen[] = [];
  const proposed = await proposedProtection(desk);
  const protection = contact === "masked" ? changed(proposed, suite.whenMasked) : proposed;
  let gateway: RunningGateway | null = null;
  let tap: Tap | null = null;
  let app: Served | null = null;
  try {
    gateway = await startDeskGateway(desk, protection, {
      role: applicationRole(desk.login.user, contact),
      record: log.record,
      onTrouble: (what) => void troubles.push(what),
    });
    const between = await openTap(gateway.port);
    tap = between;
    app = await desk.serve(between.port);
    between.takeReceived();
    let from = log.events.length;
    const where = { url: app.url, steps: suite.steps(desk), wrong: desk.wrong };
    await walk(browser, where, async ({ text, ...shown }) => {
      const find = requestorsIn(desk.requestors, await ordersOf(desk));
      const received = between.takeReceived();
      steps.push({
        ...shown,
        page: find(text),
        wire: find(received),
        recorded: recordedIn(log.events.slice(from)),
        contacts: received.match(suite.contacts) ?? [],
        starred: text.includes("***"),
      });
      from = log.events.length;
    });
    // What a gateway says while it is closed is no trouble.
    return { steps, log, tap: between, troubles: [...troubles] };
  } finally {
    await app?.stop();
    tap?.close();
    await gateway?.close(0);
  }
}

/** What was seen with contacts plain, and with contacts masked. */
interface Both {
  readonly plain: Walked;
  readonly masked: Walked;
}

export function describeDesk(suite: DeskSuite): void {
  const { missing, name } = suite;
  const skipped = missing.length === 0 ? "" : ` (skipped: not installed: ${missing.join(", ")})`;
  describe.skipIf(missing.length > 0)(`${name} of Debian, unchanged, in a browser${skipped}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "whosaw-desk-log-"));
    let desk: HelpDesk | null = null;
    let browser: Browser | null = null;
    let both: Both | null = null;

    beforeAll(async () => {
      desk = await suite.start({ requestors: 20, tickets: 24, staff: 2 });
      browser = await openBrowser();
      const place = { browser, desk, folder };
      both = { plain: await walked(suite, place, "plain"), masked: await walked(suite, place, "masked") };
    }, 900_000);

    afterAll(async () => {
      await browser?.close();
      await desk?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const seen = (): Both => both ?? defect("nobody walked through the desk");
    it("logs in, lists, opens, searches and replies, with contacts plain and with contacts masked", () =>
      works(suite.list, seen()));
    it("is refused nothing", () => refusesNothing(seen()));
    it("shows nobody who isn't recorded, and nobody is recorded who wasn't sent", () =>
      recordsWhomItShows(seen(), new Set(desk?.requestors.map(({ id }) => id))));
    it("receives contacts, and with contacts masked none, but stars, which the log says", () =>
      masksContacts(seen()));
    it("leaves a log that verifies, with all that was said in it", async () => verifies(seen()));
  });
}

function works(list: string, { masked, plain }: Both): void {
  for (const { steps, tap, troubles } of [plain, masked]) {
    expect(steps.filter(({ failed }) => failed)).toEqual([]);
    expect(steps.flatMap(({ lost }) => lost)).toEqual([]);
    expect(steps.find(({ step }) => step === list)?.page.size).toBeGreaterThan(5);
    expect(tap.errors).toEqual([]);
    expect(troubles).toEqual([]);
  }
}

function refusesNothing({ masked, plain }: Both): void {
  for (const { log, tap } of [plain, masked]) {
    expect(tap.statements.length).toBeGreaterThan(200);
    expect(log.events.filter(({ kind }) => kind === "refusal" || kind === "scrubbed")).toEqual([]);
  }
}

function recordsWhomItShows({ masked, plain }: Both, requestors: ReadonlySet<string>): void {
  for (const { steps } of [plain, masked]) {
    const earlier = new Set<string>();
    for (const { page, recorded, step, wire } of steps) {
      for (const id of recorded) earlier.add(id);
      expect([step, without(wire, recorded)]).toEqual([step, []]);
      // What the application remembers of an earlier page was recorded then.
      expect([step, without(page, earlier)]).toEqual([step, []]);
    }
  }
  // Of somebody of whom only a masked contact was sent nothing is to be found on the wire.
  for (const { recorded, step, wire } of plain.steps) {
    const unsent = without(recorded, wire).filter((id) => requestors.has(id));
    expect([step, unsent]).toEqual([step, []]);
  }
}

function masksContacts({ masked, plain }: Both): void {
  expect(plain.steps.flatMap(({ contacts }) => contacts)).not.toEqual([]);
  expect(masked.steps.flatMap(({ contacts }) => contacts)).toEqual([]);
  expect(masked.steps.some(({ starred }) => starred)).toBe(true);
  const fields = masked.log.events.flatMap((event) =>
    event.kind === "sighting" ? event.seen.flatMap((seen) => seen.masked) : [],
  );
  expect(fields.length).toBeGreaterThan(0);
}

async function verifies({ masked, plain }: Both): Promise<void> {
  for (const { log } of [plain, masked]) {
    const verified = await log.verified();
    expect(verified).toMatchObject({ ok: true, problems: [] });
    expect(verified.entries).toBeGreaterThanOrEqual(log.events.length);
  }
}
