import { expect, test } from "vitest";
import { gamma, normal, poisson, stream } from "./chance.ts";

const draws = 40_000;

function moments(draw: () => number): { readonly mean: number; readonly variance: number } {
  const values = Array.from({ length: draws }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / draws;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws };
}

const first = (seed: number, purpose: string): readonly number[] => {
  const random = stream(seed, purpose);
  return [random(), random(), random()];
};

test("equal seeds and purposes give equal chance, and neither alone does", () => {
  expect(first(1, "work")).toEqual(first(1, "work"));
  expect(first(1, "work")).not.toEqual(first(2, "work"));
  expect(first(1, "work")).not.toEqual(first(1, "calls"));
  expect(first(5, "work")).not.toEqual(first(5 + 2 ** 32, "work"));
});

test.each([0.3, 4, 29, 80])("a Poisson count of mean %d has that mean and variance", (mean) => {
  const random = stream(3, "poisson");
  const found = moments(() => poisson(random, mean));
  // Five standard errors of each moment.
  expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(mean / draws));
  expect(Math.abs(found.variance / mean - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / mean) / draws));
});

test.each([
  [0.8, 0.6],
  [2, 14],
])("a gamma of shape %d and mean %d has the variance mean²/shape", (shape, mean) => {
  const random = stream(4, "gamma");
  const found = moments(() => gamma(random, shape, mean));
  expect(Math.abs(found.mean / mean - 1)).toBeLessThan(5 / Math.sqrt(shape * draws));
  expect(Math.abs(found.variance / (mean ** 2 / shape) - 1)).toBeLessThan(0.1);
});

test("the normal is centred with unit variance", () => {
  const random = stream(5, "normal");
  const found = moments(() => normal(random));
  expect(Math.abs(found.mean)).toBeLessThan(5 / Math.sqrt(draws));
  expect(Math.abs(found.variance - 1)).toBeLessThan(5 * Math.sqrt(2 / draws));
});
