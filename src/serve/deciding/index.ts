/** What needs two people, from the command line: proposals, approvals, and what is then done with files and store. */
export {
  type Asked,
  type ErasureWish,
  approverChange,
  approvers,
  openProposals,
  proposeErasure,
  textToSign,
} from "./asking.ts";
export { type Agreement, type Outcome, approve } from "./approving.ts";
export { decidingOrders } from "./deciding.ts";
export { type LogPlace } from "./opening.ts";
export { type Recovery, recoverLoss } from "./recovering.ts";
export { type NewKey, rotateKey } from "./rotating.ts";
