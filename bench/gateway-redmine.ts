/**
 * Redmine 5 of Debian, unchanged, worked with in a browser through the gateway with the real log: how many of its statements are served,
 * whether the customers on each page are the customers recorded, and what the gateway adds to a page's time.
 * `--masked`: e-mail addresses and telephone numbers masked for the whole application.
 * Run: npm run bench -- gateway-redmine [--short] [--masked] [--untimed] [--statements]
 */
import { benchDesk } from "../test/gateway/helpdesk/bench.ts";
import { startRedmineDesk } from "../test/gateway/redmine/desk.ts";
import { missingPackages } from "../test/gateway/redmine/installed.ts";
import { unmaskedNames } from "../test/gateway/redmine/masks.ts";
import { adminSteps, coreSteps, moreSteps, reportSteps } from "../test/gateway/redmine/steps.ts";

await benchDesk({
  missing: missingPackages(),
  start: startRedmineDesk,
  steps: ({ requestors }) => {
    const id = requestors[1]?.id ?? "";
    return [...coreSteps, ...moreSteps(id), ...reportSteps(id), ...adminSteps(id)];
  },
  stars: /\*{3}[^\s<>"'&,;]*/g,
  whenMasked: unmaskedNames,
});
