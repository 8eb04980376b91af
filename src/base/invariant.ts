/** Thrown when something happened that can't happen in a correct program. Shown as a defect, exit code 70. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Stops the room: what called it promised that this could not be reached. */
export function defect(what: string): never {
  throw new InvariantError(what);
}
