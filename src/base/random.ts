/** Chance as a parameter: uniform on [0, 1). */
export type Random = () => number;

/**
 * A small, fast, seedable generator (sfc32, Chris Doty-Humphrey's PractRand, public domain).
 * Equal seeds give equal sequences on every platform, so every simulation can be repeated.
 */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88 ^ Math.trunc(seed / 0x1_0000_0000);
  let c = 0xb7e15162;
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 0x1_0000_0000;
  };
  // The first outputs still show the seed's shape; twelve rounds are what PractRand's author asks for.
  for (let round = 0; round < 12; round++) next();
  return next;
}
