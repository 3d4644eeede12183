import fc from "fast-check";
import {expect, test} from "vitest";
import {InvariantError} from "../../../../src/errors.js";
import {settleFees} from "../../../../src/node/ledger/monetary/fees.js";
import {
  allocate,
  assertSupply,
  burn,
  countDust,
  credit,
  debit,
  expectedDust,
  mint,
  recountDust,
  supplyOf,
} from "../../../../src/node/ledger/monetary/supply.js";
import {State} from "../../../../src/node/ledger/state/state.js";
import {SUPPLY_KEY, supply} from "../../../../src/node/ledger/state/stores.js";

const ADDRESSES = ["aa", "bb", "cc"].map((each) => each.repeat(32));
const amount = fc.bigInt({min: 0n, max: 10_000n});
const address = fc.constantFrom(...ADDRESSES);
const move = fc.oneof(
  fc.record({kind: fc.constant("mint" as const), a: address, n: amount}),
  fc.record({kind: fc.constant("pay" as const), a: address, b: address, n: amount}),
  fc.record({kind: fc.constant("fee" as const), a: address, b: address, n: amount}),
  fc.record({kind: fc.constant("burn" as const), a: address, n: amount}),
);

test("whatever moves, the books balance, and the recount equals a full count", () => {
  fc.assert(
    fc.property(fc.array(move, {maxLength: 30}), (moves) => {
      const base = new State();
      const genesis = base.fork();
      for (const each of ADDRESSES) allocate(genesis, each, 5_000n);
      genesis.merge();
      let held = countDust(base);
      for (const each of moves) {
        const fork = base.fork();
        try {
          if (each.kind === "mint") mint(fork, each.a, each.n);
          else debit(fork, each.a, each.n);
        } catch {
          continue;
        }
        if (each.kind === "pay") credit(fork, each.b, each.n);
        if (each.kind === "burn") burn(fork, each.n);
        if (each.kind === "fee") settleFees(fork, each.n, {proposer: each.b, fees: {burnBps: 3_333}});
        held = recountDust(fork, held);
        assertSupply(held, supplyOf(fork));
        fork.merge();
        expect(held).toEqual(countDust(base));
      }
    }),
  );
});

test("one dust from nowhere stops the node", () => {
  const base = new State();
  const fork = base.fork();
  allocate(fork, ADDRESSES[0]!, 10n);
  credit(fork, ADDRESSES[1]!, 1n);
  expect(() => assertSupply(countDust(fork), supplyOf(fork))).toThrow(InvariantError);
});

test("genesis cannot allocate more than the treasury's tenth", () => {
  const fork = new State().fork();
  allocate(fork, ADDRESSES[0]!, 1_000_000_000_000_000n);
  expect(() => allocate(fork, ADDRESSES[0]!, 1n)).toThrowError(expect.objectContaining({code: "SUPPLY_CAP"}));
});

test("mining cannot pass its cap", () => {
  const fork = new State().fork();
  fork.put(supply, SUPPLY_KEY, {genesisDust: 0n, minedDust: 9_000_000_000_000_000n, burnedDust: 0n});
  expect(() => mint(fork, ADDRESSES[0]!, 1n)).toThrow(InvariantError);
});

test("a debit beyond the balance is refused and changes nothing", () => {
  const fork = new State().fork();
  allocate(fork, ADDRESSES[0]!, 10n);
  expect(() => debit(fork, ADDRESSES[0]!, 11n)).toThrowError(expect.objectContaining({code: "BALANCE_TOO_LOW"}));
  expect(countDust(fork).balancesDust).toBe(10n);
});

test("burned dust leaves the equation", () => {
  expect(expectedDust({genesisDust: 10n, minedDust: 5n, burnedDust: 3n})).toBe(12n);
});
