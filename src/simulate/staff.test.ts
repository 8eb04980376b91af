import { expect, test } from "vitest";
import { plainScenario } from "./scenario/index.ts";
import { type Actor, hire, rosterOf, type Role } from "./staff.ts";

const desk = { ...plainScenario, actors: 600 };
const staff = hire(desk, 1);

const of = (role: Role): number => staff.filter((actor) => actor.role === role).length;

test("the staff is as many as asked, with every role, and ids of their own", () => {
  expect(staff).toHaveLength(600);
  expect(new Set(staff.map((actor) => actor.id)).size).toBe(600);
  expect([of("supervisor"), of("quality"), of("export"), of("sync"), of("survey")]).toEqual([
    36, 18, 1, 1, 1,
  ]);
  expect(
    staff.filter((actor) => actor.kind === "service").every((actor) => actor.id.startsWith("svc-")),
  ).toBe(true);
});

test("every queue has agents, steady ones among them, who speak its language", () => {
  const { queuesOf } = rosterOf(desk);
  const total = queuesOf.reduce((sum, n) => sum + n, 0);
  const languageOf = queuesOf.flatMap((n, language) => Array.from({ length: n }, () => language));
  for (let queue = 0; queue < total; queue++) {
    const agents = staff.filter((actor) => actor.queues[0] === queue);
    expect(agents.length).toBeGreaterThan(3);
    expect(agents.every((actor) => actor.language === languageOf[queue])).toBe(true);
    expect(agents.some((actor) => actor.hiredDay < 0 && actor.leftDay === Number.POSITIVE_INFINITY)).toBe(
      true,
    );
  }
});

const share = (is: (actor: Actor) => boolean): number => staff.filter(is).length / 600;

test("there are new hires, leavers, part-timers, weekend workers, home workers, movers and a few who snoop", () => {
  const shares = [
    share((actor) => actor.hiredDay >= 0),
    share((actor) => actor.leftDay < desk.days),
    share((actor) => actor.partTime),
    share((actor) => actor.weekends),
    share((actor) => actor.homeShare > 0),
    share((actor) => actor.movesDay < desk.days),
    share((actor) => actor.snoops),
  ];
  for (const each of shares) expect(each).toBeGreaterThan(0.015);
  for (const each of shares) expect(each).toBeLessThan(0.6);
});

test("nobody's home address is another's, nor an office's", () => {
  const homes = new Set(staff.map((actor) => actor.homeIp));
  expect(homes.size).toBe(600);
  expect(staff.some((actor) => homes.has(actor.officeIp))).toBe(false);
});

test("a desk of five thousand has queues of hundreds rather than hundreds of queues", () => {
  const { queuesOf, agentsOf } = rosterOf({ ...plainScenario, actors: 5000 });
  expect(Math.max(...queuesOf)).toBe(24);
  expect(agentsOf.reduce((sum, n) => sum + n, 0)).toBe(5000 - 300 - 150 - 3);
});
