/** The fee market under more than blocks hold: who gets in, in which order, at a base fee that moves. */
import {describe, expect, test} from "vitest";
import type {Transaction} from "../../../../src/node/ledger/chain/transaction.js";
import {nextBaseFee} from "../../../../src/node/ledger/monetary/base-fee.js";
import {chargedGas, feeOf, offerOf} from "../../../../src/node/ledger/monetary/fees.js";
import {feeFor} from "../../../../src/node/mempool/pool/estimate.js";
import {DEFAULT_POOL_LIMITS, Pool} from "../../../../src/node/mempool/pool/pool.js";
import {Random} from "../../../sim/random.js";

const GAS = 600_000n;
const FLOOR = {baseFeeDust: 1_000n, floorDust: 1_000n};
const MARKET = {floorDust: 1_000n, changeDenominator: 8};
const addressOf = (i: number): string => i.toString(16).padStart(64, "0");

let serial = 0;
function transactionOf(sender: string, nonce: bigint, bid: {maxFeeDust: bigint; tipDust: bigint}): Transaction {
  const rest = {chainId: "test", expiresAtHeight: 1_000n, contract: "qsdm/transfer/v3", payload: new Uint8Array()};
  return {
    txId: (serial++).toString(16).padStart(64, "0"),
    clientId: null,
    content: {...rest, sender, nonce, ...bid},
    authority: {form: "envelope-v3", publicKey: null, signature: new Uint8Array()},
    bytes: new Uint8Array(100),
    gas: GAS,
  };
}

/** A pool, and a chain as far as it matters here: nonces, and a base fee that follows what its blocks hold. */
class Market {
  readonly pool = new Pool({...DEFAULT_POOL_LIMITS, maxPerSender: 100});
  readonly #nonces = new Map<string, bigint>();
  /** Block that included it, by id. */
  readonly included = new Map<string, number>();
  baseFeeDust = FLOOR.baseFeeDust;
  #height = 0;
  readonly nonceOf = (sender: string): bigint => this.#nonces.get(sender) ?? 0n;

  constructor(private readonly capacity: number) {
    this.pool.reprice(FLOOR);
  }

  add(transaction: Transaction): void {
    const feeDust = offerOf(transaction.content, GAS, {baseFeeDust: this.baseFeeDust});
    this.pool.check(transaction, {nonceOf: this.nonceOf, height: 0n});
    this.pool.add(transaction, {feeDust, gas: chargedGas(GAS), usesGas: GAS}, {nonceOf: this.nonceOf, nowMs: 0n});
  }

  /** A block of the best that waits; every one of it has to be able to pay, and to come after its sender's last. */
  block(): void {
    this.#height++;
    const fees = {baseFeeDust: this.baseFeeDust, floorDust: FLOOR.floorDust};
    const taken = this.pool.select(this.capacity, this.nonceOf);
    for (const {txId, content} of taken) {
      feeOf(content, GAS, fees);
      expect(content.nonce).toBe(this.nonceOf(content.sender));
      this.#nonces.set(content.sender, content.nonce + 1n);
      this.included.set(txId, this.#height);
    }
    for (const {txId} of taken) this.pool.remove(txId);
    const gas = {gasUsed: BigInt(taken.length) * GAS, targetGas: (BigInt(this.capacity) * GAS) / 2n};
    this.baseFeeDust = nextBaseFee({...MARKET, baseFeeDust: this.baseFeeDust}, gas);
    this.pool.reprice({...fees, baseFeeDust: this.baseFeeDust});
  }
}

/** Ranks from 0, times two, so that the mean of a tie is a whole number. */
function ranksOf(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return values.map((value) => sorted.indexOf(value) + sorted.lastIndexOf(value));
}

/** Spearman's rank correlation with ties: Pearson's of the mean ranks. */
function spearman(x: readonly number[], y: readonly number[]): number {
  const [a, b] = [ranksOf(x), ranksOf(y)];
  const mean = a.length - 1;
  let [both, ofA, ofB] = [0, 0, 0];
  a.forEach((rank, i) => {
    both += (rank - mean) * (b[i]! - mean);
    ofA += (rank - mean) ** 2;
    ofB += (b[i]! - mean) ** 2;
  });
  return both / Math.sqrt(ofA * ofB);
}

test("the statistic is Spearman's", () => {
  // The example of any textbook: 1 - 6 x 194 / (10 x 99).
  const iq = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110];
  const hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17];
  expect(spearman(iq, hours)).toBeCloseTo(-29 / 165, 12);
});

const SEEDS = Array.from({length: 10}, (_, i) => `fee market ${i}`);

test.each(SEEDS)("under twice the capacity the higher bid is in earlier: %s", (seed) => {
  const random = new Random(seed);
  const [capacity, blocks] = [20, 10];
  const market = new Market(capacity);
  const waiting = Array.from({length: 2 * capacity * blocks}, (_, i) => {
    const maxFeeDust = 1_000n + BigInt(Math.floor(random.unit() * 100_000));
    return transactionOf(addressOf(i), 0n, {maxFeeDust, tipDust: maxFeeDust});
  });
  for (const each of waiting) market.add(each);
  for (let i = 0; i < blocks; i++) market.block();
  expect(market.included.size).toBe(capacity * blocks);
  const bids = waiting.map(({content}) => Number(content.maxFeeDust));
  // What is not in yet is behind everything that is.
  const places = waiting.map(({txId}) => -(market.included.get(txId) ?? blocks + 1));
  expect(spearman(bids, places)).toBeGreaterThan(0.9);
});

test.each(SEEDS)("nobody's lower nonce starves, whatever bids are behind it: %s", (seed) => {
  const random = new Random(seed);
  const market = new Market(10);
  const all: Transaction[] = [];
  for (let sender = 0; sender < 40; sender++)
    for (let nonce = 0n; nonce < 10n; nonce++) {
      const maxFeeDust = 1_000n + BigInt(Math.floor(random.unit() * 20_000));
      const tipDust = BigInt(Math.floor(random.unit() * 20_000));
      all.push(transactionOf(addressOf(sender), nonce, {maxFeeDust, tipDust}));
    }
  for (const each of all) market.add(each);
  // Twice what the blocks would need: the base fee rises above what some can pay, and has to fall for them.
  for (let i = 0; i < 200 && market.included.size < all.length; i++) market.block();
  expect(market.pool.size).toBe(0);
  expect(market.included.size).toBe(all.length);
});

describe("a base fee that moves under what waits", () => {
  const ALICE = addressOf(1);
  const BOB = addressOf(2);
  const priced = (baseFeeDust: bigint, floorDust = 1_000n) => ({baseFeeDust, floorDust});
  function poolOf(...all: readonly Transaction[]): Pool {
    const pool = new Pool();
    pool.reprice(FLOOR);
    for (const each of all)
      pool.add(
        each,
        {feeDust: offerOf(each.content, GAS, FLOOR), gas: GAS, usesGas: GAS},
        {nonceOf: () => 0n, nowMs: 0n},
      );
    return pool;
  }
  const fresh = () => 0n;

  test("leaves it waiting, last in the order, and takes it up again", () => {
    const low = transactionOf(ALICE, 0n, {maxFeeDust: 1_500n, tipDust: 400n});
    const behind = transactionOf(ALICE, 1n, {maxFeeDust: 90_000n, tipDust: 1n});
    const high = transactionOf(BOB, 0n, {maxFeeDust: 9_000n, tipDust: 100n});
    const pool = poolOf(low, behind, high);
    expect(pool.select(9, fresh)).toEqual([low, high, behind]);
    pool.reprice(priced(1_501n));
    expect(pool.select(9, fresh)).toEqual([high]);
    expect([pool.hasReady(fresh), pool.hasReady(fresh, new Set([high.txId]))]).toEqual([true, false]);
    expect(pool.stale(1n, fresh)).toEqual([]);
    expect(pool.pledgedDust(ALICE)).toBe(1_500n + 1_502n);
    pool.reprice(priced(1_200n));
    // It offers its cap of 1,500 against 1,300.
    expect(pool.select(9, fresh)).toEqual([low, high, behind]);
  });

  test("lets go of what no base fee falls to any more", () => {
    const low = transactionOf(ALICE, 0n, {maxFeeDust: 1_500n, tipDust: 0n});
    const pool = poolOf(low);
    pool.reprice(priced(1_501n, 1_501n));
    expect(pool.stale(1n, fresh)).toEqual([low.txId]);
  });

  test("evicts it before anything that could be in a block", () => {
    const low = transactionOf(ALICE, 0n, {maxFeeDust: 2_999n, tipDust: 2_999n});
    const high = transactionOf(BOB, 0n, {maxFeeDust: 9_000n, tipDust: 0n});
    const pool = new Pool({...DEFAULT_POOL_LIMITS, maxTransactions: 2});
    pool.reprice(FLOOR);
    for (const each of [low, high])
      pool.add(each, {feeDust: offerOf(each.content, GAS, FLOOR), gas: GAS, usesGas: GAS}, {nonceOf: fresh, nowMs: 0n});
    pool.reprice(priced(3_000n));
    const next = transactionOf(addressOf(3), 0n, {maxFeeDust: 3_001n, tipDust: 1n});
    expect(pool.add(next, {feeDust: 3_001n, gas: GAS, usesGas: GAS}, {nonceOf: fresh, nowMs: 0n})).toEqual([low.txId]);
  });

  test("still lets it be replaced, by a tenth more than its cap", () => {
    const low = transactionOf(ALICE, 0n, {maxFeeDust: 1_500n, tipDust: 0n});
    const pool = poolOf(low);
    pool.reprice(priced(2_000n));
    const bid = (feeDust: bigint) => ({feeDust, gas: GAS, usesGas: GAS});
    const next = transactionOf(ALICE, 0n, {maxFeeDust: 9_000n, tipDust: 0n});
    expect(() => pool.add(next, bid(1_649n), {nonceOf: fresh, nowMs: 0n})).toThrowError(
      expect.objectContaining({code: "POOL_NONCE_TAKEN"}),
    );
    expect(pool.add(next, bid(2_000n), {nonceOf: fresh, nowMs: 0n})).toEqual([low.txId]);
  });
});

describe("an estimate of more than the next block", () => {
  const fees = {...MARKET, baseFeeDust: 1_000n, targetBps: 5_000, burnBps: 0};
  const rules = {fees, limits: {maxGas: 2n * GAS, maxTransactions: 100}};
  const at = (...caps: readonly bigint[]) =>
    caps.map((maxFeeDust) => ({bid: {feeDust: maxFeeDust, gas: GAS, usesGas: GAS}, maxFeeDust}));

  test("counts in that full blocks raise the base fee, and passes over what could not pay it then", () => {
    // The first block is full: an eighth more in the second, where 1,100 cannot pay, and an eighth less in the third.
    expect(feeFor(1, at(9_000n, 8_000n, 1_100n), rules)).toBe(8_001n);
    expect(feeFor(2, at(9_000n, 8_000n, 1_100n), rules)).toBe(1_125n);
    expect(feeFor(3, at(9_000n, 8_000n, 1_100n), rules)).toBe(1_000n);
  });
});
