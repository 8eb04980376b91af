/** List cells in CSV are joined by this. */
export const fieldListSeparator = ";";

/** A list cell: trimmed, no empty members, no repeats, sorted, so that equal lists are equal text. */
export function splitFields(cell: string): readonly string[] {
  const members = cell.split(fieldListSeparator).map((member) => member.trim());
  return [...new Set(members.filter((member) => member !== ""))].sort();
}

export function joinFields(fields: readonly string[]): string {
  return fields.join(fieldListSeparator);
}
