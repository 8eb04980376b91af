import { expect, it } from "vitest";
import { hasPostgres } from "../postgres.ts";
import { material } from "./material.ts";
import { runPipelines } from "./pipeline.ts";
import { type FileResult, runSuite } from "./suite.ts";

/** PostgreSQL's tests are there once `npm run bench -- gateway-regress` has fetched them. */
const found = hasPostgres(15) ? material() : null;

it.skipIf(found === null)(
  "plain files of PostgreSQL's own suite get the bare server's answers, message by message",
  async () => {
    if (found === null) return;
    const results: FileResult[] = [];
    const files = ["boolean", "char", "text", "int8", "numeric", "date", "numerology"];
    await runSuite({ material: found, files, control: false, onFile: (result) => results.push(result) });
    const unlike = results.flatMap(({ steps }) => steps).filter(({ outcome }) => outcome.kind !== "same");
    expect(unlike).toEqual([]);
    expect(results.map(({ name, trouble }) => [name, trouble])).toEqual(files.map((name) => [name, null]));
    expect(results.flatMap(({ steps }) => steps).length).toBeGreaterThan(1000);
  },
);

it.skipIf((found?.pipeline ?? null) === null)("libpq_pipeline passes what it passes directly", async () => {
  const results = await runPipelines(found?.pipeline ?? "");
  expect(results.filter(({ bare, mine }) => bare && !mine)).toEqual([]);
  expect(results.filter(({ bare }) => bare).length).toBeGreaterThan(5);
});
