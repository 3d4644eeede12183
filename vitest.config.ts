import {availableParallelism} from "node:os";
import {defineConfig} from "vitest/config";

/** Files that start processes or set what all of a process reads: each has a process for itself. */
const APART = [
  "test/{bench,cli,install,migration,powerloss,sim,support}/**/*.test.ts",
  "test/commands/mine/cuda.test.ts",
  "test/node/{cluster-node,compute-part,fast-sync,follower,kill,pool-gossip,validators}.test.ts",
  "test/node/{compute,custody,network,storage/cql,storage/quorum}/**/*.test.ts",
  "test/node/mining/{choose-backend,solver}.test.ts",
  "test/node/mining/rejections/*.test.ts",
  "test/node/storage/sqlite/{compression,log/*,space}.test.ts",
];

export default defineConfig({
  test: {
    globalSetup: ["./test/cli/build-dist.ts"],
    reporters: ["default", "./test/support/summary-reporter.ts"],
    // Bounds of last resort, for a machine that has much else to do: tests wait for what happens.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: {poll: {timeout: 90_000}},
    pool: "forks",
    // One more than there are cores: what takes long here waits for other processes.
    maxWorkers: availableParallelism() + 1,
    // Their names are in the order in which they run.
    projects: [
      {extends: true, test: {name: "apart", include: APART}},
      // The others share processes, and so what they import: loading it takes longer than most of them.
      {extends: true, test: {name: "together", include: ["test/**/*.test.ts"], exclude: APART, isolate: false}},
    ],
  },
});
