import { describe, expect, it } from "vitest";
import {
  betaCdf,
  betaQuantile,
  calibrationAbove,
  calibrationBands,
  clopperPearson,
  digamma,
  logAdd,
  logBeta,
  logChoose,
  logGamma,
  logSumExp,
  median,
  quantile,
} from "./index.ts";

describe("reference values", () => {
  it("log Gamma at whole and half numbers is what the factorials and the square root of pi say", () => {
    expect(logGamma(1)).toBeCloseTo(0, 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(logGamma(0.1)).toBeCloseTo(2.252712651734206, 12);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 11);
    expect(logGamma(1000)).toBeCloseTo(5905.220423209181, 8);
  });
  it("digamma at 1 is minus Euler's constant and obeys its recurrence", () => {
    expect(digamma(1)).toBeCloseTo(-0.5772156649015329, 9);
    expect(digamma(7.3) + 1 / 7.3).toBeCloseTo(digamma(8.3), 10);
  });
  it("log beta and log choose agree with small cases worked by hand", () => {
    expect(Math.exp(logBeta(2, 3))).toBeCloseTo(1 / 12, 12);
    expect(Math.exp(logChoose(10, 3))).toBeCloseTo(120, 8);
    expect(logChoose(3, 4)).toBe(-Infinity);
  });
  it("the incomplete beta function matches its closed forms", () => {
    expect(betaCdf(0.3, 1, 1)).toBeCloseTo(0.3, 12);
    expect(betaCdf(0.3, 2, 1)).toBeCloseTo(0.09, 12);
    // A binomial tail: P(X >= 2) of 5 at 0.4 is 1 - 0.6^5 - 5 * 0.4 * 0.6^4.
    expect(betaCdf(0.4, 2, 4)).toBeCloseTo(0.66304, 10);
    expect(betaQuantile(0.66304, 2, 4)).toBeCloseTo(0.4, 8);
  });
  it("the Clopper-Pearson interval matches printed tables", () => {
    // R: binom.test(8, 10)$conf.int; binom.test(0, 20)$conf.int
    expect(clopperPearson(8, 10).low).toBeCloseTo(0.4439045, 6);
    expect(clopperPearson(8, 10).high).toBeCloseTo(0.9747893, 6);
    expect(clopperPearson(0, 20).high).toBeCloseTo(0.1684335, 6);
    expect(clopperPearson(0, 0)).toEqual({ low: 0, high: 1 });
  });
  it("sums of exponentials don't overflow and know the empty sum", () => {
    expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.log(2), 12);
    expect(logSumExp([])).toBe(-Infinity);
    expect(logAdd(-Infinity, 3)).toBe(3);
    expect(logAdd(2, 5)).toBeCloseTo(Math.log(Math.exp(2) + Math.exp(5)), 12);
  });
  it("the median of runs that never got there is infinite, not a number that hides them", () => {
    expect(median([1, 2, 3, 4])).toBe(2.5);
    expect(median([1, Infinity, Infinity])).toBe(Infinity);
    expect(quantile([3, 1, 2], 1)).toBe(3);
    expect(median([])).toBeNaN();
  });
});

describe("a calibration table", () => {
  const claims = [0.55, 0.7, 0.95, 0.99].map((probability, i) => ({ probability, right: i > 0 }));
  it("counts every claim at or above the threshold", () => {
    const [half, high] = calibrationAbove(claims, [0.5, 0.95]);
    expect([half?.claims, half?.right, half?.share]).toEqual([4, 3, 0.75]);
    expect([high?.claims, high?.right]).toEqual([2, 2]);
    expect(half?.stated).toBeCloseTo((0.55 + 0.7 + 0.95 + 0.99) / 4, 12);
  });
  it("puts each claim in one band", () => {
    const bands = calibrationBands(claims, [0, 0.5, 0.7, 1]);
    expect(bands.map((band) => band.claims)).toEqual([0, 1, 3]);
  });
});
