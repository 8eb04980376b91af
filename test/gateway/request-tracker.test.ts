import { describeDesk } from "./helpdesk/suite.ts";
import { startRtDesk } from "./request-tracker/desk.ts";
import { missingPackages } from "./request-tracker/installed.ts";
import { unmaskedNames } from "./request-tracker/masks.ts";
import { coreSteps } from "./request-tracker/steps.ts";

describeDesk({
  name: "Request Tracker",
  missing: missingPackages(),
  start: startRtDesk,
  steps: () => coreSteps,
  whenMasked: unmaskedNames,
  contacts: /\d+ Example Street|555-01\d\d x\d+/g,
  list: "list of open tickets",
});
