/** A base fee that follows demand, by the numbers of Ethereum's clients and through a real chain. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {transfer} from "../../../../src/codecs/chain/payloads.js";
import {type Contract, NO_EFFECT} from "../../../../src/node/ledger/chain/contract.js";
import {nextBaseFee} from "../../../../src/node/ledger/monetary/base-fee.js";
import {SUPPLY_CAP_DUST} from "../../../../src/node/ledger/monetary/emission.js";
import {transferContract} from "../../../../src/node/ledger/transfer/contract.js";
import {contentOf, signed, testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";

const TERMS = {floorDust: 0n, changeDenominator: 8};

describe("the next base fee", () => {
  // go-ethereum, consensus/misc/eip1559, TestCalcBaseFee: the limit is 20,000,000 and the target half of it.
  test.each([
    [10_000_000n, 1_000_000_000n],
    [9_000_000n, 987_500_000n],
    [11_000_000n, 1_012_500_000n],
  ])("after %s gas is what Ethereum's would be", (gasUsed, expected) => {
    expect(nextBaseFee({...TERMS, baseFeeDust: 1_000_000_000n}, {gasUsed, targetGas: 10_000_000n})).toBe(expected);
  });

  const step = (baseFeeDust: bigint, gasUsed: bigint, change = {}) =>
    nextBaseFee({...TERMS, baseFeeDust, ...change}, {gasUsed, targetGas: 100n});

  test("moves by a dust at least, both ways, and stops at the floor and at all that there is", () => {
    expect([step(0n, 101n), step(3n, 101n), step(3n, 99n), step(0n, 0n)]).toEqual([1n, 4n, 2n, 0n]);
    expect(step(1_050n, 0n, {floorDust: 1_000n})).toBe(1_000n);
    expect(step(SUPPLY_CAP_DUST, 200n)).toBe(SUPPLY_CAP_DUST);
  });

  test("is the floor where nothing moves it", () => {
    expect(step(5_000n, 200n, {floorDust: 1_000n, changeDenominator: 0})).toBe(1_000n);
  });

  test("never jumps: no block moves it by more than its share above the target, and no fuller block makes it lower", () => {
    const amount = fc.bigInt({min: 1n, max: 10n ** 15n});
    const gas = fc.bigInt({min: 0n, max: 200n});
    fc.assert(
      fc.property(amount, gas, gas, (base, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        expect(step(base, less) <= step(base, more)).toBe(true);
        expect(step(base, more) <= base + base / 8n + 1n).toBe(true);
        expect(step(base, less) >= base - base / 8n - 1n).toBe(true);
      }),
    );
  });
});

const [alice, bob] = [testAccount("alice"), testAccount("bob")];
/** Takes any payload: for blocks that are full with one transaction. */
const blobs: Contract = {id: "test/blob", check: () => {}, adds: () => 0, apply: () => NO_EFFECT, rejected: () => null};
const base = testGenesis([alice, bob].map(({address}) => ({to: address, amountDust: 10_000_000n})));
// A tenth of the smallest block that there can be: 2,500,000 gas.
const genesis = {...base, params: {...base.params, maxBlockGas: 25_000_000n, blockGasTargetBps: 1_000}};
const contracts = [transferContract, blobs];
const open = (directory = scratchDirectory()) => openTestChain(directory, genesis, {contracts});

const blob = (nonce: bigint): Uint8Array =>
  signed(
    alice,
    contentOf(alice, {nonce, contract: blobs.id, payload: new Uint8Array(400_000), maxFeeDust: 1_000_000n}),
  );
const payment = transfer.encode({to: alice.address, amountDust: 1n, memo: ""});
const pay = (nonce: bigint, maxFeeDust: bigint): Uint8Array =>
  signed(bob, contentOf(bob, {nonce, payload: payment, maxFeeDust}));

// By the schedule: 21,000 + 4 x 7,600 + 16 for each byte, and 16 x (2,592 + 4,627) for key and signature.
const BLOB_GAS = 51_400n + 16n * 400_000n + 115_504n;
// Of EIP-1559: by an eighth of what the block is above its target, in parts of it.
const RAISED = 1_000n + (1_000n * (BLOB_GAS - 2_500_000n)) / 2_500_000n / 8n;

test("a full block raises it, headers tell it, and what waits below it gets in once it has fallen", async () => {
  const directory = scratchDirectory();
  const {chain, intake, store} = await open(directory);
  await intake.submit(blob(0n));
  await extend(intake);
  expect(store.header(1n)).toMatchObject({baseFeeDust: 1_000n, gasUsed: BLOB_GAS});
  expect(chain.nextBlock(0n).params.fees.baseFeeDust).toBe(RAISED);

  await expect(intake.submit(pay(0n, 1_000n))).rejects.toMatchObject({
    code: "FEE_BELOW_BASE",
    details: {base_fee_dust: RAISED},
  });
  await expect(intake.relay(pay(0n, 999n))).rejects.toMatchObject({code: "FEE_TOO_LOW"});
  // Another node has acknowledged these two; the second could pay now, but not before the first.
  const first = await intake.relay(pay(0n, 1_000n));
  const second = await intake.submit(pay(1n, 50_000n));
  await extend(intake);
  expect(store.header(2n)).toMatchObject({baseFeeDust: RAISED, gasUsed: 0n});
  store.close();

  const again = await open(directory);
  while (again.store.receipt(first.txId) === null) await extend(again.intake);
  // An eighth less, and then the floor.
  const fees = [2n, 3n, 4n].map((height) => again.store.header(height)?.baseFeeDust);
  expect(fees).toEqual([RAISED, RAISED - RAISED / 8n, 1_000n]);
  expect(again.store.receipt(first.txId)).toMatchObject({outcome: "applied", height: 4n, feeDust: 1_000n});
  expect(again.store.receipt(second.txId)).toMatchObject({outcome: "applied", height: 4n});
  again.store.close();
});

test("a block that a transaction below the base fee is put in is none, and the transaction is not let go", async () => {
  const {chain, intake, store} = await open();
  const waits = await intake.submit(pay(0n, 1_000n));
  const offered = intake.offered(() => false);
  await intake.submit(blob(0n));
  // The block of the blob alone, as another validator could have built it.
  const blobOnly = intake.offered((id) => id === waits.txId);
  const timeMs = genesis.timeMs + 1_000n;
  const batches = [{round: 1n, creator: 0, batchId: "00".repeat(32)}];
  const full = chain.build({timeMs, ...blobOnly, batches}, {parentId: chain.tip.id, view: 1n});
  const next = {timeMs: timeMs + 1_000n, ...offered, batches: [{...batches[0]!, round: 2n}]};
  const {block, extension} = chain.build(next, {parentId: full.parent.id, view: 2n});
  expect([block.transactions, extension.dropped, extension.settled]).toEqual([[], [], []]);
  const forged = {
    ...full.block,
    header: {...full.block.header, baseFeeDust: 999n},
  };
  expect(() => chain.execute(forged, null)).toThrowError(expect.objectContaining({code: "BODY_INVALID"}));
  store.close();
});
