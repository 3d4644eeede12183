/**
 * A data directory with a history that is long and quickly made: every block follows its parent, names its body and the
 * receipts before it, and has the vote of the chain's one validator, but nothing was executed. Its transactions are
 * contents that nobody signed, and the state stays that of the genesis.
 */
import {createHash} from "node:crypto";
import {hexOf, plain, utf8} from "../../src/codecs/bytes.js";
import {blockIdOf} from "../../src/codecs/chain/block.js";
import {txIdOf, unsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import {TRANSFER_CONTRACT} from "../../src/codecs/chain/payloads.js";
import {encodedReceipt, type Receipt} from "../../src/codecs/chain/receipt.js";
import {sha3, sha256} from "../../src/codecs/hash.js";
import {voteBytes} from "../../src/node/consensus/votes/certificate.js";
import {initDataDir, readDataDir} from "../../src/node/data-dir.js";
import {assembleBlock, type Parent, receiptsRootOf} from "../../src/node/ledger/chain/assemble.js";
import {genesisBlock} from "../../src/node/ledger/chain/genesis.js";
import type {RunResult} from "../../src/node/ledger/chain/run.js";
import {partsOf} from "../../src/node/storage/migrate/compare.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {storeGenesis} from "../../src/node/stored-chain.js";
import {mlDsa44, TEST_CHAIN_ID, testAccount} from "../support/accounts.js";
import {testGenesis} from "../support/chain.js";

export interface MadeChain {
  readonly blocks: number;
  readonly transactionsPerBlock: number;
}

const SEED = sha3(utf8("validator of a made chain"));
const SENDER = testAccount("sender").address;
const LIMITS = {slashReceiptsMax: 1, eventBlocksKept: 1};

export interface Made {
  readonly databasePath: string;
  /** Of all blocks, votes and receipts, as `--verify` gives it. */
  readonly digest: string;
}

export async function makeChain(dataDir: string, {blocks, transactionsPerBlock}: MadeChain): Promise<Made> {
  const keys = mlDsa44.keygenFromSeed(SEED);
  const {validators, ...rest} = testGenesis([{to: SENDER, amountDust: 1_000_000n}]);
  const genesis = {...rest, validators: validators.map((each) => ({...each, publicKey: keys.publicKey}))};
  await initDataDir(dataDir, {genesis, validatorSeed: SEED});
  const {databasePath} = await readDataDir(dataDir);
  const store = await SqliteStore.open({path: databasePath, ...LIMITS});
  const zero = genesisBlock(genesis);
  await storeGenesis({store, genesis}, zero);
  const {stateRoot, receiptsRoot} = store.head()!;
  const {proposer, baseFeeDust, timeMs} = zero.block.header;
  let parent: Parent = {id: zero.id, height: 0n, epoch: 0n, view: 0n, timeMs, stateRoot, receiptsRoot};
  let digest = sha256(new Uint8Array(32), ...partsOf({...(await store.block(0n))!, receipts: []}));
  for (let made = 0; made < blocks; made++) {
    const height = parent.height + 1n;
    const contents = Array.from({length: transactionsPerBlock}, (_, at) => contentAt(height, at));
    const receipts = contents.map((content): Receipt => receiptOf(content, height));
    const run = {
      ...{proofs: [], coinbase: [], receipts, baseFeeDust, gasUsed: 21_000n * BigInt(contents.length)},
      transactions: contents.map((content) => ({bytes: unsignedEnvelope.encode(content)})),
    } as unknown as RunResult;
    const seal = {
      chainId: TEST_CHAIN_ID,
      epoch: 0n,
      view: height,
      timeMs: parent.timeMs + 1_000n,
      proposer,
      batches: [],
    };
    const block = assembleBlock(run, parent, seal);
    const id = blockIdOf(block.header);
    const vote = {epoch: 0n, height, view: height, blockId: id};
    const signature = mlDsa44.sign(keys.secretKey, voteBytes({chainId: TEST_CHAIN_ID, ...vote}));
    const root = receiptsRootOf({receipts});
    const certificate = {...vote, votes: [{validator: 0, signature}]};
    const nothingElse = {changes: [], slashes: [], events: [], epoch: null, settled: []};
    const commit = {id, block, certificate, stateRoot, receiptsRoot: root, receipts, ...nothingElse};
    store.commit(commit, await store.pack(block));
    digest = sha256(digest, ...partsOf({...commit, receipts: receipts.map(encodedReceipt)}));
    parent = {id, height, epoch: 0n, view: height, timeMs: block.header.timeMs, stateRoot, receiptsRoot: root};
  }
  store.close();
  return {databasePath, digest: hexOf(digest)};
}

/** Lets all bodies but the newest go, as a node with `--cql-local-blocks 1` does once a cluster has them. */
export async function trimChain(databasePath: string): Promise<void> {
  const store = await SqliteStore.open({path: databasePath, ...LIMITS});
  const newest = store.head()!.header.height - 1n;
  while (store.prune({upTo: newest, blocksMax: 64}) < newest) store.reclaim(4 * 1024 * 1024);
  store.close();
}

const contentAt = (height: bigint, at: number) => ({
  ...{chainId: TEST_CHAIN_ID, sender: SENDER, nonce: height * 100_000n + BigInt(at)},
  ...{expiresAtHeight: height + 100n, maxFeeDust: 1_000n, tipDust: 1n, contract: TRANSFER_CONTRACT},
  // Payments differ in whom they pay.
  payload: plain(createHash("sha256").update(`${height} ${at}`).digest()),
});

const receiptOf = (content: ReturnType<typeof contentAt>, height: bigint): Receipt => ({
  ...{txId: txIdOf(content), height, outcome: "applied", code: null, message: null, sender: SENDER},
  ...{nonce: content.nonce, contract: TRANSFER_CONTRACT, gasUsed: 21_000n, feeDust: 1_000n, slash: null},
});
