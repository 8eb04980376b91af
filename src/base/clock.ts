/** The time as a parameter: epoch milliseconds. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
