/** What a desk can be told to be, and the published cases told that way. */
export { demoScenario, isScenarioName, scenario, type ScenarioName, scenarioNames } from "./incidents.ts";
export {
  actorsMax,
  actorsMin,
  type Background,
  checkScenario,
  customersMax,
  customersMin,
  daysMax,
  everyone,
  noTheft,
  plainScenario,
  type Reporting,
  type Robustness,
  type Scale,
  scaled,
  type Scenario,
  type Segment,
  type Theft,
  type TheftStyle,
} from "./knobs.ts";
