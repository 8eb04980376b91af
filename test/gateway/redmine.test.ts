import { describeDesk } from "./helpdesk/suite.ts";
import { startRedmineDesk } from "./redmine/desk.ts";
import { missingPackages } from "./redmine/installed.ts";
import { unmaskedNames } from "./redmine/masks.ts";
import { adminSteps, coreSteps } from "./redmine/steps.ts";

describeDesk({
  name: "Redmine",
  missing: missingPackages(),
  start: startRedmineDesk,
  // Only who runs the desk sees a person's own telephone number.
  steps: ({ requestors }) => [...coreSteps, ...adminSteps(requestors[1]?.id ?? "")],
  whenMasked: unmaskedNames,
  contacts: /555-01\d\d x\d+/g,
  list: "list of open issues",
});
