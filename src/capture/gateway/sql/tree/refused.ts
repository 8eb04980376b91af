import { statementRefusal, type StatementRefusal } from "../../plan.ts";

/**
 * A statement that can't be rewritten, found out deep inside its tree. It never leaves this folder: `rewrite` gives the refusal as a value.
 * Thrown, because every one of some fifty mutually recursive functions would otherwise hand it through.
 */
export class Refused extends Error {
  readonly refusal: StatementRefusal;
  /** Byte of the query text at which the mistake stands; null: nowhere in particular. */
  readonly at: number | null;

  constructor(refusal: StatementRefusal, at: number | null = null) {
    super(refusal.message);
    this.name = "Refused";
    this.refusal = refusal;
    this.at = at;
  }
}

/** 42501: whosaw won't, though the server would. */
export function refuse(rule: string, message: string, hint: string): never {
  throw new Refused(statementRefusal({ code: "42501", message: `whosaw: ${message}`, hint, rule }));
}

/** The server would refuse it too, with this code. `at`: the location that the tree gives for what is wrong. */
export function mistake(code: string, message: string, at: number | null = null, hint = ""): never {
  throw new Refused(statementRefusal({ code, message, hint, rule: "names" }), at);
}
