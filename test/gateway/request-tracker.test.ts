import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayEvent, RunningGateway } from "../../src/capture/index.ts";
import { type Rt, type RtDesk, startRtDesk } from "./request-tracker/desk.ts";
import { proposedProtection, startRtGateway } from "./request-tracker/gateway.ts";
import { missingPackages } from "./request-tracker/installed.ts";
import { ordersOf, recordedIn, requestorsIn, without } from "./request-tracker/ledger.ts";
import { openBrowser, type Shown, walk } from "./request-tracker/pages.ts";
import { coreSteps } from "./request-tracker/steps.ts";
import { openTap, type Tap } from "./request-tracker/tap.ts";

const missing = missingPackages();
const skipped = missing.length === 0 ? "" : ` (skipped: not installed: ${missing.join(", ")})`;

/** What was seen of one step: by the person, on the wire, and in what was recorded. */
interface Seen extends Omit<Shown, "text"> {
  readonly page: ReadonlySet<string>;
  readonly wire: ReadonlySet<string>;
  readonly recorded: ReadonlySet<string>;
}

describe(`Request Tracker of Debian, unchanged, in a browser${skipped}`, () => {
  const events: GatewayEvent[] = [];
  const troubles: string[] = [];
  const steps: Seen[] = [];
  let desk: RtDesk | null = null;
  let gateway: RunningGateway | null = null;
  let rt: Rt | null = null;
  let browser: Browser | null = null;
  let tap: Tap | null = null;

  beforeAll(async () => {
    if (missing.length > 0) return;
    const begun = await startRtDesk({ requestors: 20, tickets: 24, staff: 2 });
    desk = begun;
    gateway = await startRtGateway(begun.postgres, await proposedProtection(begun.postgres), {
      record: (said) => {
        events.push(...said);
        return Promise.resolve(null);
      },
      onTrouble: (what) => void troubles.push(what),
    });
    const between = await openTap(gateway.port);
    tap = between;
    rt = await begun.serve(between.port);
    browser = await openBrowser();
    between.takeReceived();
    let from = events.length;
    await walk(browser, rt.url, coreSteps, async ({ text, ...shown }) => {
      const find = requestorsIn(begun.requestors, await ordersOf(begun.postgres));
      const recorded = recordedIn(events.slice(from));
      steps.push({ ...shown, page: find(text), wire: find(between.takeReceived()), recorded });
      from = events.length;
    });
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await rt?.stop();
    tap?.close();
    await gateway?.close(0);
    await desk?.stop();
  });

  it.skipIf(missing.length > 0)(`logs in, lists, opens, searches and replies${skipped}`, () => {
    expect(steps.map(({ step }) => step)).toEqual(coreSteps.map(({ name }) => name));
    expect(steps.filter(({ failed }) => failed)).toEqual([]);
    expect(steps.find(({ step }) => step === "list of open tickets")?.page.size).toBeGreaterThan(5);
    expect(steps.find(({ step }) => step === "ticket of two people")?.page.size).toBeGreaterThan(1);
    expect(tap?.errors).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it.skipIf(missing.length > 0)(`is refused nothing${skipped}`, () => {
    expect(tap?.statements.length).toBeGreaterThan(500);
    expect(events.filter(({ kind }) => kind === "refusal" || kind === "scrubbed")).toEqual([]);
  });

  it.skipIf(missing.length > 0)(
    `shows nobody who isn't recorded, and nobody is recorded who wasn't sent${skipped}`,
    () => {
      const requestors = new Set(desk?.requestors.map(({ id }) => id));
      const earlier = new Set<string>();
      for (const { page, recorded, step, wire } of steps) {
        for (const id of recorded) earlier.add(id);
        expect([step, without(wire, recorded)]).toEqual([step, []]);
        // What Request Tracker remembers of an earlier page was recorded then.
        expect([step, without(page, earlier)]).toEqual([step, []]);
        const unsent = without(recorded, wire).filter((id) => requestors.has(id));
        expect([step, unsent]).toEqual([step, []]);
      }
    },
  );
});
