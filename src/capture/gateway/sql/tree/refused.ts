import { statementRefusal, type StatementRefusal } from "../../plan.ts";

/**
 * A statement that can't be rewritten, found out deep inside its tree. It never leaves this folder: `rewrite` gives the refusal as a value.
 * Thrown, because every one of some fifty mutually recursive functions would otherwise hand it through.
 */
export class Refused extends Error {
  readonly refusal: StatementRefusal;

  constructor(refusal: StatementRefusal) {
    super(refusal.message);
    this.name = "Refused";
    this.refusal = refusal;
  }
}

/** 42501: whosaw won't, though the server would. */
export function refuse(rule: string, message: string, hint: string): never {
  throw new Refused(statementRefusal({ code: "42501", message, hint, rule }));
}

/** The server would refuse it too, with this code. */
export function mistake(code: string, message: string): never {
  throw new Refused(
    statementRefusal({ code, message, hint: "Check the names in the statement.", rule: "names" }),
  );
}
