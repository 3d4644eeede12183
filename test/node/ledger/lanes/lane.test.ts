import fc from "fast-check";
import {expect, test} from "vitest";
import {hexOf} from "../../../../src/codecs/bytes.js";
import {
  BATCH_TRANSFER_CONTRACT,
  batchTransfer,
  TRANSFER_CONTRACT,
  transfer,
} from "../../../../src/codecs/chain/payloads.js";
import {receipt} from "../../../../src/codecs/chain/receipt.js";
import {RuleError} from "../../../../src/errors.js";
import type {Transaction} from "../../../../src/node/ledger/chain/transaction.js";
import {type LaneOptions, ONE_LANE} from "../../../../src/node/ledger/lanes/lane.js";
import {applyRow} from "../../../../src/node/ledger/lanes/rows.js";
import {leafChanges} from "../../../../src/node/ledger/state/state.js";
import {rootOf, updateTree} from "../../../../src/node/ledger/state/tree.js";
import {shareOut} from "../../../support/groups.js";
import {addressAt, callOf, groundOf, type How, runBlock} from "../../../support/transfers.js";

/** As many threads would, one after the other and the last one first: shares that depend on each other would show. */
const apart = (threads: number): LaneOptions => ({
  ...ONE_LANE,
  least: 1,
  execute({columns, rows}, count) {
    const shares = shareOut(rows, count, threads);
    for (let thread = threads - 1; thread >= 0; thread--)
      for (let i = 0; i < count.rows; i++) if (shares.threads[i] === thread) applyRow(columns, rows, i);
  },
});

const ACCOUNTS = 10;
const account = fc.oneof({weight: 1, arbitrary: fc.constant(0)}, {weight: 2, arbitrary: fc.nat(ACCOUNTS - 1)});
const amountDust = fc.oneof(
  {weight: 6, arbitrary: fc.bigInt(0n, 300n)},
  {weight: 2, arbitrary: fc.bigInt(0n, 60_000n)},
  {weight: 1, arbitrary: fc.bigInt(0n, 2n ** 64n - 1n)},
);
/** Three of those who are paid have no account before. */
const payee = fc.oneof(
  {weight: 6, arbitrary: account},
  {weight: 1, arbitrary: fc.integer({min: ACCOUNTS, max: ACCOUNTS + 2})},
);
const payment = fc.record({to: payee, amountDust});
const paid = ({to, amountDust}: {to: number; amountDust: bigint}) => ({to: addressAt(to), amountDust, memo: ""});

const call = fc.oneof(
  {weight: 8, arbitrary: payment.map((each) => ({contract: TRANSFER_CONTRACT, payload: transfer.encode(paid(each))}))},
  {
    weight: 3,
    arbitrary: fc
      .array(payment, {maxLength: 5})
      .map((all) => ({contract: BATCH_TRANSFER_CONTRACT, payload: batchTransfer.encode({payments: all.map(paid)})})),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      contract: fc.constantFrom(TRANSFER_CONTRACT, BATCH_TRANSFER_CONTRACT, "qsdm/unenroll/v3"),
      payload: fc.uint8Array({maxLength: 40}),
    }),
  },
);
/** What keeps a whole block from being valid, once in a while. */
const flaw = fc.oneof(
  {weight: 120, arbitrary: fc.constant({})},
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      {maxFeeDust: 999n},
      {expiresAtHeight: 0n},
      {contract: "qsdm/unknown/v1"},
      {chainId: "another"},
      {nonceOff: 1n},
      {unsigned: true},
    ),
  },
);
const step = fc.record({from: account, call, flaw, tipDust: fc.constantFrom(0n, 500n, 1_000n)});
const limits = fc.oneof(
  {weight: 8, arbitrary: fc.constant({})},
  {weight: 1, arbitrary: fc.record({maxTransactions: fc.nat(30)})},
  {weight: 1, arbitrary: fc.record({maxGas: fc.bigInt(0n, 8_000_000n)})},
  {weight: 1, arbitrary: fc.record({maxBytes: fc.nat(120_000)})},
  // A record for 100,000 gas, for more than a cap of 2,000 dust covers twice, and where gas is what ends the block.
  {weight: 6, arbitrary: fc.constantFrom({maxRecords: 2n ** 53n / 100_000n}, {maxRecords: 2n ** 53n / 700_000n})},
  {weight: 1, arbitrary: fc.record({maxGas: fc.bigInt(0n, 8_000_000n), maxRecords: fc.constant(60n)})},
);
type Flaw = {readonly nonceOff?: bigint; readonly unsigned?: boolean};

function transactionsOf(steps: readonly {from: number; call: object; flaw: object; tipDust: bigint}[]): Transaction[] {
  const nonces = new Map<number, bigint>();
  return steps.map(({from, call: of, flaw: wrong, tipDust}) => {
    const {nonceOff = 0n, unsigned = false, ...change} = wrong as Flaw;
    const nonce = nonces.get(from) ?? 0n;
    nonces.set(from, nonce + 1n);
    const signature = new Uint8Array(4_627).fill(unsigned ? 1 : 0);
    return callOf(from, {...of, tipDust, ...change, nonce: nonce + nonceOff}, signature);
  });
}

/** Rich, poor, and without anything. */
const ground = groundOf(ACCOUNTS, (i) => [1_000_000n, 70_000n, 40_000n, 20_000n, 6_000n][i % 5]!);

const tree = updateTree(null, leafChanges(ground.changes));

/** Everything that anybody can see of a block, or why it is none. */
function seen(transactions: readonly Transaction[], how: How) {
  try {
    const {state, receipts, events, held, gasUsed, baseFeeDust} = runBlock(ground, transactions, how);
    const root = hexOf(rootOf(updateTree(tree, leafChanges(state.changes()))));
    return {root, receipts: receipts.map((each) => hexOf(receipt.encode(each))), events, held, gasUsed, baseFeeDust};
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return {code: error.code, message: error.message, details: error.details};
  }
}

test("1,000 random blocks leave the same in lanes, shared out between threads, and one by one", () => {
  let valid = 0;
  fc.assert(
    fc.property(
      fc.array(step, {maxLength: 30, size: "max"}),
      limits,
      fc.integer({min: 1, max: 3}),
      (steps, most, threads) => {
        const transactions = transactionsOf(steps);
        const alone = seen(transactions, {lanes: null, limits: most});
        if ("root" in alone) valid++;
        expect(seen(transactions, {lanes: apart(threads), limits: most})).toEqual(alone);
      },
    ),
    {numRuns: 1_000},
  );
  // A test of refusals alone would show little.
  expect(valid).toBeGreaterThan(300);
});
