/** What records cost: counted for every contract, charged in blocks and at the door, by everybody alike. */
import {describe, expect, test} from "vitest";
import {
  BATCH_PAYMENTS_MAX,
  BATCH_TRANSFER_CONTRACT,
  batchTransfer,
  transfer,
} from "../../../../src/codecs/chain/payloads.js";
import {contractsOf} from "../../../../src/node/contracts.js";
import {genesisState} from "../../../../src/node/ledger/chain/genesis.js";
import {gasOn, recordGasOf} from "../../../../src/node/ledger/chain/growth.js";
import {readTransaction} from "../../../../src/node/ledger/chain/transaction.js";
import {baseFeeOf} from "../../../../src/node/ledger/monetary/fees.js";
import {chainParamsOf, NETWORK_PARAMS} from "../../../../src/node/ledger/params/networks.js";
import {STRICT_RULES} from "../../../../src/node/ledger/params/rules.js";
import {contentOf, signed, testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";
import {addressAt} from "../../../support/transfers.js";

const [alice, bob] = [testAccount("alice"), testAccount("bob")];
const base = testGenesis([alice, bob].map(({address: to}) => ({to, amountDust: 100_000_000n})));
/** A record for 714,285 gas. */
const priced = {...base, params: {...base.params, maxBlockRecords: 560n}};
const RECORD_GAS = 714_285n;
const contracts = contractsOf(STRICT_RULES);
const prices = {contracts: new Map(contracts.map((each) => [each.id, each])), params: chainParamsOf(priced)};

const paying = (to: string, amountDust = 5n): Uint8Array => transfer.encode({to, amountDust, memo: ""});
const batch = (to: readonly string[]): Uint8Array =>
  batchTransfer.encode({payments: to.map((each) => ({to: each, amountDust: 1n, memo: ""}))});

test("a record is to what the base fee buys as Ethereum's new account is to its transaction", () => {
  // Ethereum Yellow Paper, appendix G: G_newaccount 25,000, G_transaction 21,000.
  for (const params of [NETWORK_PARAMS.mainnet, NETWORK_PARAMS.testnet, NETWORK_PARAMS.dev]) {
    expect(recordGasOf({maxGas: params.maxBlockGas, maxRecords: params.maxBlockRecords})).toBe(
      (600_000n * 25_000n) / 21_000n,
    );
  }
  expect(NETWORK_PARAMS.compat.maxBlockRecords).toBe(0n);
});

test("a record is not free where more may fill a block than it has gas", () => {
  // 25,000,000 gas and 4,000,000,000 records are within the bounds of votes.
  expect(recordGasOf({maxGas: 25_000_000n, maxRecords: 4_000_000_000n})).toBe(1n);
  expect(recordGasOf({maxGas: 25_000_000n, maxRecords: 25_000_000n})).toBe(1n);
  expect(recordGasOf({maxGas: 25_000_000n, maxRecords: 0n})).toBe(0n);
});

describe("gas on a state", () => {
  const state = genesisState(priced);
  const gasOf = (payload: Uint8Array, contract?: string) => {
    const change = contract === undefined ? {payload} : {payload, contract};
    const transaction = readTransaction(signed(alice, contentOf(alice, change)));
    return gasOn(state, transaction, prices) - transaction.gas;
  };

  test("counts who is paid for the first time, each once, and the key that comes along", () => {
    expect(gasOf(paying(bob.address))).toBe(RECORD_GAS);
    expect(gasOf(paying(addressAt(0)))).toBe(2n * RECORD_GAS);
    expect(gasOf(batch([0, 1, 1, 0].map(addressAt).concat(bob.address)), BATCH_TRANSFER_CONTRACT)).toBe(
      3n * RECORD_GAS,
    );
  });

  test("counts the key alone where the payload cannot be read, or nobody knows the contract", () => {
    expect(gasOf(new Uint8Array([1]))).toBe(RECORD_GAS);
    expect(gasOf(new Uint8Array([1]), "qsdm/unknown/v1")).toBe(RECORD_GAS);
  });

  test("the largest batch to strangers fits in the smallest block, and costs as many ordinary payments and more", () => {
    const strangers = batch(Array.from({length: BATCH_PAYMENTS_MAX}, (_, i) => addressAt(i)));
    const content = contentOf(alice, {contract: BATCH_TRANSFER_CONTRACT, payload: strangers});
    const transaction = readTransaction(signed(alice, content));
    expect(baseFeeOf(gasOn(state, transaction, prices), {baseFeeDust: 1_000n})).toBeGreaterThan(256_000n);
    const smallest = {...prices.params.limits, maxGas: 25_000_000n, maxRecords: 512n};
    expect(gasOn(state, transaction, {...prices, params: {limits: smallest}})).toBeLessThan(smallest.maxGas);
  });
});

describe("in a chain", () => {
  const open = () => openTestChain(scratchDirectory(), priced, {contracts});
  const send = (nonce: bigint, to: string, change = {}) =>
    signed(alice, contentOf(alice, {nonce, payload: paying(to), maxFeeDust: 10_000n, ...change}));

  test("a receipt says it, the header counts it, and the second payment pays for none", async () => {
    const {intake, store} = await open();
    const [first, second] = [send(0n, addressAt(0)), send(1n, addressAt(0))];
    await intake.submit(first);
    await extend(intake);
    await intake.submit(second);
    await extend(intake);
    const [content, again] = [first, second].map((each) => readTransaction(each));
    // Its key and the account.
    const gasUsed = content!.gas + 2n * RECORD_GAS;
    expect(store.receipt(content!.txId)).toMatchObject({gasUsed, feeDust: (1_000n * gasUsed + 599_999n) / 600_000n});
    expect(store.header(1n)).toMatchObject({gasUsed});
    expect(store.receipt(again!.txId)).toMatchObject({gasUsed: again!.gas, feeDust: 1_000n});
  });

  test("what it would have added is paid for where it is refused, too", async () => {
    const {intake, store} = await open();
    const poor = send(0n, addressAt(0), {payload: paying(addressAt(0), 200_000_000n)});
    await intake.submit(poor);
    await extend(intake);
    const {txId, gas} = readTransaction(poor);
    expect(store.receipt(txId)).toMatchObject({code: "BALANCE_TOO_LOW", gasUsed: gas + 2n * RECORD_GAS});
  });

  test("a cap that covers the content alone is refused at the door, with what it takes", async () => {
    const {intake} = await open();
    // By the schedule: 21,000 + 2 x 7,600 + 16 for each byte, and 16 x (2,592 + 4,627) for key and signature.
    const gas = 151_704n + 16n * BigInt(paying(addressAt(0)).length) + 2n * RECORD_GAS;
    await expect(intake.submit(send(0n, addressAt(0), {maxFeeDust: 1_000n}))).rejects.toMatchObject({
      code: "FEE_TOO_LOW",
      details: {base_fee_dust: (1_000n * gas + 599_999n) / 600_000n},
    });
  });

  test("records end a block before its count does", async () => {
    const {intake, chain, store} = await open();
    // Three of them are above 400,000,000 gas, two are not.
    for (let i = 0n; i < 3n; i++) {
      const strangers = Array.from({length: BATCH_PAYMENTS_MAX}, (_, n) => addressAt(Number(i) * 256 + n));
      const change = {contract: BATCH_TRANSFER_CONTRACT, payload: batch(strangers), maxFeeDust: 1_000_000n};
      await intake.submit(send(i, alice.address, change));
    }
    expect(await extend(intake)).toEqual([]);
    expect(store.header(1n)?.transactionCount).toBe(2);
    expect(chain.params.limits.maxGas >= store.header(1n)!.gasUsed).toBe(true);
    await extend(intake);
    expect(store.header(2n)?.transactionCount).toBe(1);
  });
});
