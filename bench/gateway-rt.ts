/**
 * Request Tracker 5 of Debian, unchanged, worked with in a browser through the gateway with the real log: how many of its statements are
 * served, whether the customers on each page are the customers recorded, and what the gateway adds to a page's time.
 * `--masked`: e-mail addresses, telephone numbers and streets masked for the whole application.
 * Run: npm run bench -- gateway-rt [--short] [--masked] [--untimed] [--statements]
 */
import { benchDesk } from "../test/gateway/helpdesk/bench.ts";
import { startRtDesk } from "../test/gateway/request-tracker/desk.ts";
import { missingPackages } from "../test/gateway/request-tracker/installed.ts";
import { unmaskedNames } from "../test/gateway/request-tracker/masks.ts";
import { adminSteps, coreSteps, moreSteps } from "../test/gateway/request-tracker/steps.ts";

await benchDesk({
  missing: missingPackages(),
  start: startRtDesk,
  steps: ({ requestors }) => [...coreSteps, ...moreSteps, ...adminSteps(requestors[20]?.id ?? "")],
  stars: /\*{3}[^\s<>"'&,;]*/g,
  whenMasked: unmaskedNames,
});
