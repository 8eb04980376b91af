/** What a log tells of a world: not every log has all of it. */
export interface Telling {
  /** Whether the access of this number showed masked values only. */
  readonly masked: (access: number) => boolean;
  /** Whether accesses carry addresses. */
  readonly addresses: boolean;
  /** Whether there are tickets and their events. */
  readonly tickets: boolean;
  /** Whether there is a table of actors, with their kinds and known addresses. */
  readonly actors: boolean;
}

export const tellsAll: Telling = { masked: () => false, addresses: true, tickets: true, actors: true };
