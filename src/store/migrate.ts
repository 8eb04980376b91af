import { type Refusal, refusal } from "../base/index.ts";
import { type Migration, migrations } from "./migrations/index.ts";
import type { Client } from "./client.ts";

/** Applies what is missing. A schema newer than this program is refused, like a newer VERSION. */
export async function migrate(
  client: Client,
  steps: readonly Migration[] = migrations,
): Promise<Refusal | null> {
  await client.command(
    "CREATE TABLE IF NOT EXISTS migrations (number UInt32, name String, applied DateTime64(3, 'UTC') DEFAULT now64(3))" +
      " ENGINE = ReplacingMergeTree ORDER BY number",
  );
  const applied = await client.query<{ number: number }>("SELECT DISTINCT number FROM migrations");
  const numbers = new Set(applied.map((row) => row.number));
  const newest = Math.max(0, ...numbers);
  const known = Math.max(0, ...steps.map((step) => step.number));
  if (newest > known)
    return refusal(
      "input",
      `the store's schema is number ${newest}; this whosaw knows up to ${known}`,
      "upgrade whosaw",
    );
  for (const step of [...steps].sort((a, b) => a.number - b.number)) {
    if (numbers.has(step.number)) continue;
    for (const statement of step.statements) await client.command(statement);
    await client.command("INSERT INTO migrations (number, name) VALUES ({number:UInt32}, {name:String})", {
      number: step.number,
      name: step.name,
    });
  }
  return null;
}
