/** A chain checked where it lies, copied to a file and taken from one, with real keys. */
import path from "node:path";
import {beforeAll, describe, expect, test} from "vitest";
import {plain} from "../../../src/codecs/bytes.js";
import {block as blockCodec, certificate as certificateCodec} from "../../../src/codecs/chain/block.js";
import {
  type ChainFileBlock,
  chainFileBlock,
  chainFileHead,
  frameOf,
  framesIn,
} from "../../../src/codecs/chain/chain-file.js";
import {receipt as receiptCodec} from "../../../src/codecs/chain/receipt.js";
import {FinalityDesk} from "../../../src/node/finality.js";
import {hashEach} from "../../../src/node/ledger/state/hashing.js";
import {openSqlite} from "../../../src/node/storage/sqlite/driver.js";
import {Chunk, packChunk} from "../../../src/node/storage/sqlite/log/chunk.js";
import {SqliteStore} from "../../../src/node/storage/sqlite/store.js";
import {executeStore} from "../../../src/node/upkeep/execute.js";
import {type ExportPorts, exportChain} from "../../../src/node/upkeep/export.js";
import {importChain} from "../../../src/node/upkeep/import.js";
import {VERIFY_LEVELS, type VerifyLevel, verifyStore} from "../../../src/node/upkeep/verify.js";
import {mlDsa44, signedTransfer, testAccount} from "../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, type TestChain, testGenesis} from "../../support/chain.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
const GENESIS = testGenesis([{to: alice.address, amountDust: 1_000_000n}]);
const BLOCKS = 6n;
const {signal} = new AbortController();
const REPLAY = {verifyVote: mlDsa44.verify, prepareTable: async () => {}};

/** Directory of a chain of six blocks, a transfer in each. */
let source: string;
let file: Uint8Array;

beforeAll(async () => {
  source = scratchDirectory();
  const {intake, store} = await openTestChain(source, GENESIS);
  for (let nonce = 0n; nonce < BLOCKS; nonce++) {
    await intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 10n, nonce}));
    await extend(intake);
  }
  file = await exported(store);
  store.close();
});

async function exported(
  store: ExportPorts["store"],
  range = {from: null, to: null} as {from: bigint | null; to: bigint | null},
) {
  const parts: Uint8Array[] = [];
  for await (const part of exportChain(range, {genesis: GENESIS, store, wrote: () => {}})) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

async function* partsOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const imported = (bytes: Uint8Array, {chain, store}: TestChain, trustEnd = false) =>
  importChain(
    framesIn(partsOf(bytes)),
    {trustEnd},
    {...REPLAY, chain, store, genesis: GENESIS, signal, took: () => {}},
  );

const fresh = (genesis = GENESIS): Promise<TestChain> => openTestChain(scratchDirectory(), genesis);

/** The file with one record made another. */
async function changed(at: number, change: (each: ChainFileBlock) => ChainFileBlock): Promise<Uint8Array> {
  const frames: Uint8Array[] = [];
  for await (const frame of framesIn(partsOf(file))) frames.push(frame);
  frames[at] = chainFileBlock.encode(change(chainFileBlock.decode(frames[at]!)));
  return new Uint8Array(Buffer.concat(frames.map(frameOf)));
}

describe("a file of the chain", () => {
  test("makes the same state elsewhere, and leaves the blocks that it does not show to be final", async () => {
    const to = await fresh();
    expect(await imported(file, to)).toEqual({known: 0, imported: 4, left: 2, height: 4n});
    expect(await imported(file, to, true)).toEqual({known: 4, imported: 2, left: 0, height: 6n});
    expect(await imported(file, to)).toEqual({known: 6, imported: 0, left: 0, height: 6n});
    const {store, chain} = await openTestChain(source, GENESIS);
    expect(to.chain.tip).toEqual(chain.tip);
    expect(await to.store.block(6n)).toEqual(await store.block(6n));
    expect(await exported(to.store)).toEqual(file);
    store.close();
  });

  test("can be exported in two parts, which have to come in order", async () => {
    const from = await SqliteStore.open({
      path: path.join(source, "chain.db"),
      slashReceiptsMax: 1,
      eventBlocksKept: 100,
    });
    const [first, second] = [await exported(from, {from: null, to: 3n}), await exported(from, {from: 4n, to: null})];
    from.close();
    const to = await fresh();
    await expect(imported(second, to)).rejects.toMatchObject({code: "CHAIN_FILE_GAP"});
    expect((await imported(first, to, true)).height).toBe(3n);
    expect((await imported(second, to, true)).height).toBe(6n);
  });

  const head = (over: object) => chainFileHead.encode({...decodedHead(), ...over});
  const decodedHead = () => ({chainId: GENESIS.chainId, genesisId: "00".repeat(32), from: 1n, to: 6n});

  test("is refused where it is of another chain, or is cut", async () => {
    await expect(imported(frameOf(head({})), await fresh())).rejects.toMatchObject({code: "CHAIN_FILE_FOREIGN"});
    await expect(imported(frameOf(head({from: 0n})), await fresh())).rejects.toMatchObject({
      code: "CHAIN_FILE_INVALID",
    });
    await expect(imported(new Uint8Array(), await fresh())).rejects.toMatchObject({code: "CHAIN_FILE_CUT"});
    const to = await fresh();
    await expect(imported(file.subarray(0, file.length - 1), to)).rejects.toMatchObject({code: "CHAIN_FILE_CUT"});
    expect(to.chain.tip.height).toBe(3n);
  });

  test.each<[string, number, (each: ChainFileBlock) => ChainFileBlock, string]>([
    [
      "a transaction was changed",
      3,
      ({block, ...rest}) => ({...rest, block: {...block, transactions: [block.transactions[0]!.with(40, 1)]}}),
      "",
    ],
    [
      "a vote was changed",
      3,
      ({certificate, ...rest}) => {
        const [vote] = certificate.votes;
        const signature = vote!.signature.with(7, vote!.signature[7]! ^ 1);
        return {...rest, certificate: {...certificate, votes: [{...vote!, signature}]}};
      },
      "CERTIFICATE_INVALID",
    ],
    [
      "nobody voted",
      3,
      ({certificate, ...rest}) => ({...rest, certificate: {...certificate, votes: []}}),
      "CERTIFICATE_INVALID",
    ],
    [
      "a block comes with the votes for another",
      3,
      ({certificate, ...rest}) => ({...rest, certificate: {...certificate, view: certificate.view + 1n}}),
      "CERTIFICATE_INVALID",
    ],
    [
      "a block stands twice",
      3,
      (each) => ({...each, block: {...each.block, header: {...each.block.header, height: 2n}}}),
      "CHAIN_FILE_INVALID",
    ],
    [
      "an epoch is said to end",
      3,
      ({block, certificate, ...rest}) => ({...rest, block, certificate, closing: [{block, certificate}]}),
      "CHAIN_FILE_INVALID",
    ],
    [
      "a receipt was changed",
      2,
      ({receipts, ...rest}) => ({...rest, receipts: receipts.map((each) => ({...each, feeDust: each.feeDust + 1n}))}),
      "CHAIN_FILE_INVALID",
    ],
  ])("is refused where %s, and what came before stays", async (_, at, change, code) => {
    const to = await fresh();
    const refusal = await imported(await changed(at, change), to).then(
      () => null,
      (error: {code: string}) => error.code,
    );
    if (code === "") expect(refusal).not.toBeNull();
    else expect(refusal).toBe(code);
    expect(to.chain.tip.height).toBeLessThan(3n);
    expect((await imported(file, to)).height).toBe(4n);
  });

  test("is refused where a block is another one here", async () => {
    const to = await fresh();
    await extend(to.intake);
    await expect(imported(file, to)).rejects.toMatchObject({code: "CHAIN_FILE_FORKS"});
  });
});

describe("a pruned store", () => {
  test("is opened, goes on, and has the state of an archive", async () => {
    const directory = scratchDirectory();
    const first = await openTestChain(directory, GENESIS);
    await imported(file, first, true);
    first.store.prune({upTo: 5n, blocksMax: 10});
    first.store.close();
    const pruned = await openTestChain(directory, GENESIS);
    const archive = await fresh();
    await imported(file, archive, true);
    for (const {intake} of [pruned, archive]) {
      await intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 10n, nonce: BLOCKS}));
      await extend(intake);
    }
    expect(pruned.chain.tip.height).toBe(7n);
    expect(pruned.chain.tip.stateRoot).toBe(archive.chain.tip.stateRoot);
    expect([pruned.store.prunedHeight(), archive.store.prunedHeight()]).toEqual([5n, 0n]);
  });

  test("exports what it has, and says what it has not", async () => {
    const to = await fresh();
    await imported(file, to, true);
    to.store.prune({upTo: 2n, blocksMax: 10});
    await expect(exported(to.store)).rejects.toMatchObject({
      code: "BLOCK_PRUNED",
      hint: expect.stringContaining("--from 3"),
    });
    await expect(exported(to.store, {from: 3n, to: null})).resolves.toBeDefined();
    // As a snapshot leaves it that ended with block 3: no importer takes a block without its receipts.
    const restored: ExportPorts["store"] = {
      head: () => to.store.head(),
      block: (height) => to.store.block(height),
      receipts: (query) => (query.to === 3n ? [] : to.store.receipts(query)),
      epochFrom: (height) => to.store.epochFrom(height),
      prunedHeight: () => to.store.prunedHeight(),
    };
    await expect(exported(restored, {from: 3n, to: null})).rejects.toMatchObject({
      code: "BLOCK_PRUNED",
      hint: expect.stringContaining("--from 4"),
    });
    await expect(exported(restored, {from: 4n, to: null})).resolves.toBeDefined();
    expect(await verified(to.store, "votes")).toEqual([]);
    const desk = new FinalityDesk({genesis: GENESIS, store: to.store, chain: to.chain, newest: () => []});
    await expect(desk.prove(2n)).rejects.toMatchObject({code: "BLOCK_PRUNED"});
    expect((await desk.prove(3n)).certificates.length).toBe(3);
    const ports = {...REPLAY, store: to.store, scratch: to.store, chain: to.chain, signal, checked: () => {}};
    await expect(executeStore(ports)).rejects.toMatchObject({code: "BLOCK_PRUNED"});
  });
});

const verified = async (store: SqliteStore, level: VerifyLevel) => {
  const ports = {store, genesis: GENESIS, verifyVote: mlDsa44.verify, hashAll: hashEach, signal, checked: () => {}};
  return (await verifyStore(level, ports)).findings;
};

async function executed(store: SqliteStore): Promise<string | null> {
  const scratch = await fresh();
  return executeStore({...REPLAY, store, scratch: scratch.store, chain: scratch.chain, signal, checked: () => {}});
}

type Db = ReturnType<typeof openSqlite>;

describe("a store is checked", () => {
  /** A whole copy of the chain, changed by `damage` behind the store's back. */
  async function damaged(damage: (db: Db) => void): Promise<SqliteStore> {
    const directory = scratchDirectory();
    const to = await openTestChain(directory, GENESIS);
    await imported(file, to, true);
    to.store.close();
    const db = openSqlite(path.join(directory, "chain.db"));
    damage(db);
    db.close();
    return SqliteStore.open({path: path.join(directory, "chain.db"), slashReceiptsMax: 1, eventBlocksKept: 100});
  }
  const set = (column: string, height: number, value: Uint8Array) => (db: Db) =>
    void db.prepare(`UPDATE block SET ${column} = ? WHERE height = ?`).run(value, height);
  const chunkOf = (db: Db): Chunk =>
    new Chunk(plain(db.prepare("SELECT value FROM receipt WHERE height = 3").pluck().get() as Buffer));
  const receiptIn = (db: Db): Uint8Array => chunkOf(db).value(0);
  /** Puts another value in the place of block 3's receipt, which is its only one. */
  const setReceipt = (db: Db, value: Uint8Array): void => {
    const key = chunkOf(db).bytes.slice(8, 40);
    db.prepare("UPDATE receipt SET value = ? WHERE height = 3").run(packChunk([{key, value}], 0));
  };
  const raw = (bytes: Uint8Array) => Buffer.concat([Uint8Array.of(0), bytes]);

  test("and a whole one is whole at every level", async () => {
    const store = await damaged(() => {});
    for (const level of VERIFY_LEVELS) expect(await verified(store, level)).toEqual([]);
    expect(await executed(store)).toBeNull();
  });

  let whole: ChainFileBlock;
  beforeAll(async () => {
    for await (const frame of framesIn(partsOf(file)))
      whole = frame.length > 200 ? chainFileBlock.decode(frame) : whole;
  });

  test.each<[string, VerifyLevel, () => (db: Db) => void, RegExp]>([
    [
      "a lost block",
      "blocks",
      () => (db) => void db.exec("DELETE FROM block WHERE height = 3"),
      /^block 3: it is not there/,
    ],
    ["a body that does not decode", "blocks", () => set("body", 3, raw(Uint8Array.of(1))), /^block 3: /],
    [
      "another body",
      "blocks",
      () => set("body", 6, raw(blockCodec.encode({...whole.block, transactions: []}))),
      /^block 6: the body does not give the header's roots/,
    ],
    [
      "the votes for another block",
      "blocks",
      () => set("certificate", 3, certificateCodec.encode(whole.certificate)),
      /^block 3: the votes are for another block/,
    ],
    [
      "votes that are no quorum",
      "votes",
      () => set("certificate", 6, certificateCodec.encode({...whole.certificate, votes: []})),
      /^block 6: certificate of block 6/,
    ],
    [
      "a receipt that says something else",
      "blocks",
      () => (db) => {
        const old = receiptIn(db);
        setReceipt(db, receiptCodec.encode({...receiptCodec.decode(old), feeDust: 1n}));
      },
      /^block 3: its receipts are not those that block 4 names/,
    ],
    [
      "a receipt of the newest block that is gone",
      "blocks",
      () => (db) => void db.exec("DELETE FROM receipt WHERE height = 6"),
      /^block 6: its receipts are not those that were stored with it/,
    ],
    [
      "a receipt that does not decode",
      "blocks",
      () => (db) => setReceipt(db, Uint8Array.of(1)),
      /^block 3: a receipt: /,
    ],
    [
      "a state that has lost a row",
      "blocks",
      () => (db) => void db.exec("DELETE FROM state WHERE seq = (SELECT max(seq) FROM state)"),
      /^block 6: stored state does not have root/,
    ],
  ])("and %s is found", async (_, level, damage, finding) => {
    const store = await damaged(damage());
    expect(await verified(store, "files")).toEqual([]);
    const findings = await verified(store, level);
    expect(findings[0]).toMatch(finding);
  });
});
