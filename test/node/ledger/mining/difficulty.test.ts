import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {MAX_CLOCK_DRIFT_MS} from "../../../../src/node/ledger/chain/assemble.js";
import {genesisState} from "../../../../src/node/ledger/chain/genesis.js";
import {
  difficultyAt,
  hashrateAt,
  nextDifficulty,
  stepDifficulty,
} from "../../../../src/node/ledger/mining/difficulty.js";
import type {ChainParams} from "../../../../src/node/ledger/params/chain-params.js";
import {chainParamsOf, NETWORK_PARAMS} from "../../../../src/node/ledger/params/networks.js";
import {COMPAT_RULES} from "../../../../src/node/ledger/params/rules.js";
import type {State} from "../../../../src/node/ledger/state/state.js";
import {difficulties, heightKey} from "../../../../src/node/ledger/state/stores.js";
import {testGenesis} from "../../../support/chain.js";

const INTERVAL = 100n;
const BLOCK_MS = 10_000n;
const START = 65_536n;
const genesis = {
  ...testGenesis([]),
  params: {...NETWORK_PARAMS.mainnet, retargetIntervalBlocks: INTERVAL, minDifficulty: 16n, initialDifficulty: START},
};
const params = chainParamsOf(genesis);
const aim = BigInt(params.mining.targetProofsPerBlock);

/** A chain of headers over a fresh state; `extend` adds one. */
class Headers {
  readonly state: State = genesisState(genesis);
  height = 0n;
  timeMs = genesis.timeMs + 3_600_000n;

  constructor(private readonly params: ChainParams) {}

  get difficulty(): bigint {
    return difficultyAt(this.state, this.height, this.params);
  }

  extend(proofCount: number, afterMs = BLOCK_MS): void {
    this.height++;
    this.timeMs += afterMs;
    stepDifficulty(this.state, {height: this.height, timeMs: this.timeMs, params: this.params}, proofCount);
  }

  /** Blocks up to the next change, `proofCount` in each. */
  interval(proofCount: number, afterMs = BLOCK_MS): void {
    do this.extend(proofCount, afterMs);
    while (this.height % INTERVAL !== 0n);
  }
}

describe("the difficulty", () => {
  test("is the genesis' own until the first interval ends, and stays while blocks hold what they should", () => {
    const chain = new Headers(params);
    expect(chain.difficulty).toBe(START);
    for (let i = 1n; i < INTERVAL; i++) chain.extend(0);
    expect(chain.difficulty).toBe(START);
    chain.extend(0);
    expect(chain.difficulty).toBe(START / 4n);
    for (let i = 0; i < 3; i++) chain.interval(Number(aim));
    expect(chain.difficulty).toBe(START / 4n);
  });

  test("is the spec's rule when blocks hold exactly the proofs that are wanted", () => {
    const wanted = {value: 1_000_000n, sinceMs: 5_000n, proofs: INTERVAL * aim};
    expect(nextDifficulty(wanted, 5_000n + (INTERVAL * BLOCK_MS) / 2n, params)).toBe(2_000_000n);
    expect(nextDifficulty(wanted, 5_000n + INTERVAL * BLOCK_MS * 2n, params)).toBe(500_000n);
  });

  test("doubles for twice the proofs, and for the proofs in half the time", () => {
    for (const [proofs, afterMs] of [
      [Number(aim) * 2, BLOCK_MS],
      [Number(aim), BLOCK_MS / 2n],
    ] as const) {
      const chain = new Headers(params);
      // The first interval has a block less to count.
      chain.interval(Number(aim));
      const before = chain.difficulty;
      chain.interval(proofs, afterMs);
      expect(chain.difficulty).toBe(before * 2n);
    }
  });

  test("of a height is what it was then", () => {
    const chain = new Headers(params);
    for (let i = 0; i < 3; i++) chain.interval(1);
    expect([0n, 99n, 100n, 199n, 200n, 300n].map((height) => difficultyAt(chain.state, height, params))).toEqual([
      START,
      START,
      START / 4n,
      START / 4n,
      START / 16n,
      START / 64n,
    ]);
  });

  test("of a genesis written a year before the first block counts from that block", () => {
    const chain = new Headers(params);
    chain.timeMs += 365n * 86_400_000n;
    chain.interval(Number(aim));
    // 99 blocks' proofs in the time of 99 blocks.
    expect(chain.difficulty).toBe(START);
  });

  test("never changes under the reference's rules", () => {
    const chain = new Headers({...params, rules: COMPAT_RULES});
    for (let i = 0; i < 3; i++) chain.interval(0);
    expect(chain.difficulty).toBe(START);
    expect([...chain.state.keys(difficulties)]).toEqual([heightKey(0n)]);
  });

  test("of intervals of one block has nothing to measure at the first", () => {
    const short = {...params, mining: {...params.mining, retargetIntervalBlocks: 1n}};
    const chain = new Headers(short);
    chain.extend(1);
    expect(chain.difficulty).toBe(START);
    chain.extend(0);
    expect(chain.difficulty).toBe(START / 4n);
  });

  test("moves by the clamp at most and never below the least, whatever the headers say", () => {
    const u63 = fc.bigInt({min: 1n, max: (1n << 63n) - 1n});
    const interval = fc.record({value: u63, sinceMs: u63, proofs: fc.bigInt({min: 0n, max: 1_000_000_000n})});
    const {minDifficulty, retargetClamp} = params.mining;
    fc.assert(
      fc.property(interval, u63, (before, endMs) => {
        const next = nextDifficulty(before, endMs, params);
        expect(next).toBeGreaterThanOrEqual(minDifficulty < before.value ? minDifficulty : before.value);
        expect(next).toBeGreaterThanOrEqual(before.value / retargetClamp);
        expect(next).toBeLessThanOrEqual(
          before.value * retargetClamp > minDifficulty ? before.value * retargetClamp : minDifficulty,
        );
        expect(() => difficulties.codec.encode({...before, value: next})).not.toThrow();
      }),
    );
  });
});

describe("the network's hash rate", () => {
  const tipOf = ({height, timeMs}: Headers) => ({height, timeMs});
  const rateOf = (chain: Headers, rules = params) => hashrateAt(chain.state, tipOf(chain), rules);

  test("is what the proofs of this interval and the last took, by the times in the headers", () => {
    const chain = new Headers(params);
    chain.extend(5);
    expect(rateOf(chain)).toBeNull();
    for (let i = 0; i < 10; i++) chain.extend(3);
    // 30 proofs of 65,536 attempts in 100 s.
    expect(rateOf(chain)).toBe(19_660n);
    while (chain.height < INTERVAL) chain.extend(Number(aim));
    const {difficulty} = chain;
    for (let i = 0; i < 50; i++) chain.extend(1);
    const counted = 30n + 89n * aim;
    expect(rateOf(chain)).toBe(((counted * START + 50n * difficulty) * 1_000n) / (149n * BLOCK_MS));
    chain.interval(0);
    chain.interval(0);
    expect(rateOf(chain)).toBe(0n);
  });

  test("is not known where no proofs are counted", () => {
    const compat = {...params, rules: COMPAT_RULES};
    const chain = new Headers(compat);
    chain.interval(9);
    expect(rateOf(chain, compat)).toBeNull();
  });
});

/** Uniform in [0, 1), from a seed: mulberry32. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test("proofs settle at what the chain aims at, and come back to it when the hash rate changes", () => {
  const RIGS = 64;
  // One proof for each rig and height: 64 (1 - e^-x) = 16 at x = -ln(3/4).
  const settled = (hashrateHps: number): number => (hashrateHps * 10) / -Math.log(1 - Number(aim) / RIGS);
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(40, 5, 0.2, 0.02), (seed, change) => {
      const random = uniform(seed);
      const chain = new Headers(params);
      const mine = (hashrateHps: number, intervals: number): void => {
        for (let i = 0n; i < INTERVAL * BigInt(intervals); i++) {
          const afterMs = 8_000 + Math.floor(random() * 4_000);
          const chance = 1 - Math.exp((-hashrateHps * afterMs) / 1_000 / Number(chain.difficulty));
          let proofs = 0;
          for (let rig = 0; rig < RIGS; rig++) if (random() < chance) proofs++;
          chain.extend(proofs, BigInt(afterMs));
        }
      };
      for (const hashrateHps of [100_000, 100_000 * change]) {
        mine(hashrateHps, 12);
        // 1,600 proofs in an interval: one standard deviation is about 2 %.
        expect(Number(chain.difficulty) / settled(hashrateHps)).toBeGreaterThan(0.85);
        expect(Number(chain.difficulty) / settled(hashrateHps)).toBeLessThan(1.15);
      }
    }),
    {numRuns: 12},
  );
});

describe("a proposer that lies about the time", () => {
  const INTERVALS = 12;
  const span = INTERVAL * BLOCK_MS;

  /** Difficulty after some intervals in which the block that ends each is `shiftMs(i)` off the honest clock. */
  function play(shiftMs: (interval: number) => bigint): bigint {
    const chain = new Headers(params);
    chain.interval(Number(aim));
    const startMs = chain.timeMs;
    for (let i = 1; i <= INTERVALS; i++) {
      while (chain.height % INTERVAL !== INTERVAL - 1n)
        chain.extend(Number(aim), (startMs + span * BigInt(i) - chain.timeMs) / 2n + 1n);
      const endMs = startMs + span * BigInt(i) + shiftMs(i);
      chain.extend(Number(aim), endMs > chain.timeMs ? endMs - chain.timeMs : 1n);
    }
    return chain.difficulty;
  }

  test("cannot add up what it gains: intervals share their ends", () => {
    // The furthest that a header may run ahead, and back to the least that the parent allows, in every pattern of both.
    const shift = fc.constantFrom(MAX_CLOCK_DRIFT_MS, 0n, -BLOCK_MS, -60_000n);
    fc.assert(
      fc.property(fc.array(shift, {minLength: INTERVALS, maxLength: INTERVALS}), (shifts) => {
        const off = Number(play((i) => shifts[i - 1]!)) / Number(START);
        // One interval's worth of the largest shift, not twelve: 60 s of 1,000.
        expect(off).toBeGreaterThan(1 - 0.09);
        expect(off).toBeLessThan(1 + 0.09);
      }),
      {numRuns: 50},
    );
  });

  test("gets the same as an honest one once its last block is honest", () => {
    const lies = play((i) => (i === INTERVALS ? 0n : i % 2 === 0 ? MAX_CLOCK_DRIFT_MS : -60_000n));
    expect(Number(lies) / Number(play(() => 0n))).toBeCloseTo(1, 2);
  });
});
