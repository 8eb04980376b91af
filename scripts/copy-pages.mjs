/** Part of `npm run build`: tsc compiles, and leaves lying what is no TypeScript. */
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

for (const page of ["verify/page.html"]) {
  mkdirSync(dirname(`dist/${page}`), { recursive: true });
  copyFileSync(`src/${page}`, `dist/${page}`);
}
