/** `npm run bench -- NAME [--short ...]`: builds, then runs bench/NAME.ts. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !existsSync(`bench/${name}.ts`)) {
  const names = readdirSync("bench")
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -3));
  process.stderr.write(`usage: npm run bench -- NAME [--short]; NAME is one of\n  ${names.join("\n  ")}\n`);
  process.exit(2);
}
const built = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.bench.json"], {
  stdio: "inherit",
});
if (built.status !== 0) process.exit(built.status ?? 1);
process.exit(
  spawnSync(process.execPath, [`dist-bench/bench/${name}.js`, ...rest], { stdio: "inherit" }).status ?? 1,
);
