/**
 * No finite evidence is certainty: no probability in an answer is nearer to 0 or to 1 than this. It is far below what any calibration
 * could check, and above what rounding to a double would turn into a plain 1.
 */
export const uncertaintyMin = 1e-6;

export function bounded(probability: number): number {
  return Math.min(1 - uncertaintyMin, Math.max(uncertaintyMin, probability));
}
