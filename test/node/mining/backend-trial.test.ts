import {availableParallelism} from "node:os";
import {expect, test} from "vitest";
import {UnavailableError} from "../../../src/errors.js";
import type {ComputeBackend} from "../../../src/node/compute/backend.js";
import {cpuBackend} from "../../../src/node/compute/cpu.js";
import {tryBackends} from "../../../src/node/mining/backend-trial.js";

const ATTEMPTS = 100;

/** A backend of which each turn takes the next of `turnsMs`, round and round, by a clock that both share. */
function contest(...turnsMs: readonly (readonly number[])[]) {
  let nowMs = 0;
  const backends = turnsMs.map((turns): ComputeBackend => {
    let turn = 0;
    return {
      ...cpuBackend,
      sliceAttempts: ATTEMPTS,
      solveSlice: (_job, _start, attempts) => {
        nowMs += turns[turn++ % turns.length]!;
        return {solution: null, attempts};
      },
    };
  });
  return {backends, nowMs: () => nowMs};
}

test("one that is held up in most of its turns is still known for the fastest", () => {
  const {backends, nowMs} = contest([90, 80, 70, 1], [2, 2, 2]);
  expect(tryBackends(backends, nowMs)).toEqual({fastest: backends[0], failures: []});
});

test("the faster one is taken wherever it stands", () => {
  const {backends, nowMs} = contest([3], [1], [2]);
  expect(tryBackends(backends, nowMs).fastest).toBe(backends[1]);
});

test.runIf(availableParallelism() > 1)("one that serves a single thread has that one alone", () => {
  const {backends, nowMs} = contest([2], [2 * 0.99]);
  const [many, single] = [
    {...backends[0]!, mostThreads: 2},
    {...backends[1]!, mostThreads: 1},
  ];
  expect(tryBackends([single, many], nowMs).fastest).toBe(many);
});

test("one that fails on the way is left out, and its reason kept", () => {
  const {backends, nowMs} = contest([5], [1]);
  const lost = new UnavailableError("DEVICE_FAILED", "backend webgpu: its device does not answer");
  let turns = 0;
  const failing: ComputeBackend = {
    ...backends[1]!,
    solveSlice: (...given) => {
      if (++turns === 3) throw lost;
      return backends[1]!.solveSlice(...given);
    },
  };
  expect(tryBackends([backends[0]!, failing], nowMs)).toEqual({fastest: backends[0], failures: [lost]});
  expect(turns).toBe(3);
  expect(
    tryBackends(
      [
        {
          ...failing,
          solveSlice: () => {
            throw lost;
          },
        },
      ],
      nowMs,
    ),
  ).toEqual({fastest: null, failures: [lost]});
});
