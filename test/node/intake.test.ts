/** Writes that take the place of others, and a disk that fails meanwhile. */
import {expect, test} from "vitest";
import {transfer} from "../../src/codecs/chain/payloads.js";
import {MAX_BLOCK_RECORDS} from "../../src/codecs/governance/parameters.js";
import {UnavailableError} from "../../src/errors.js";
import {Intake} from "../../src/node/intake.js";
import {readTransaction} from "../../src/node/ledger/chain/transaction.js";
import {offenceKeyOf, slashContract} from "../../src/node/ledger/slashing/contract.js";
import {evidence, params} from "../../src/node/ledger/state/stores.js";
import {transferContract} from "../../src/node/ledger/transfer/contract.js";
import {admissionStack} from "../../src/node/mempool/pool/admission.js";
import {DEFAULT_POOL_LIMITS, Pool} from "../../src/node/mempool/pool/pool.js";
import {SignatureDesk} from "../../src/node/signature-desk.js";
import type {LedgerStore} from "../../src/node/storage/store.js";
import {cryptoOf} from "../sim/crypto.js";
import {doubleEvidence, type Miner, proofBy, slashCall} from "../sim/mining.js";
import {Random} from "../sim/random.js";
import {clientOf} from "../sim/workload.js";
import {contentOf, mlDsa87, signed, type TestAccount, testAccount} from "../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../support/chain.js";

const [alice, bob] = [testAccount("alice"), testAccount("bob")];
const genesis = testGenesis([alice, bob].map(({address}) => ({to: address, amountDust: 1_000_000n})));
const TRANSFERS = new Map([[transferContract.id, transferContract]]);
const broken = new UnavailableError("STORE_WRITE_FAILED", "the disk failed");

/** An intake of one place, on a disk that takes so many writes of what waits. */
async function intakeOn(writes: number) {
  const {chain, store} = await openTestChain(scratchDirectory(), genesis);
  let left = writes;
  const failing = {
    keepWaiting: (...write) => {
      if (left-- <= 0) throw broken;
      store.keepWaiting(...write);
    },
    dropWaiting: (ids) => store.dropWaiting(ids),
  } satisfies Partial<LedgerStore> as Partial<LedgerStore> as LedgerStore;
  const pool = new Pool({...DEFAULT_POOL_LIMITS, maxTransactions: 1});
  const failures: unknown[] = [];
  const intake = new Intake({
    chain,
    pool,
    store: failing,
    signatures: new SignatureDesk(mlDsa87.verify, null),
    admit: admissionStack([transferContract], TRANSFERS),
    contracts: TRANSFERS,
    verifyProof: () => {
      throw broken;
    },
    nowMs: () => genesis.timeMs + 1_000n,
    wake: () => {},
    failed: (error) => failures.push(error),
  });
  const payload = transfer.encode({to: bob.address, amountDust: 5n, memo: ""});
  const pay = (from: TestAccount, nonce: bigint, tipDust = 0n) =>
    intake.submit(signed(from, contentOf(from, {nonce, payload, tipDust, maxFeeDust: 100_000n})));
  return {pool, store, failures, pay, kept: () => store.waiting().map(({id}) => id)};
}

test("a disk that fails under a newcomer keeps the write that gave way to it, and ends the node", async () => {
  const {pool, store, failures, pay, kept} = await intakeOn(1);
  // It waits behind a gap, so whoever comes with the next nonce gets its place.
  const {txId} = await pay(alice, 1n);
  await expect(pay(bob, 0n)).rejects.toBe(broken);
  expect(pool.size).toBe(0);
  expect(kept()).toEqual([txId]);
  expect(failures).toEqual([broken]);
  await expect(pay(bob, 0n)).rejects.toMatchObject({code: "NODE_STOPPING"});
  store.close();
});

test("a disk that fails under a better bid keeps the one that it was to replace", async () => {
  const {store, pay, kept} = await intakeOn(1);
  const {txId} = await pay(alice, 0n);
  await expect(pay(alice, 0n, 1_500n)).rejects.toBe(broken);
  expect(kept()).toEqual([txId]);
  store.close();
});

test("what gives way leaves the disk with the write that took its place", async () => {
  const {pool, store, pay, kept} = await intakeOn(9);
  const first = await pay(alice, 1n);
  const second = await pay(bob, 0n);
  expect(pool.has(first.txId)).toBe(false);
  expect(kept()).toEqual([second.txId]);
  // Both come before the disk is written once, and the second replaces the first.
  const [, better] = await Promise.all([pay(bob, 0n, 1_500n), pay(bob, 0n, 9_000n)]);
  expect(kept()).toEqual([better.txId]);
  store.close();
});

test("what waits takes as much gas as records cost now, whatever they cost when it came", async () => {
  const given = {...genesis, params: {...genesis.params, maxBlockRecords: 560n}};
  const {chain, intake, pool, store} = await openTestChain(scratchDirectory(), given);
  // A new account, and a key; behind a gap, where no block takes it.
  const payload = transfer.encode({to: "ab".repeat(32), amountDust: 5n, memo: ""});
  const bytes = signed(alice, contentOf(alice, {nonce: 1n, payload, maxFeeDust: 3_000n}));
  await intake.submit(bytes);
  const {gas} = readTransaction(bytes);
  const bid = () => pool.bids()[0]!.bid;
  expect(bid().usesGas).toBe(gas + 2n * 714_285n);
  const paid = bid().feeDust;
  // As a vote leaves it: 400,000,000 gas for 4,000 records.
  chain.state.put(params, MAX_BLOCK_RECORDS, {value: 4_000n});
  await extend(intake);
  expect(bid()).toMatchObject({usesGas: gas + 200_000n, gas: 600_000n});
  expect(bid().feeDust).toBeLessThan(paid);
  store.close();
});

test("what no batch can hold is refused before it waits", async () => {
  const small = {...genesis, params: {...genesis.params, maxBlockBytes: 65_536}};
  const {intake, store} = await openTestChain(scratchDirectory(), small);
  await expect(intake.submit(signed(alice, contentOf(alice, {payload: new Uint8Array(66_000)})))).rejects.toMatchObject(
    {code: "TRANSACTION_TOO_LARGE"},
  );
  expect(store.waiting()).toEqual([]);
  store.close();
});

test("a slash that another node acknowledged is kept, though its offence was slashed meanwhile; a client's is not", async () => {
  const {chain, store} = await openTestChain(scratchDirectory(), genesis);
  const crypto = await cryptoOf("fake");
  const rig: Miner = {
    ...{nodeId: "rig", isCheat: true, owner: clientOf("owner", 0, crypto)},
    keys: crypto.transactions.keygen("rig"),
  };
  const proof = (seed: string) =>
    proofBy(rig, {quoted: chain.tip, ageSeconds: 0, random: new Random(seed), chainId: genesis.chainId, crypto});
  const [told] = doubleEvidence("rig", [proof("a"), proof("b")]);
  const content = contentOf(alice, {...slashCall(told!, 1n), nonce: 0n, maxFeeDust: 100_000n});
  const key = offenceKeyOf(content, {params: chain.params});
  chain.state.put(evidence, key, {slashedAtHeight: 1n});
  const open = () => {
    const pool = new Pool();
    const contracts = new Map([[slashContract.id, slashContract]]);
    const intake = new Intake({
      ...{chain, pool, store, signatures: new SignatureDesk(mlDsa87.verify, null)},
      ...{contracts, admit: admissionStack([slashContract], contracts)},
      verifyProof: () => {
        throw broken;
      },
      ...{nowMs: () => genesis.timeMs + 1_000n, wake: () => {}, failed: () => {}},
    });
    return {pool, intake};
  };
  const {pool, intake} = open();
  const bytes = signed(alice, content);
  await expect(intake.submit(bytes)).rejects.toMatchObject({code: "SLASH_EVIDENCE_REPLAYED"});
  const {txId} = await intake.relay(bytes);
  expect(pool.has(txId)).toBe(true);
  // Nor does a restart forget it.
  const again = open();
  expect(again.intake.resume()).toEqual([]);
  expect(again.pool.has(txId)).toBe(true);
  store.close();
});
