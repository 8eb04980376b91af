import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each test file that opens a store has an engine process of its own; two workers keep two cores busy.
    maxWorkers: 2,
  },
});
