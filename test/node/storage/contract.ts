/** What every engine of the storage port does alike. An engine's test calls this with a way to open it. */
import {expect, test} from "vitest";
import {blockIdOf} from "../../../src/codecs/chain/block.js";
import type {EpochRow} from "../../../src/codecs/chain/epoch.js";
import type {Receipt} from "../../../src/codecs/chain/receipt.js";
import {proveValidators} from "../../../src/node/consensus/finality/validator-set.js";
import {genesisBlock, genesisTree} from "../../../src/node/ledger/chain/genesis.js";
import type {BlockCommit, LedgerStore, WaitingRow} from "../../../src/node/storage/store.js";
import {scratchDirectory, testGenesis} from "../../support/chain.js";

/** How the contract opens an engine: three slash receipts and the events of four blocks are kept. */
export const CONTRACT_LIMITS = {slashReceiptsMax: 3, eventBlocksKept: 4} as const;

const GENESIS = testGenesis([]);
const ZERO = genesisBlock(GENESIS);
export const idOf = (n: number): string => n.toString(16).padStart(64, "0");

const receiptAt = (height: number): Receipt => ({
  txId: idOf(height),
  height: BigInt(height),
  outcome: "rejected",
  code: "SLASH_NODE_NOT_ENROLLED",
  message: "no",
  sender: idOf(0),
  nonce: 0n,
  contract: "qsdm/slash/v1",
  gasUsed: 152_000n,
  feeDust: 1n,
  slash: null,
});

/** A commit that holds something of everything. */
export function commitAt(height: number, change: Partial<BlockCommit> = {}): BlockCommit {
  const header = {...ZERO.block.header, height: BigInt(height), timeMs: ZERO.block.header.timeMs + BigInt(height)};
  const id = blockIdOf(header);
  const transactions = [Uint8Array.from({length: 5_000}, (_, i) => (i * 7 + height) % 251)];
  return {
    id,
    block: {...ZERO.block, header, transactions},
    certificate: {
      epoch: 0n,
      height: BigInt(height),
      view: 0n,
      blockId: id,
      votes: [{validator: 0, signature: new Uint8Array(2_420).fill(height)}],
    },
    stateRoot: idOf(1_000 + height),
    receiptsRoot: idOf(2_000 + height),
    changes: [
      {store: "account", key: "same", value: Uint8Array.of(height)},
      {store: "account", key: `k${height}`, value: Uint8Array.of(1, height)},
      {store: "account", key: `k${height - 1}`, value: null},
    ],
    receipts: [receiptAt(height)],
    slashes: [idOf(height)],
    events: [{seq: BigInt(height) << 20n, topic: "blocks", body: `{"h":${height}}`, proofIndex: null}],
    epoch: null,
    settled: [],
    ...change,
  };
}

/** Commits the blocks of these heights, from 0 or from where the store ends. */
export async function fill(store: LedgerStore, heights: readonly number[]): Promise<void> {
  for (const height of heights) {
    const commit = commitAt(height);
    store.commit(commit, await store.pack(commit.block));
  }
}

const upTo = (last: number, first = 0): number[] => Array.from({length: last - first + 1}, (_, i) => first + i);

function epochBehind(originHeight: bigint): EpochRow {
  const {state, tree} = genesisTree(GENESIS);
  return {number: 1n, originHeight, validatorSet: proveValidators(state, tree), siblings: [], closing: []};
}

/** @param open opens the engine whose files are in a directory, with `CONTRACT_LIMITS` */
export function storeContract(open: (directory: string) => Promise<LedgerStore>): void {
  /** Runs `before`, closes and opens again, and runs `after`: whatever is read there was on disk. */
  async function reopened(
    before: (store: LedgerStore) => unknown,
    after: (store: LedgerStore) => unknown,
  ): Promise<void> {
    const directory = scratchDirectory();
    const first = await open(directory);
    await before(first);
    first.close();
    const second = await open(directory);
    await after(second);
    second.close();
  }

  test("an empty store has nothing", async () => {
    const store = await open(scratchDirectory());
    expect([store.head(), store.header(0n), store.promise(), store.epoch(1n), store.epochFrom(0n)]).toEqual(
      Array(5).fill(null),
    );
    expect([await store.block(0n), await store.receipt(idOf(1)), await store.slashReceipt(idOf(1))]).toEqual(
      Array(3).fill(null),
    );
    expect([
      [...store.state()],
      store.waiting(),
      store.uncommitted(),
      store.keptBatches(),
      store.takenBatches(),
    ]).toEqual(Array(5).fill([]));
    expect([store.prunedSeq(), store.prunedHeight()]).toEqual([0n, 0n]);
    store.close();
  });

  test("a committed block is read back whole", () =>
    reopened(
      (store) => fill(store, upTo(3)),
      async (store) => {
        const {id, block, certificate, stateRoot, receiptsRoot} = commitAt(3);
        expect(store.head()).toEqual({id, header: block.header, stateRoot, receiptsRoot});
        expect(await store.block(3n)).toEqual({id, block, certificate});
        expect(store.header(2n)).toEqual(commitAt(2).block.header);
        expect(await store.receipt(idOf(2))).toEqual(receiptAt(2));
        const state = new Map([...store.state()].map(({store, key, value}) => [`${store} ${key}`, [...value]]));
        expect(Object.fromEntries(state)).toEqual({"account same": [3], "account k3": [1, 3]});
        expect(store.verify()).toEqual([]);
      },
    ));

  test("heights beyond what a file can count have nothing", async () => {
    const store = await open(scratchDirectory());
    await fill(store, upTo(1));
    const far = 2n ** 64n - 1n;
    expect([store.header(far), await store.block(far), store.epoch(far), store.epochFrom(far)]).toEqual(
      Array(4).fill(null),
    );
    expect(await store.receipts({from: far, to: far, limit: 1})).toEqual([]);
    expect(await store.slashReceipts({outcome: null, kind: null, sinceMs: far, limit: 1})).toEqual([]);
    store.close();
  });

  test("receipts come newest first, and slash receipts are bounded", () =>
    reopened(
      (store) => fill(store, upTo(5)),
      async (store) => {
        const heights = async (from: bigint, to: bigint, limit = 10) =>
          (await store.receipts({from, to, limit})).map(({height}) => height);
        expect(await heights(1n, 2n ** 64n - 1n)).toEqual([5n, 4n, 3n, 2n, 1n]);
        expect(await heights(2n, 4n, 2)).toEqual([4n, 3n]);
        const listed = async (over: object) =>
          (await store.slashReceipts({outcome: null, kind: null, sinceMs: 0n, limit: 10, ...over})).map(
            ({height}) => height,
          );
        expect(await listed({})).toEqual([5n, 4n, 3n]);
        expect(await listed({limit: 2})).toEqual([5n, 4n]);
        expect(await listed({outcome: "applied"})).toEqual([]);
        expect(await listed({outcome: "rejected", kind: ""})).toEqual([5n, 4n, 3n]);
        expect(await listed({kind: "double-mining"})).toEqual([]);
        expect(await listed({sinceMs: commitAt(5).block.header.timeMs})).toEqual([5n]);
        expect(await store.slashReceipt(idOf(2))).toBeNull();
        expect(await store.slashReceipt(idOf(5))).toMatchObject({height: 5n, rejectCode: "SLASH_NODE_NOT_ENROLLED"});
      },
    ));

  test("events are paged in order, and the oldest are forgotten for good", () =>
    reopened(
      (store) => fill(store, upTo(6)),
      async (store) => {
        const topics = ["blocks"] as const;
        const all = await store.events({after: 0n, upTo: 2n ** 63n, topics, limit: 10});
        const kept = [3, 4, 5, 6].map((height) => commitAt(height).events[0]!);
        expect(store.prunedSeq()).toBeGreaterThan(commitAt(2).events[0]!.seq);
        expect(all.events).toEqual(kept);
        const page = await store.events({after: kept[0]!.seq, upTo: kept[3]!.seq, topics, limit: 1});
        expect(page).toEqual({events: [kept[1]], upTo: kept[1]!.seq});
        expect((await store.events({after: 0n, upTo: kept[3]!.seq, topics: ["slashes"], limit: 1})).events).toEqual([]);
      },
    ));

  test("waiting rows keep their order, once each, until a block settles them", () => {
    const row = (id: string, kind: WaitingRow["kind"]) => ({kind, id: id.repeat(32), value: Uint8Array.of(1)});
    return reopened(
      async (store) => {
        store.keepWaiting([row("bb", "transaction"), row("aa", "proof"), row("dd", "evidence")]);
        store.keepWaiting([row("bb", "transaction"), row("cc", "transaction")], ["aa".repeat(32)]);
        store.keepWaiting([row("ee", "transaction")]);
        store.dropWaiting(["ee".repeat(32)]);
        store.commit(commitAt(0, {settled: ["dd".repeat(32)]}), await store.pack(ZERO.block));
      },
      (store) => expect(store.waiting()).toEqual([row("bb", "transaction"), row("cc", "transaction")]),
    );
  });

  test("a promise is the newest one, and its blocks go when their height is decided", () => {
    const block = (height: number) => ({id: idOf(height), height: BigInt(height), value: Uint8Array.of(height)});
    return reopened(
      async (store) => {
        await fill(store, [0]);
        store.keepPromise(Uint8Array.of(1), [block(1), block(2)]);
        store.keepPromise(Uint8Array.of(2), [block(2), block(3)]);
        await fill(store, [1]);
      },
      (store) => {
        expect(store.promise()).toEqual(Uint8Array.of(2));
        expect(store.uncommitted()).toEqual([block(2), block(3)]);
      },
    );
  });

  test("an epoch is found by its number and by where it goes on from, and drops what waited above", () =>
    reopened(
      async (store) => {
        await fill(store, [0]);
        store.keepPromise(Uint8Array.of(1), [{id: idOf(9), height: 9n, value: Uint8Array.of(9)}]);
        const commit = commitAt(1, {epoch: epochBehind(1n)});
        store.commit(commit, await store.pack(commit.block));
      },
      (store) => {
        expect(store.epoch(1n)).toEqual(epochBehind(1n));
        expect(store.epochFrom(1n)).toEqual(epochBehind(1n));
        expect([store.epoch(2n), store.epochFrom(0n), store.uncommitted()]).toEqual([null, null, []]);
      },
    ));

  test("batches are kept above a round, and taken ones are remembered", () => {
    const kept = (round: number) => ({epoch: 0n, round: BigInt(round), value: Uint8Array.of(round)});
    const taken = {round: 5n, creator: 2, batchId: idOf(77)};
    return reopened(
      async (store) => {
        store.keepBatches([kept(1), kept(2), kept(3)], {epoch: 0n, round: 0n});
        store.keepBatches([kept(4)], {epoch: 0n, round: 3n});
        const commit = commitAt(0, {block: {...ZERO.block, batches: [taken]}});
        store.commit(commit, await store.pack(commit.block));
      },
      (store) => {
        expect(store.keptBatches()).toEqual([Uint8Array.of(3), Uint8Array.of(4)]);
        expect(store.takenBatches()).toEqual([{epoch: 0n, ...taken}]);
      },
    );
  });

  test("pruned blocks lose body, certificate and receipts, and keep their header", () =>
    reopened(
      async (store) => {
        await fill(store, upTo(2));
        const third = commitAt(3, {epoch: epochBehind(3n)});
        store.commit(third, await store.pack(third.block));
        await fill(store, upTo(9, 4));
        expect(store.prune({upTo: 5n, blocksMax: 2})).toBe(2n);
        expect(store.prune({upTo: 5n, blocksMax: 100})).toBe(5n);
        expect(store.prune({upTo: 4n, blocksMax: 100})).toBe(5n);
      },
      async (store) => {
        expect(store.prunedHeight()).toBe(5n);
        for (const height of [1, 2, 3, 4, 5]) {
          expect(await store.block(BigInt(height))).toBeNull();
          expect(await store.receipt(idOf(height))).toBeNull();
          expect(store.header(BigInt(height))).toEqual(commitAt(height).block.header);
        }
        for (const height of [0, 6, 9]) {
          expect((await store.block(BigInt(height)))?.block).toEqual(commitAt(height).block);
          expect(await store.receipt(idOf(height))).toEqual(receiptAt(height));
        }
        expect((await store.receipts({from: 0n, to: 9n, limit: 10})).map(({height}) => height)).toEqual([
          9n,
          8n,
          7n,
          6n,
          0n,
        ]);
        expect(await store.slashReceipt(idOf(9))).not.toBeNull();
      },
    ));

  test("the newest block and block 0 are never pruned", async () => {
    const store = await open(scratchDirectory());
    expect(store.prune({upTo: 10n, blocksMax: 10})).toBe(0n);
    await fill(store, upTo(3));
    expect(store.prune({upTo: 2n ** 64n - 1n, blocksMax: 1_000})).toBe(2n);
    expect(await store.block(0n)).not.toBeNull();
    expect(await store.block(3n)).not.toBeNull();
    store.close();
  });

  test("statistics count what is there", async () => {
    const store = await open(scratchDirectory());
    await fill(store, upTo(3));
    const {bytes, tables} = await store.stats();
    const rows = Object.fromEntries(tables.map(({name, rows}) => [name, rows]));
    expect(rows).toMatchObject({block: 4, receipt: 4, state: 2, waiting: 0});
    expect(bytes).toBeGreaterThan(0);
    for (const {bytes: each} of tables) expect(each).toBeLessThanOrEqual(bytes);
    store.close();
  });
}
