/**
 * Sightings that a gateway recorded have no import: in their place stands the index of their entry in the log, its upper 31 bits
 * beside a mark in `import`, its lower 32 in `line`. Numbers of imports stay below the mark.
 */
export const liveImportMin: number = 2 ** 31;

const lineCount = 2 ** 32;

export interface LivePlace {
  readonly import: number;
  readonly line: number;
}

/** Where the sightings of the log's entry `index` stand. */
export function livePlace(index: number): LivePlace {
  return { import: liveImportMin + Math.floor(index / lineCount), line: index % lineCount };
}

/** The log's index that a place stands for; null for a line of an imported file. */
export function liveIndex(place: LivePlace): number | null {
  return place.import < liveImportMin ? null : (place.import - liveImportMin) * lineCount + place.line;
}

/** The same in SQL, for rows that are live: `import` and `line` as a relation has them. */
export function liveIndexSql(relation = ""): string {
  return `(toUInt64(${relation}import - ${liveImportMin}) * ${lineCount} + ${relation}line)`;
}
