/** What custodians keep apart, and keep, for several coordinators. */
import {expect, test} from "vitest";
import type {Job} from "../../../../src/codecs/quorum/strict/job.js";
import {stockPayload} from "../../../../src/codecs/quorum/strict/job.js";
import {
  checkJobNumbers,
  checkNumbers,
  coordinatorOf,
  firstNumberOf,
} from "../../../../src/node/quorum/strict/numbers.js";
import {Results} from "../../../../src/node/quorum/strict/results.js";

const foreign = expect.objectContaining({code: "NUMBERS_FOREIGN"});

test("numbers are of one coordinator each, and no other uses them", () => {
  expect([0, 1, 7].map(firstNumberOf)).toEqual([0n, 2n ** 59n, 7n * 2n ** 59n]);
  expect([0n, 2n ** 59n - 1n, 2n ** 59n, 2n ** 62n - 1n].map(coordinatorOf)).toEqual([0, 0, 1, 7]);
  checkNumbers(1, {first: 2n ** 59n, count: 100});
  expect(() => checkNumbers(0, {first: 2n ** 59n, count: 1})).toThrow(foreign);
  expect(() => checkNumbers(1, {first: 0n, count: 1})).toThrow(foreign);
  expect(() => checkNumbers(0, {first: 2n ** 59n - 1n, count: 2})).toThrow(foreign);
});

test("a job that makes numbers of another coordinator is refused", () => {
  const job = (numbers: object): Job => {
    const payload = stockPayload.encode({firstTriple: 5n, triples: 1, firstMask: 5n, masks: 1, ...numbers});
    return {roster: new Uint8Array(32), kind: "stock", run: 1n, epoch: 1n, participants: [0, 1, 2], payload};
  };
  checkJobNumbers(0, job({}));
  expect(() => checkJobNumbers(0, job({firstMask: 2n ** 59n}))).toThrow(foreign);
  expect(() => checkJobNumbers(1, job({firstTriple: 2n ** 59n}))).toThrow(foreign);
});

test("results are kept until newer ones need the room", () => {
  const results = new Results(100);
  const ticket = (at: number): Uint8Array => new Uint8Array(32).fill(at);
  for (const at of [1, 2, 3]) results.keep(ticket(at), new Uint8Array(40).fill(at));
  expect([1, 2, 3].map((at) => results.of(ticket(at))?.[0] ?? null)).toEqual([null, 2, 3]);
  results.keep(ticket(2), new Uint8Array(60));
  expect([2, 3].map((at) => results.of(ticket(at))?.length ?? null)).toEqual([60, 40]);
});
