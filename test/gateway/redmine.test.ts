import { describeDesk } from "./helpdesk/suite.ts";
import { startRedmineDesk } from "./redmine/desk.ts";
import { missingPackages } from "./redmine/installed.ts";
import { unmaskedNames } from "./redmine/masks.ts";
import { coreSteps } from "./redmine/steps.ts";

describeDesk({
  name: "Redmine",
  missing: missingPackages(),
  start: startRedmineDesk,
  steps: coreSteps,
  whenMasked: unmaskedNames,
  contacts: /555-01\d\d x\d+/g,
  list: "list of open issues",
});
