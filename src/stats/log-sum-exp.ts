/** log of a sum of exponentials, without overflow; minus infinity for the empty sum. */
export function logSumExp(terms: ArrayLike<number>): number {
  let top = -Infinity;
  for (let i = 0; i < terms.length; i++) top = Math.max(top, terms[i] ?? -Infinity);
  if (top === -Infinity || top === Infinity) return top;
  let sum = 0;
  for (let i = 0; i < terms.length; i++) sum += Math.exp((terms[i] ?? -Infinity) - top);
  return top + Math.log(sum);
}

/** log(exp(a) + exp(b)). */
export function logAdd(a: number, b: number): number {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}
