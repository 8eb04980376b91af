/** Pure numerics: numbers in, numbers out, each checked against reference values. */
export { logAdd, logSumExp } from "./log-sum-exp.ts";
export { digamma, logBeta, logChoose, logGamma } from "./gamma.ts";
export { betaCdf, betaQuantile } from "./beta.ts";
export { clopperPearson, type Interval } from "./binomial.ts";
export { type CalibrationRow, calibrationAbove, calibrationBands, type Claim } from "./calibration.ts";
export { median, quantile } from "./order.ts";
