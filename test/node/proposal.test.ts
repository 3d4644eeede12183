import {describe, expect, test} from "vitest";
import type {Block, Header} from "../../src/codecs/chain/block.js";
import {transfer} from "../../src/codecs/chain/payloads.js";
import {readTransaction} from "../../src/node/ledger/chain/transaction.js";
import {gasOf} from "../../src/node/ledger/monetary/gas.js";
import {transferContract} from "../../src/node/ledger/transfer/contract.js";
import {type Ground, propose, verifyBlock} from "../../src/node/proposal.js";
import {contentOf, signed, signedTransfer, testAccount} from "../support/accounts.js";
import {openTestChain, scratchDirectory, testGenesis, VALIDATOR_ACCOUNT} from "../support/chain.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
const genesis = testGenesis([{to: alice.address, amountDust: 1_000_000n}]);
const NOW = genesis.timeMs + 1_000n;

/** A valid block on a fresh chain, and what it is verified against. */
async function built() {
  const {chain} = await openTestChain(scratchDirectory(), genesis);
  const ports = {
    contracts: new Map([[transferContract.id, transferContract]]),
    verifyProof: () => {
      throw new Error("no proofs here");
    },
    nowMs: NOW,
  };
  const ground: Ground = {
    parent: chain.tip,
    committed: {state: chain.state, held: chain.held},
    block: chain.nextBlock(NOW),
    seal: {epoch: 0n, view: 1n, proposer: VALIDATOR_ACCOUNT.address},
    closes: false,
  };
  const transactions = [0n, 1n].map((nonce) =>
    readTransaction(signedTransfer(alice, {to: bob.address, amountDust: 5n, nonce})),
  );
  const {block} = propose({timeMs: NOW, transactions, proofs: [], batches: []}, ground, ports);
  return {block, ground, verify: (each: Block) => verifyBlock(each, ground, ports), ports};
}

test("what the builder builds, the verifier accepts with the same receipts", async () => {
  const {block, verify} = await built();
  expect(verify(block).receipts.map((each) => each.outcome)).toEqual(["applied", "applied"]);
});

describe("a block is refused", () => {
  const header =
    (change: (header: Header) => Partial<Header>) =>
    (block: Block): Block => ({
      ...block,
      header: {...block.header, ...change(block.header)},
    });
  const other = "ab".repeat(32);
  test.each<[string, string, (block: Block) => Block]>([
    ["of another chain", "HEADER_INVALID", header(() => ({chainId: "other"}))],
    ["that skips a height", "HEADER_INVALID", header(({height}) => ({height: height + 1n}))],
    ["with another parent", "HEADER_INVALID", header(() => ({parentId: other}))],
    ["with another state for its parent", "HEADER_INVALID", header(() => ({parentStateRoot: other}))],
    ["with other receipts for its parent", "HEADER_INVALID", header(() => ({parentReceiptsRoot: other}))],
    ["of a view that is not above its parent's", "HEADER_INVALID", header(() => ({view: 0n}))],
    ["no later than its parent", "HEADER_INVALID", header(() => ({timeMs: genesis.timeMs}))],
    ["from the future", "BLOCK_EARLY", header(() => ({timeMs: NOW + 15_001n}))],
    ["with another root over its transactions", "BODY_INVALID", header(() => ({transactionsRoot: other}))],
    ["with a wrong count", "BODY_INVALID", header(() => ({transactionCount: 1}))],
    ["with another coinbase root", "BODY_INVALID", header(() => ({coinbaseRoot: other}))],
    [
      "that pays a miner for nothing",
      "BODY_INVALID",
      (block) => ({
        ...block,
        header: {...block.header, coinbaseCount: 1},
        coinbase: [{to: bob.address, amountDust: 1n}],
      }),
    ],
    [
      "with its transactions in another order",
      "NONCE_MISMATCH",
      (block) => ({...block, transactions: [...block.transactions].reverse()}),
    ],
    [
      "with a transaction left out",
      "BODY_INVALID",
      (block) => ({...block, transactions: block.transactions.slice(0, 1)}),
    ],
    [
      "with a transaction twice",
      "NONCE_MISMATCH",
      (block) => ({...block, transactions: [block.transactions[0]!, block.transactions[0]!]}),
    ],
    [
      "with bytes that are no transaction",
      "CBOR_INVALID",
      (block) => ({...block, transactions: [Uint8Array.of(0xff)]}),
    ],
  ])("%s: %s", async (_what, code, bend) => {
    const {block, verify} = await built();
    expect(() => verify(bend(block))).toThrowError(expect.objectContaining({code}));
  });

  test("that is fuller than the chain allows: BLOCK_FULL", async () => {
    const {block, ground, ports} = await built();
    for (const limits of [{maxTransactions: 1}, {maxBytes: 8_000}, {maxGas: 300_000n}]) {
      const params = {...ground.block.params, limits: {...ground.block.params.limits, ...limits}};
      const tight = {...ground, block: {...ground.block, params}};
      expect(() => verifyBlock(block, tight, ports)).toThrowError(expect.objectContaining({code: "BLOCK_FULL"}));
    }
  });
});

test("the builder leaves out what does not fit and goes on with what does", async () => {
  const {ground, ports} = await built();
  const payload = transfer.encode({to: bob.address, amountDust: 1n, memo: "x".repeat(256)});
  const big = readTransaction(signed(alice, contentOf(alice, {payload})));
  const small = readTransaction(signedTransfer(alice, {to: bob.address, amountDust: 1n}));
  for (const limits of [{maxBytes: big.bytes.length - 1}, {maxGas: gasOf(big.content) - 1n}]) {
    const params = {...ground.block.params, limits: {...ground.block.params.limits, ...limits}};
    const tight = {...ground, block: {...ground.block, params}};
    const proposal = propose({timeMs: NOW, transactions: [big, small], proofs: [], batches: []}, tight, ports);
    expect(proposal.block.transactions).toEqual([small.bytes]);
    expect(proposal.settled).toEqual([small.txId]);
    expect(proposal.dropped).toEqual([]);
  }
});
