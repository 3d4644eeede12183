import fc from "fast-check";
import {describe, expect, test} from "vitest";
import type {Transaction} from "../../../../src/node/ledger/chain/transaction.js";
import {feeFor} from "../../../../src/node/mempool/pool/estimate.js";
import {DEFAULT_POOL_LIMITS, Pool} from "../../../../src/node/mempool/pool/pool.js";

const ALICE = "a".repeat(64);
const BOB = "b".repeat(64);

let serial = 0;
const waiting = (sender: string, nonce: bigint, expiresAtHeight = 1_000n): Transaction => {
  const content = {
    chainId: "test",
    sender,
    nonce,
    expiresAtHeight,
    maxFeeDust: 0n,
    tipDust: 0n,
    contract: "qsdm/transfer/v3",
    payload: new Uint8Array(),
  };
  return {
    txId: (serial++).toString(16).padStart(64, "0"),
    clientId: null,
    content,
    authority: {form: "envelope-v3", publicKey: null, signature: new Uint8Array()},
    bytes: new Uint8Array(100),
    gas: 1_000n,
  };
};
const fresh = () => 0n;
const NOW = {nonceOf: fresh, nowMs: 0n};
const bidOf = (feeDust: bigint) => ({feeDust, gas: 1_000n, usesGas: 1_000n});
const offer = (pool: Pool, transaction: Transaction, bid = 1n, nonceOf = fresh): void => {
  pool.check(transaction, {nonceOf, height: 0n});
  pool.add(transaction, bidOf(bid), {nonceOf, nowMs: 0n});
};

describe("selection", () => {
  test("takes the best bid first and keeps each sender's nonces in sequence", () => {
    const pool = new Pool();
    const cheapFirst = waiting(ALICE, 0n);
    const dearSecond = waiting(ALICE, 1n);
    const middle = waiting(BOB, 0n);
    offer(pool, cheapFirst, 1n);
    offer(pool, dearSecond, 100n);
    offer(pool, middle, 50n);
    expect(pool.select(10, fresh)).toEqual([middle, cheapFirst, dearSecond]);
  });

  test("takes equal bids in order of arrival", () => {
    const pool = new Pool();
    const senders = Array.from({length: 20}, (_, i) => i.toString(16).padStart(64, "0"));
    const arrived = senders.map((sender) => waiting(sender, 0n));
    for (const each of arrived) offer(pool, each, 7n);
    expect(pool.select(100, fresh)).toEqual(arrived);
  });

  test("leaves out what waits behind a missing nonce", () => {
    const pool = new Pool();
    offer(pool, waiting(ALICE, 1n));
    expect(pool.select(10, fresh)).toEqual([]);
  });

  test("gives at most what was asked for", () => {
    const pool = new Pool();
    for (let nonce = 0n; nonce < 5n; nonce++) offer(pool, waiting(ALICE, nonce));
    expect(pool.select(3, fresh)).toHaveLength(3);
  });

  test("never reorders a sender, whatever the bids", () => {
    const item = fc.record({sender: fc.constantFrom(ALICE, BOB), bid: fc.bigInt({min: 0n, max: 9n})});
    fc.assert(
      fc.property(fc.array(item, {maxLength: 60}), (items) => {
        const pool = new Pool();
        const next = new Map<string, bigint>();
        for (const {sender, bid} of items) {
          const nonce = next.get(sender) ?? 0n;
          next.set(sender, nonce + 1n);
          offer(pool, waiting(sender, nonce), bid);
        }
        const seen = new Map<string, bigint>();
        const selected = pool.select(100, fresh);
        expect(selected).toHaveLength(items.length);
        for (const {content} of selected) {
          const {sender, nonce} = content;
          expect(nonce).toBe(seen.get(sender) ?? 0n);
          seen.set(sender, nonce + 1n);
        }
      }),
    );
  });
});

describe("refusals", () => {
  test.each<[string, (pool: Pool) => void]>([
    [
      "POOL_DUPLICATE",
      (pool) => {
        const one = waiting(ALICE, 0n);
        offer(pool, one);
        offer(pool, one);
      },
    ],
    ["NONCE_USED", (pool) => offer(pool, waiting(ALICE, 4n), 1n, () => 5n)],
    ["NONCE_TOO_HIGH", (pool) => offer(pool, waiting(ALICE, 65n))],
    [
      "POOL_NONCE_TAKEN",
      (pool) => {
        offer(pool, waiting(ALICE, 0n));
        offer(pool, waiting(ALICE, 0n));
      },
    ],
    [
      "POOL_SENDER_FULL",
      (pool) => {
        for (let nonce = 0n; nonce <= 64n; nonce++) offer(pool, waiting(ALICE, nonce));
      },
    ],
  ])("%s", (code, act) => {
    expect(() => act(new Pool())).toThrowError(expect.objectContaining({code}));
  });

  test("POOL_SENDER_FULL by bytes", () => {
    const pool = new Pool({...DEFAULT_POOL_LIMITS, maxBytesPerSender: 250});
    offer(pool, waiting(ALICE, 0n));
    offer(pool, waiting(ALICE, 1n));
    expect(() => offer(pool, waiting(ALICE, 2n))).toThrowError(expect.objectContaining({code: "POOL_SENDER_FULL"}));
    offer(pool, waiting(BOB, 0n));
  });

  test("POOL_FULL by count and by bytes", () => {
    for (const limits of [
      {...DEFAULT_POOL_LIMITS, maxTransactions: 1},
      {...DEFAULT_POOL_LIMITS, maxBytes: 199},
    ]) {
      const pool = new Pool(limits);
      offer(pool, waiting(ALICE, 0n));
      expect(() => offer(pool, waiting(BOB, 0n))).toThrowError(expect.objectContaining({code: "POOL_FULL"}));
    }
  });
});

describe("a bid for a nonce that is taken", () => {
  const bidding = (tipDust: bigint, maxFeeDust = 10_000n): Transaction => {
    const one = waiting(ALICE, 0n);
    return {...one, content: {...one.content, tipDust, maxFeeDust}};
  };
  const refused = expect.objectContaining({code: "POOL_NONCE_TAKEN"});

  test("takes its place with a tenth more, rounded up, and no lower tip", () => {
    const pool = new Pool();
    const [old, next] = [bidding(5n), bidding(5n)];
    offer(pool, old, 1_001n);
    expect(() => offer(pool, bidding(5n), 1_101n)).toThrowError(refused);
    expect(() => offer(pool, bidding(4n), 5_000n)).toThrowError(refused);
    expect(pool.has(old.txId)).toBe(true);
    expect(pool.add(next, bidOf(1_102n), NOW)).toEqual([old.txId]);
    expect(pool.select(10, fresh)).toEqual([next]);
    expect([pool.size, pool.pledgedDust(ALICE), pool.pledgedDust(ALICE, 0n)]).toEqual([1, 1_102n, 0n]);
  });

  test("is refused before its signature when even its cap is too low", () => {
    const pool = new Pool();
    offer(pool, bidding(0n), 1_000n);
    const ground = {nonceOf: fresh, height: 0n};
    expect(() => pool.check(bidding(0n, 1_099n), ground)).toThrowError(refused);
    expect(() => pool.check(bidding(0n, 1_100n), ground)).not.toThrow();
  });

  test("costs something where fees are nothing", () => {
    const pool = new Pool();
    offer(pool, bidding(0n), 0n);
    expect(() => offer(pool, bidding(0n), 0n)).toThrowError(refused);
  });

  test("never replaces what a QSDM client was promised under its own id", () => {
    const pool = new Pool();
    const theirs = {...bidding(0n), authority: {form: "unsigned"} as const};
    offer(pool, theirs, 1n);
    expect(() => offer(pool, bidding(9n), 9_000n)).toThrowError(refused);
  });

  test("needs no more room than it leaves", () => {
    const pool = new Pool({...DEFAULT_POOL_LIMITS, maxPerSender: 1, maxBytesPerSender: 100});
    offer(pool, bidding(0n), 1n);
    offer(pool, bidding(0n), 2n);
    expect(pool.size).toBe(1);
  });

  test("leaves everything as it was when it finds no room", () => {
    const pool = new Pool({...DEFAULT_POOL_LIMITS, maxBytes: 150});
    const old = bidding(0n);
    offer(pool, old, 1n);
    const large = {...bidding(0n), bytes: new Uint8Array(151)};
    expect(() => pool.add(large, bidOf(5n), NOW)).toThrowError(expect.objectContaining({code: "POOL_FULL"}));
    expect(pool.select(10, fresh)).toEqual([old]);
  });
});

test("what counts is the price of gas: a large transaction needs a larger bid", () => {
  const pool = new Pool();
  const [large, small, equal] = [waiting(ALICE, 0n), waiting(BOB, 0n), waiting("c".repeat(64), 0n)];
  pool.add(large, {feeDust: 1_900n, gas: 2_000n, usesGas: 2_000n}, NOW);
  pool.add(small, {feeDust: 1_000n, gas: 1_000n, usesGas: 1_000n}, NOW);
  pool.add(equal, {feeDust: 2_000n, gas: 2_000n, usesGas: 2_000n}, NOW);
  expect(pool.select(10, fresh)).toEqual([equal, small, large]);
});

describe("an estimate", () => {
  const fees = {baseFeeDust: 1_000n, floorDust: 1_000n, changeDenominator: 0, targetBps: 5_000, burnBps: 5_000};
  // Room for two ordinary transactions in a block, of which the gas here is what the base fee buys.
  const ORDINARY = 600_000n;
  const rules = {fees, limits: {maxGas: 2n * ORDINARY, maxTransactions: 100}};
  const at = (...prices: readonly bigint[]) =>
    prices.map((feeDust) => ({bid: {feeDust, gas: ORDINARY, usesGas: ORDINARY}, maxFeeDust: feeDust}));

  test("is the base fee where there is room for one more", () => {
    expect(feeFor(1, [], rules)).toBe(1_000n);
    expect(feeFor(1, at(9_000n), rules)).toBe(1_000n);
  });

  test("is one above what would fill the block", () => {
    expect(feeFor(1, at(9_000n, 5_000n, 2_000n), rules)).toBe(5_001n);
    expect(feeFor(2, at(9_000n, 5_000n, 2_000n), rules)).toBe(1_000n);
    expect(feeFor(2, at(9_000n, 5_000n, 2_000n, 1_500n), rules)).toBe(1_501n);
  });

  test("counts places as well as gas, and goes by the price and not by the fee", () => {
    const one = {fees, limits: {maxGas: 100n * ORDINARY, maxTransactions: 1}};
    const large = [{bid: {feeDust: 9_000n, gas: 3n * ORDINARY, usesGas: 3n * ORDINARY}, maxFeeDust: 9_000n}];
    expect(feeFor(1, large, one)).toBe(3_001n);
    expect(feeFor(2, large, one)).toBe(1_000n);
  });

  test("reads the pool best price first", () => {
    const pool = new Pool();
    offer(pool, waiting(ALICE, 0n), 5n);
    offer(pool, waiting(BOB, 0n), 9n);
    expect(pool.bids().map(({bid}) => bid.feeDust)).toEqual([9n, 5n]);
  });
});

test("a removed transaction makes room for its nonce", () => {
  const pool = new Pool();
  const one = waiting(ALICE, 0n);
  offer(pool, one);
  pool.remove(one.txId);
  expect(pool.size).toBe(0);
  offer(pool, waiting(ALICE, 0n));
  expect(pool.size).toBe(1);
});

test("spent nonces and passed expiries are stale, the rest is not", () => {
  const pool = new Pool();
  const spent = waiting(ALICE, 0n);
  const good = waiting(ALICE, 1n);
  const expired = waiting(BOB, 1n, 9n);
  for (const each of [spent, good, expired]) offer(pool, each);
  const nonceOf = (address: string) => (address === ALICE ? 1n : 0n);
  expect(pool.stale(9n, nonceOf)).toEqual([spent.txId]);
  expect(pool.stale(10n, nonceOf).sort()).toEqual([spent.txId, expired.txId].sort());
});

test("the next nonce to sign counts what is waiting without a gap", () => {
  const pool = new Pool();
  offer(pool, waiting(ALICE, 0n));
  offer(pool, waiting(ALICE, 1n));
  offer(pool, waiting(ALICE, 3n));
  expect(pool.nextNonce(ALICE, fresh)).toBe(2n);
  expect(pool.nextNonce(BOB, fresh)).toBe(0n);
});

describe("a full pool", () => {
  const full = {...DEFAULT_POOL_LIMITS, maxTransactions: 2};
  const CAROL = "c".repeat(64);

  test("evicts so many in a window and refuses newcomers above that, until the next one", () => {
    const pool = new Pool({...full, maxTransactions: 1, maxEvictions: 2, evictionWindowMs: 1_000n});
    const add = (bid: bigint, nowMs: bigint) =>
      pool.add(waiting(`${bid}`.padStart(64, "0"), 0n), bidOf(bid), {...NOW, nowMs});
    add(1n, 500n);
    add(2n, 5_000n);
    add(3n, 5_999n);
    expect(() => add(4n, 5_999n)).toThrowError(expect.objectContaining({code: "POOL_EVICTIONS"}));
    expect(pool.select(1, fresh)[0]?.content.sender).toBe("3".padStart(64, "0"));
    expect(add(4n, 6_000n)).toHaveLength(1);
  });

  test("lets nobody go for a newcomer that finds no room in the end", () => {
    const pool = new Pool({...DEFAULT_POOL_LIMITS, maxBytes: 250});
    const [cheap, dear] = [waiting(ALICE, 0n), waiting(BOB, 0n)];
    offer(pool, cheap, 1n);
    offer(pool, dear, 9n);
    const large = {...waiting(CAROL, 0n), bytes: new Uint8Array(200)};
    expect(() => pool.add(large, bidOf(5n), NOW)).toThrowError(expect.objectContaining({code: "POOL_FULL"}));
    expect([pool.has(cheap.txId), pool.has(dear.txId)]).toEqual([true, true]);
    expect(pool.add(large, bidOf(10n), NOW)).toEqual([cheap.txId, dear.txId]);
  });

  test("makes room by what waits behind a gap, whatever that bids", () => {
    const pool = new Pool(full);
    const gapped = waiting(ALICE, 1n);
    offer(pool, gapped, 100n);
    offer(pool, waiting(BOB, 0n), 1n);
    expect(pool.add(waiting(CAROL, 0n), bidOf(1n), NOW)).toEqual([gapped.txId]);
    expect(pool.has(gapped.txId)).toBe(false);
  });

  test("makes room by the lowest bid at the end of a queue, for a higher one", () => {
    const pool = new Pool(full);
    const [first, last] = [waiting(ALICE, 0n), waiting(ALICE, 1n)];
    offer(pool, first, 1n);
    offer(pool, last, 5n);
    expect(pool.add(waiting(BOB, 0n), bidOf(6n), NOW)).toEqual([last.txId]);
    expect(pool.has(first.txId)).toBe(true);
  });

  test.each<[string, Transaction, bigint]>([
    ["an equal bid", waiting(CAROL, 0n), 5n],
    ["what would wait behind a gap itself", waiting(CAROL, 1n), 100n],
    ["more of the sender whose end it is", waiting(BOB, 1n), 100n],
  ])("keeps out %s", (_what, transaction, bid) => {
    const pool = new Pool(full);
    offer(pool, waiting(ALICE, 0n), 9n);
    offer(pool, waiting(BOB, 0n), 5n);
    expect(() => pool.add(transaction, bidOf(bid), NOW)).toThrowError(expect.objectContaining({code: "POOL_FULL"}));
    expect(pool.size).toBe(2);
  });
});

test("an expiry beyond the horizon is refused, one at it is taken", () => {
  const pool = new Pool();
  const horizon = DEFAULT_POOL_LIMITS.maxExpiryBlocks;
  expect(() => pool.check(waiting(ALICE, 0n, horizon + 8n), {nonceOf: fresh, height: 7n})).toThrowError(
    expect.objectContaining({code: "EXPIRY_TOO_FAR"}),
  );
  expect(() => pool.check(waiting(ALICE, 0n, horizon + 7n), {nonceOf: fresh, height: 7n})).not.toThrow();
});

test("only a transaction with its account's next nonce is ready", () => {
  const pool = new Pool();
  offer(pool, waiting(ALICE, 1n));
  expect(pool.hasReady(fresh)).toBe(false);
  offer(pool, waiting(ALICE, 0n));
  expect(pool.hasReady(fresh)).toBe(true);
});

test("the fees that a sender pledged are the sum of its bids", () => {
  const pool = new Pool();
  offer(pool, waiting(ALICE, 0n), 3n);
  offer(pool, waiting(ALICE, 1n), 4n);
  expect([pool.pledgedDust(ALICE), pool.pledgedDust(BOB)]).toEqual([7n, 0n]);
});
