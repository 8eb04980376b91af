import { describe, expect, it } from "vitest";
import { evidenceInMemory, firstReads } from "../../bench/trace/memory.ts";
import type { Desk, DeskReport } from "../../bench/trace/desk.ts";
import { smallDesk, type SmallRead } from "../../bench/trace/small.ts";
import { seededRandom } from "../base/index.ts";
import { defaultSettings, infer, ticketCoverageMin, type TraceAnswer } from "./index.ts";

const day = 86_400_000;
const start = Date.UTC(2019, 3, 1);
const size = { customers: 6000, actors: 12 };
const inContact = 1800;

/** A log that holds reads and nothing else: no tickets, no addresses, no fields. Customers write one to four times, to any agent. */
function deskWithoutTickets(seed: number, extra: readonly SmallRead[] = []): Desk {
  const random = seededRandom(seed);
  const reads = Array.from({ length: inContact }, (_, customer) =>
    Array.from({ length: 1 + Math.floor(random() ** 2 * 4) }, () => {
      const time = start + random() * 120 * day;
      return { customer, actor: Math.floor(random() * size.actors), time };
    }),
  );
  return smallDesk(size, [...reads.flat(), ...extra]);
}

/** Calls that come anyway, to customers who were in contact. */
function callsAnyway(reports: number, seed: number, knew: readonly string[] = []): readonly DeskReport[] {
  const random = seededRandom(seed + 1000);
  const left = Array.from({ length: inContact }, (_, customer) => customer);
  return Array.from({ length: reports }, () => {
    const [customer = 0] = left.splice(Math.floor(random() * left.length), 1);
    return { customer, time: start + (60 + random() * 90) * day, knew };
  });
}

function traced(desk: Desk, reports: readonly DeskReport[]): TraceAnswer {
  return infer(evidenceInMemory(desk, firstReads(desk), reports, defaultSettings), defaultSettings);
}

describe("without tickets and without a leak", () => {
  it.each([10, 25, 60])("no agent is named by %i reports of customers in contact", (reports) => {
    for (const seed of [1, 2]) {
      const answer = traced(deskWithoutTickets(seed), callsAnyway(reports, seed));
      expect(answer.accounts[0]?.probability ?? 0, `seed ${seed}`).toBeLessThan(0.9);
      expect(["no_leak", "undetermined"]).toContain(answer.verdict);
      expect(answer.wouldChange.join(" ")).toContain("judged from reads, because no tickets");
    }
  });
  it.each([[["name", "phone"]], [["name", "phone", "address"]]])(
    "thirty callers who knew %j make no breach",
    (knew) => {
      for (const seed of [1, 2]) {
        const answer = traced(deskWithoutTickets(seed), callsAnyway(30, seed, knew));
        expect(answer.hypotheses.outside_breach, `seed ${seed}`).toBeLessThan(0.8);
        expect(answer.accounts[0]?.probability ?? 0, `seed ${seed}`).toBeLessThan(0.9);
      }
    },
  );
  it("a thief among them is found all the same, by ten reports", () => {
    const random = seededRandom(77);
    const stolen = Array.from({ length: 150 }, () => {
      const customer = Math.floor(random() * size.customers);
      return { customer, actor: 0, time: start + (20 + random() * 30) * day };
    });
    const reports = stolen
      .slice(0, 10)
      .map(({ customer, time }) => ({ customer, time: time + 10 * day, knew: [] }));
    const [top] = traced(deskWithoutTickets(1, stolen), reports).accounts;
    expect(top?.actor).toBe("agent-00");
    expect(top?.probability).toBeGreaterThan(0.9);
  });
  it("no agent is named where tickets cover just enough of the customers in contact to be believed", () => {
    for (const seed of [1, 5]) {
      const desk = deskWithoutTickets(seed);
      const { start: from, times } = desk.contact;
      const lists = Array.from({ length: size.customers }, (_, c) =>
        (c * 0.618_033_9) % 1 < ticketCoverageMin ? Array.from(times.subarray(from[c], from[c + 1])) : [],
      );
      const starts = new Int32Array(size.customers + 1);
      for (const [c, list] of lists.entries()) starts[c + 1] = (starts[c] ?? 0) + list.length;
      const contact = { from: "tickets" as const, start: starts, times: Float64Array.from(lists.flat()) };
      const answer = traced({ ...desk, contact }, callsAnyway(60, seed));
      expect(answer.accounts[0]?.probability ?? 0, `seed ${seed}`).toBeLessThan(0.9);
    }
  });
  it("the agents would be named if contact were left out", () => {
    const desk = deskWithoutTickets(1);
    const none = {
      from: "reads" as const,
      start: new Int32Array(size.customers + 1),
      times: new Float64Array(),
    };
    const named = [1, 2, 3].map((seed) => {
      const answer = traced({ ...desk, contact: none }, callsAnyway(60, seed));
      return answer.accounts[0]?.probability ?? 0;
    });
    expect(Math.max(...named)).toBeGreaterThan(0.9);
  });
});
