/** What a transaction costs, through a real chain; the schedule itself is held to QBIND's vectors by conformance. */
import {expect, test} from "vitest";
import {BATCH_TRANSFER_CONTRACT, batchTransfer, transfer} from "../../../../src/codecs/chain/payloads.js";
import {baseFeeOf, feeOf, GAS_PER_BASE_FEE} from "../../../../src/node/ledger/monetary/fees.js";
import {gasOf} from "../../../../src/node/ledger/monetary/gas.js";
import {accountAt, countDust, supplyOf} from "../../../../src/node/ledger/monetary/supply.js";
import {batchTransferContract} from "../../../../src/node/ledger/transfer/batch-contract.js";
import {transferContract} from "../../../../src/node/ledger/transfer/contract.js";
import {contentOf, signed, testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
const carol = testAccount("carol");
const FEES = {baseFeeDust: 1_000n, floorDust: 1_000n};

const pays = (...payments: readonly (readonly [string, bigint])[]) =>
  batchTransfer.encode({payments: payments.map(([to, amountDust]) => ({to, amountDust, memo: ""}))});
const batch = (payload: Uint8Array, change = {}) =>
  contentOf(alice, {contract: BATCH_TRANSFER_CONTRACT, payload, ...change});

// By the schedule: 21,000 + 2 x 2,600 + 2 x 5,000 + 16 for each byte, and 16 x (2,592 + 4,627) for key and signature.
const PAYMENT = transfer.encode({to: bob.address, amountDust: 1n, memo: ""});
const PAYMENT_GAS = 36_200n + 16n * BigInt(PAYMENT.length) + 115_504n;

test("a payment costs the schedule's gas and the weight of a key and a signature", () => {
  expect(gasOf(contentOf(alice, {payload: PAYMENT}))).toBe(PAYMENT_GAS);
  const self = transfer.encode({to: alice.address, amountDust: 1n, memo: ""});
  expect(gasOf(contentOf(alice, {payload: self}))).toBe(PAYMENT_GAS - 7_600n);
});

test("a batch costs by the accounts that it touches, each once", () => {
  const once = gasOf(batch(pays([bob.address, 1n], [carol.address, 1n])));
  const twice = pays([bob.address, 1n], [bob.address, 1n]);
  expect(once - gasOf(batch(twice))).toBe(7_600n);
});

test("fees grow with size: above what the base fee buys, in proportion and rounded up", () => {
  expect(baseFeeOf(1n, FEES)).toBe(1_000n);
  expect(baseFeeOf(GAS_PER_BASE_FEE, FEES)).toBe(1_000n);
  expect(baseFeeOf(GAS_PER_BASE_FEE + 1n, FEES)).toBe(1_001n);
  expect(baseFeeOf(3n * GAS_PER_BASE_FEE, FEES)).toBe(3_000n);
  expect(baseFeeOf(3n * GAS_PER_BASE_FEE, {baseFeeDust: 0n})).toBe(0n);
  const large = contentOf(alice, {payload: new Uint8Array(100_000)});
  expect(() => feeOf(large, gasOf(large), FEES)).toThrowError(expect.objectContaining({code: "FEE_TOO_LOW"}));
  const capped = {...large, maxFeeDust: 5_000n, tipDust: 90_000n};
  expect(feeOf(capped, gasOf(capped), FEES)).toBe(5_000n);
});

const genesis = testGenesis([{to: alice.address, amountDust: 1_000_000n}]);
const open = () => openTestChain(scratchDirectory(), genesis, {contracts: [transferContract, batchTransferContract]});

test("a batch pays all, and one that is too dear pays nobody but its fee", async () => {
  const {chain, intake, store} = await open();
  const good = await intake.submit(
    signed(alice, batch(pays([bob.address, 5_000n], [carol.address, 7_000n], [bob.address, 1n]))),
  );
  const bad = await intake.submit(
    signed(alice, batch(pays([bob.address, 1n], [carol.address, 999_999n]), {nonce: 1n})),
  );
  await extend(intake);
  expect(store.receipt(good.txId)).toMatchObject({outcome: "applied", feeDust: 1_000n});
  expect(store.receipt(bad.txId)).toMatchObject({outcome: "rejected", code: "BALANCE_TOO_LOW", feeDust: 1_000n});
  const balances = [alice, bob, carol].map(({address}) => accountAt(chain.state, address).balanceDust);
  expect(balances).toEqual([1_000_000n - 12_001n - 2_000n, 5_001n, 7_000n]);
  expect(chain.held).toEqual(countDust(chain.state));
  expect(supplyOf(chain.state).burnedDust).toBe(1_000n);
});

for (const [name, payload, code] of [
  ["without a payment", pays(), "BATCH_EMPTY"],
  ["with a payment of nothing", pays([bob.address, 1n], [carol.address, 0n]), "TRANSFER_ZERO"],
  ["that cannot be read", Uint8Array.of(0x80), "FIELD_INVALID"],
] as const)
  test(`a batch ${name} never gets into the pool`, async () => {
    const {intake} = await open();
    await expect(intake.submit(signed(alice, batch(payload)))).rejects.toMatchObject({code});
  });

test("a higher bid takes the place of a waiting one, on the disk as well", async () => {
  const {intake, store} = await open();
  const at = (amountDust: bigint, maxFeeDust: bigint) =>
    signed(
      alice,
      contentOf(alice, {
        payload: transfer.encode({to: bob.address, amountDust, memo: ""}),
        maxFeeDust,
        tipDust: maxFeeDust - 1_000n,
      }),
    );
  const old = await intake.submit(at(1n, 1_000n));
  await expect(intake.submit(at(2n, 1_099n))).rejects.toMatchObject({code: "POOL_NONCE_TAKEN"});
  const next = await intake.submit(at(2n, 1_100n));
  expect(store.waiting().map(({id}) => id)).toEqual([next.txId]);
  await extend(intake);
  expect(store.receipt(old.txId)).toBeNull();
  expect(store.receipt(next.txId)).toMatchObject({outcome: "applied", feeDust: 1_100n});
});
