import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {bytesOfHex} from "../../../../src/codecs/bytes.js";
import {buildDag, entryAt, extendDag} from "../../../../src/node/ledger/mining/dag.js";
import {checkEpochLength, epochOf, epochStart, isForked} from "../../../../src/node/ledger/mining/epoch.js";
import {advanceNonce, meetsTarget, powHash} from "../../../../src/node/ledger/mining/pow.js";
import {checkSolver, solveSlice} from "../../../../src/node/ledger/mining/solve.js";
import {targetOf} from "../../../../src/node/ledger/mining/target.js";
import {indexOf, mixDigest} from "../../../../src/node/ledger/mining/walk.js";

const nonce = fc.uint8Array({minLength: 16, maxLength: 16});
const digest = fc.uint8Array({minLength: 32, maxLength: 32});
const seed = {epoch: 3n, workSetRoot: new Uint8Array(32).fill(7), entries: 33};

describe("a nonce", () => {
  test("advances by a sum as it does step by step, wrapping at 2^128", () => {
    const step = fc.bigInt({min: 0n, max: (1n << 128n) - 1n});
    fc.assert(
      fc.property(nonce, step, step, (start, a, b) => {
        expect(advanceNonce(advanceNonce(start, a), b)).toEqual(advanceNonce(start, a + b));
        expect(advanceNonce(start, 1n << 128n)).toEqual(start);
      }),
    );
  });

  test("is little-endian and is not changed in place", () => {
    const start = bytesOfHex(`ff${"00".repeat(15)}`);
    expect(advanceNonce(start, 1n)).toEqual(bytesOfHex(`0001${"00".repeat(14)}`));
    expect(start[0]).toBe(255);
  });

  test("may be a view into a larger array", () => {
    const padded = Uint8Array.of(9, ...new Uint8Array(15), 255);
    expect(advanceNonce(padded.subarray(1), 1n)).toEqual(Uint8Array.of(1, ...new Uint8Array(14), 255));
  });
});

describe("a target", () => {
  test("is met strictly below it", () => {
    const hash = bytesOfHex(`${"00".repeat(31)}05`);
    expect([4n, 5n, 6n].map((target) => meetsTarget(hash, target))).toEqual([false, false, true]);
  });

  test.each([null, 0n, -1n])("of %s is met by nothing", (target) => {
    expect(meetsTarget(new Uint8Array(32), target)).toBe(false);
  });
});

describe("the table", () => {
  test("is the same wherever it is cut", () => {
    const whole = buildDag(seed);
    for (const cut of [1, 2, 7, 32]) {
      const table = whole.slice(0, cut * 32);
      const into = new Uint8Array((seed.entries - cut) * 32);
      extendDag({previous: table.subarray(-32), index: cut, into});
      expect(Uint8Array.of(...table, ...into)).toEqual(whole);
    }
  });

  test("has an entry for each index below its size, and no other", () => {
    const table = buildDag(seed);
    expect(entryAt(table, 32)).toEqual(table.subarray(1_024));
    expect(() => entryAt(table, 33)).toThrow(expect.objectContaining({code: "DAG_INDEX"}));
  });

  test.each([0, 1])("of %d entries is refused", (entries) => {
    expect(() => buildDag({...seed, entries})).toThrow(expect.objectContaining({code: "DAG_SIZE"}));
  });
});

describe("the walk", () => {
  test("reads an index below the table's size, from the first four bytes as an unsigned number", () => {
    fc.assert(
      fc.property(digest, fc.integer({min: 2, max: 2 ** 26}), (mix, entries) => {
        expect(indexOf(mix, entries)).toBe(new DataView(mix.buffer, mix.byteOffset).getUint32(0) % entries);
      }),
    );
  });

  test("depends on header, nonce, table and version", () => {
    const table = buildDag(seed);
    const [header, other] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
    const start = new Uint8Array(16);
    const digests = [
      mixDigest(table, {headerHash: header, nonce: start}, 1),
      mixDigest(table, {headerHash: header, nonce: start}, 2),
      mixDigest(table, {headerHash: other, nonce: start}, 1),
      mixDigest(table, {headerHash: header, nonce: advanceNonce(start, 1n)}, 1),
      mixDigest(buildDag({...seed, epoch: 4n}), {headerHash: header, nonce: start}, 1),
    ];
    expect(new Set(digests.map(String)).size).toBe(digests.length);
  });
});

describe("the solver", () => {
  const job = {
    headerHash: new Uint8Array(32),
    batchRoot: new Uint8Array(32),
    table: buildDag(seed),
    target: targetOf(20n),
    mix: 1,
  } as const;

  test("finds the same first nonce in one slice or in many", () => {
    fc.assert(
      fc.property(nonce, fc.integer({min: 1, max: 9}), (start, slice) => {
        const whole = solveSlice(job, start, 2_000);
        let at: Uint8Array = start;
        let total = 0;
        for (;;) {
          const {solution, attempts} = solveSlice(job, at, slice);
          total += attempts;
          at = advanceNonce(at, BigInt(attempts));
          if (!solution) continue;
          expect({solution, attempts: total}).toEqual(whole);
          return;
        }
      }),
      {numRuns: 5},
    );
  });

  test("gives work that holds, and says when a slice had none", () => {
    const {solution} = solveSlice(job, new Uint8Array(16), 2_000);
    expect(meetsTarget(powHash({...job, ...solution!}), job.target)).toBe(true);
    expect(solveSlice({...job, target: 1n}, new Uint8Array(16), 3)).toEqual({solution: null, attempts: 3});
  });

  test.each([
    [{minerAddr: ""}, "mining: solver requires MinerAddr"],
    [{batchCount: 0}, "mining: solver requires BatchCount >= 1"],
    [{target: null}, "mining: solver requires positive Target"],
    [{target: 0n}, "mining: solver requires positive Target"],
    [{entries: 1}, "mining: solver requires a DAG with N >= 2"],
  ])("does not start with %o", (change, message) => {
    const given = {minerAddr: "a", batchCount: 1, target: 1n, entries: 2, ...change};
    expect(() => checkSolver(given)).toThrow(expect.objectContaining({code: "SOLVER_INVALID", message}));
  });
});

describe("an epoch", () => {
  test("contains the heights from its start to its end", () => {
    const length = fc.bigInt({min: 1n, max: 1n << 20n});
    fc.assert(
      fc.property(fc.bigInt({min: 0n, max: 1n << 60n}), length, (height, blocks) => {
        const epoch = epochOf(height, blocks);
        expect(epochStart(epoch, blocks) <= height && height < epochStart(epoch + 1n, blocks)).toBe(true);
      }),
    );
  });

  test("of no blocks is refused", () => {
    expect(() => checkEpochLength(0n)).toThrow(expect.objectContaining({code: "EPOCH_INVALID"}));
    expect(() => checkEpochLength(1n)).not.toThrow();
  });

  test("the fork block is past the fork", () => {
    expect([8n, 9n, 10n].map((height) => isForked(height, 9n))).toEqual([false, true, true]);
  });
});
