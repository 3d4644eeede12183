import {defineConfig} from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["./test/cli/build-dist.ts"],
    reporters: ["default", "./test/support/summary-reporter.ts"],
    // Bounds of last resort, for a machine that has much else to do: tests wait for what happens.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: {poll: {timeout: 90_000}},
    pool: "forks",
    // Vitest would leave a core free: what takes long here waits for other processes.
    maxWorkers: "100%",
  },
});
