import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { say } from "../bytes.ts";
import { saying } from "./said.ts";
import { startTrials, type Trials } from "./trials.ts";

/** Pipelines that go on while an earlier one fails: each is said at once, and must be answered as the bare server answers it. */
let trials: Trials;

beforeAll(async () => {
  trials = await startTrials();
}, 60_000);

afterAll(async () => {
  await trials.stop();
});

const run = (sql: string): readonly Buffer[] => [say.parse(sql), say.bind(), say.execute()];
const runNamed = (statement: string): readonly Buffer[] => [say.bind({ statement }), say.execute()];
const fails = run("select 1 / 0");
const sync = say.sync();
const notes = "select notes from customers where id = 1";
const path = say.query("discard all");

const pipelines: readonly (readonly [what: string, said: readonly Buffer[]])[] = [
  [
    "a statement whose replacement was skipped stands for what it stood for",
    [
      say.parse(notes, "n"),
      sync,
      ...fails,
      say.close("S", "n"),
      say.parse("select 'a'::text", "n"),
      sync,
      ...runNamed("n"),
      sync,
    ],
  ],
  [
    "a name that is taken keeps its statement",
    [say.parse(notes, "n"), sync, say.parse("select 'a'::text", "n"), sync, ...runNamed("n"), sync],
  ],
  [
    "an unnamed statement whose replacement was skipped stays",
    [
      say.parse(notes),
      sync,
      say.bind({ statement: "none" }),
      say.parse("select 'a'::text"),
      sync,
      ...runNamed(""),
      sync,
    ],
  ],
  [
    "a statement made after a skipped change is the new one",
    [
      say.parse("select 'a'::text", "n"),
      sync,
      ...fails,
      say.close("S", "n"),
      sync,
      say.close("S", "n"),
      say.parse(notes, "n"),
      sync,
      ...runNamed("n"),
      sync,
    ],
  ],
  [
    "a statement whose removal was skipped is there",
    [say.parse(notes, "n"), sync, ...fails, say.close("S", "n"), sync, ...runNamed("n"), sync],
  ],
  [
    "a cursor whose replacement was skipped has its rows",
    [
      say.query(`begin`),
      say.query("declare c cursor for select notes from customers order by id"),
      say.query("savepoint a"),
      ...fails,
      ...run("close c"),
      ...run("declare c cursor for select generate_series(1, 3)::text"),
      sync,
      say.query("rollback to a"),
      say.query("fetch 2 c"),
    ],
  ],
  [
    "a cursor whose removal was skipped has its rows",
    [
      ...run("declare c cursor with hold for select notes from customers order by id"),
      sync,
      ...fails,
      say.close("P", "c"),
      sync,
      ...run("fetch 2 c"),
      sync,
    ],
  ],
  [
    "a cursor WITH HOLD has its rows after another pipeline that fails",
    [
      ...run("declare c cursor with hold for select notes from customers order by id"),
      sync,
      say.execute("n", 2),
      say.close("P", "n"),
      ...run("copy (select generate_series(1, 3)) to stdout (format csv, header)"),
      sync,
      say.query("rollback"),
      say.describe("P", ""),
      ...run("fetch 2 c"),
      say.flush(),
      say.close("P", "c"),
      sync,
      ...run("fetch 2 c"),
      sync,
    ],
  ],
  [
    "an unnamed statement goes with the Parse of an unknown name",
    [say.parse(notes), sync, say.parse("select nothing from teams"), sync, ...runNamed(""), sync],
  ],
  [
    "an unnamed statement goes with the Parse of a cursor over an unknown name",
    [
      say.parse(notes),
      ...run("set local search_path = kb"),
      ...run("declare c cursor for select 1"),
      ...run("declare c scroll cursor with hold for select name from teams order by id"),
      sync,
      ...runNamed(""),
      sync,
    ],
  ],
  [
    "a description that was skipped is asked for again",
    [say.query(`prepare p as ${notes}`), ...fails, ...runNamed("p"), sync, ...runNamed("p"), sync],
  ],
  [
    "a simple query ends the unnamed statement even where it fails",
    [say.parse(notes), sync, say.query("commit and chain"), ...runNamed(""), sync],
  ],
  [
    "DEALLOCATE ALL leaves the unnamed statement",
    [
      say.parse("deallocate all", "d"),
      say.parse(notes),
      say.bind({ portal: "d", statement: "d" }),
      say.execute("d"),
      ...runNamed(""),
      sync,
    ],
  ],
];

/** Rows of customers' that come by way of a portal that itself fetches or executes; the server serves each. */
const bound = (sql: string): readonly Buffer[] => [
  say.parse(sql, "s"),
  say.bind({ portal: "n", statement: "s" }),
];
const declared = [
  say.query("begin"),
  say.query(`declare c cursor for select notes from customers order by id`),
];
const other = say.query("declare c cursor for select 'a'::text from generate_series(1, 3)");
const byWayOf: readonly (readonly [what: string, said: readonly Buffer[]])[] = [
  ["FETCH of a portal that fetches", [...declared, ...bound("fetch 2 c"), ...run("fetch 1 n"), sync]],
  [
    "FETCH of a portal that executes",
    [
      say.query(`prepare p as ${notes}`),
      say.query("begin"),
      ...bound("execute p"),
      ...run("fetch 1 n"),
      sync,
    ],
  ],
  [
    "FETCH of a portal that fetches from itself",
    [say.query("begin"), ...bound("fetch 2 n"), ...run("fetch 1 n"), sync],
  ],
  [
    "the rest of a FETCH whose cursor is another by then",
    [
      ...declared,
      ...bound("fetch 2 c"),
      say.execute("n", 1),
      sync,
      say.query("close c"),
      other,
      say.execute("n", 1),
      sync,
    ],
  ],
  [
    "the rest of an EXECUTE whose statement is another by then",
    [
      say.query(`prepare p as select notes from customers order by id`),
      say.query("begin"),
      ...bound("execute p"),
      say.execute("n", 1),
      sync,
      say.query("deallocate p"),
      say.query("prepare p as select 'a'::text"),
      say.execute("n", 1),
      sync,
    ],
  ],
];

const beside: readonly (readonly [what: string, said: readonly Buffer[]])[] = [
  [
    "is the first thing in its transaction where the client's is",
    [path, say.close("S", "n"), ...run("begin isolation level serializable"), sync],
  ],
  [
    "leaves a SET LOCAL outside of a transaction",
    [path, say.close("S", "n"), ...run("set local work_mem = '4MB'"), sync],
  ],
  [
    "leaves no transaction open behind a simple query",
    [path, say.close("S", "n"), say.query("select 1"), sync],
  ],
  [
    "takes no snapshot in a transaction that is yet to be characterized",
    [
      say.query("begin"),
      say.query("set local search_path = kb"),
      say.query("set transaction isolation level repeatable read"),
    ],
  ],
  [
    "isn't waited for where the server skips it",
    [...run("create temp table mine (id int)"), sync, say.execute("gone"), say.query(notes), sync],
  ],
  [
    "isn't waited for where the client's data are due",
    [say.query("create temp table mine (id int)"), say.query("copy mine from stdin"), say.query("select 1")],
  ],
];

describe("behind a pipeline that fails", () => {
  it.each(pipelines)("%s", async (_, said) => {
    const { deviation, wrong } = await trials.attempt([saying("all", ...said)], 1);
    expect({ deviation, wrong }).toEqual({ deviation: null, wrong: [] });
  });
});

describe("a question of the gateway's own", () => {
  it.each(beside)("%s", async (_, said) => {
    const { deviation, wrong } = await trials.attempt([saying("all", ...said)], 1);
    expect(wrong).toEqual([]);
    if (deviation?.kind !== "lost") expect(deviation).toBeNull();
  });
});

describe("by way of a portal that fetches or executes", () => {
  it.each(byWayOf)("%s shows nobody who is not on record", async (what, said) => {
    const { bare, wrong } = await trials.attempt([saying("all", ...said)], 1);
    // A session may end with it, where the rows turn out to be others than those that the name stands for.
    expect(wrong.filter((each) => typeof each !== "string")).toEqual([]);
    expect(bare.some((words) => words.includes("no0001z"))).toBe(!what.includes("itself"));
  });
});
