/** Snapshots of a real chain: written, verified, restored, and altered in every part. */
import {cpSync, readdirSync, readFileSync, statSync, writeFileSync} from "node:fs";
import path from "node:path";
import {deflateSync, inflateSync} from "node:zlib";
import {beforeAll, describe, expect, test} from "vitest";
import {chunksOf, decodeManifest, type SnapshotManifest, snapshotManifest} from "../../../src/codecs/chain/snapshot.js";
import type {QsdmError} from "../../../src/errors.js";
import {fileOf, SnapshotFiles} from "../../../src/node/snapshots/files.js";
import {restoreSnapshot} from "../../../src/node/snapshots/restore.js";
import {NO_SINK, verifySnapshot} from "../../../src/node/snapshots/verify.js";
import type {SnapshotGround} from "../../../src/node/snapshots/write.js";
import {testAccount} from "../../support/accounts.js";
import {openTestChain, scratchDirectory, type TestChain, testGenesis} from "../../support/chain.js";
import {groundOf, pay, snapshotAt, trustIn} from "../../support/snapshots.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
const GENESIS = testGenesis([{to: alice.address, amountDust: 1_000_000n}]);
const HEIGHT = 6n;

let source: TestChain;
let snapshot: SnapshotFiles;
/** What the chain said of the state at the snapshot. */
let stateRoot: string;

beforeAll(async () => {
  source = await openTestChain(scratchDirectory(), GENESIS);
  await pay(source, alice, {to: bob.address, count: Number(HEIGHT), nonce: 0n});
  const ground = groundOf(source);
  ({stateRoot} = source.chain.tip);
  // Blocks that change the same accounts come before it is written.
  await pay(source, alice, {to: bob.address, count: 3, nonce: HEIGHT});
  snapshot = await snapshotAt(ground, GENESIS, source);
});

/** Gives the source's blocks up to `height` to another node. */
async function follow({chain}: TestChain, height: bigint): Promise<void> {
  while (chain.tip.height < height) {
    const {block, certificate} = (await source.store.block(chain.tip.height + 1n))!;
    chain.execute(block, null);
    await chain.commit(certificate.blockId, certificate);
  }
}

/** What the snapshot was taken of, out of the snapshot. */
async function groundAgain(): Promise<SnapshotGround> {
  const {chain} = await openTestChain(await restore(snapshot), GENESIS);
  return {height: chain.tip.height, id: chain.tip.id, tree: chain.tree};
}

const verified = (files: SnapshotFiles, trust = trustIn(GENESIS)) => verifySnapshot(files, NO_SINK, trust);
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "holds",
    (error: QsdmError) => error.code,
  );

const LIMITS = {slashReceiptsMax: 10_000, eventBlocksKept: 100};
const restore = async (files: SnapshotFiles, directory = scratchDirectory()) => {
  await restoreSnapshot(files, {path: path.join(directory, "chain.db"), ...LIMITS}, trustIn(GENESIS));
  return directory;
};

/** A copy of the snapshot, to be altered. */
async function copy(change: (directory: string, manifest: SnapshotManifest) => void): Promise<SnapshotFiles> {
  const directory = path.join(scratchDirectory(), "copy");
  cpSync(snapshot.directory, directory, {recursive: true});
  change(directory, snapshot.manifest);
  return SnapshotFiles.open(directory);
}

test("a snapshot is of the state at its height, though blocks came while it was written", async () => {
  expect(snapshot.manifest).toMatchObject({height: HEIGHT, stateRoot});
  expect(snapshot.manifest.stateRoot).not.toBe(source.chain.tip.stateRoot);
  expect(await codeOf(verified(snapshot))).toBe("holds");
  const names = readdirSync(snapshot.directory).sort();
  expect(names).toEqual(["batches", "block", "headers-0", "manifest", "proof", "state-0-"]);
});

test("two nodes write the same bytes for one height", async () => {
  const other = await openTestChain(scratchDirectory(), GENESIS);
  await follow(other, HEIGHT);
  const ground = groundOf(other);
  await follow(other, HEIGHT + 2n);
  const second = await snapshotAt(ground, GENESIS, other);
  expect(second.root).toBe(snapshot.root);
  for (const name of ["manifest", ...chunksOf(snapshot.manifest).map((each) => fileOf(snapshot.manifest, each))])
    expect(readFileSync(path.join(second.directory, name))).toEqual(readFileSync(path.join(snapshot.directory, name)));
});

test("a restored chain has the same state root, and goes on with the next blocks", async () => {
  const directory = await restore(snapshot);
  const restored = await openTestChain(directory, GENESIS);
  expect(restored.chain.tip).toMatchObject({height: HEIGHT, stateRoot});
  expect(restored.store.prunedHeight()).toBe(HEIGHT - 1n);
  expect(await restored.store.block(HEIGHT - 1n)).toBeNull();
  expect(restored.store.header(1n)).toEqual(source.store.header(1n));
  expect(restored.store.takenBatches()).toEqual(source.store.takenBatches().filter((each) => each.round <= HEIGHT));
  await follow(restored, source.chain.tip.height);
  expect(restored.chain.tip).toEqual(source.chain.tip);
});

test("a database that is in use is not restored into, and one with the genesis alone is", async () => {
  const used = scratchDirectory();
  const chain = await openTestChain(used, GENESIS);
  chain.store.close();
  await restore(snapshot, used);
  expect(await codeOf(restore(snapshot, used))).toBe("RESTORE_NOT_EMPTY");
});

test("what a restore that failed left starts no node, and the next one begins anew", async () => {
  const broken = await copy((directory, manifest) => {
    const file = path.join(directory, fileOf(manifest, {kind: "state", index: 0, sizeBytes: 0}));
    writeFileSync(file, deflateSync(inflateSync(readFileSync(file)).fill(0, 40, 60)));
  });
  const directory = scratchDirectory();
  expect(await codeOf(restore(broken, directory))).toBe("SNAPSHOT_CHUNK_INVALID");
  expect(await codeOf(openTestChain(directory, GENESIS))).toBe("DATABASE_UNFINISHED");
  await restore(snapshot, directory);
  expect((await openTestChain(directory, GENESIS)).chain.tip.stateRoot).toBe(stateRoot);
});

describe("a snapshot is refused", () => {
  const rewritten = (change: (manifest: SnapshotManifest) => Partial<SnapshotManifest>) =>
    copy((directory, manifest) => {
      writeFileSync(path.join(directory, "manifest"), snapshotManifest.encode({...manifest, ...change(manifest)}));
    });
  const [one, other] = ["11".repeat(32), "22".repeat(32)];

  test.each<[string, (manifest: SnapshotManifest) => Partial<SnapshotManifest>, string]>([
    ["of another chain", () => ({chainId: "other"}), "SNAPSHOT_FOREIGN"],
    ["of another genesis", () => ({genesisId: one}), "SNAPSHOT_FOREIGN"],
    ["whose state is another", () => ({stateRoot: one}), "SNAPSHOT_MANIFEST_INVALID"],
    [
      "whose state and subtree were made up together",
      ({state: [tree]}) => ({stateRoot: other, state: [{...tree!, root: new Uint8Array(32).fill(0x22)}]}),
      "SNAPSHOT_PROOF_INVALID",
    ],
    [
      "that names another block",
      ({headers: [span]}) => ({blockId: one, headers: [{...span!, lastId: one}]}),
      "SNAPSHOT_PROOF_INVALID",
    ],
    [
      "whose chunks have other sizes than their names say",
      ({state: [tree]}) => ({state: [{...tree!, sizeBytes: tree!.sizeBytes + 1}]}),
      "SNAPSHOT_MANIFEST_INVALID",
    ],
    ["whose block has another size", ({blockBytes}) => ({blockBytes: blockBytes + 1}), "SNAPSHOT_MANIFEST_INVALID"],
    [
      "whose batches have another size",
      ({batchesBytes}) => ({batchesBytes: batchesBytes + 1}),
      "SNAPSHOT_MANIFEST_INVALID",
    ],
    ["without a part of the state", () => ({state: []}), "SNAPSHOT_MANIFEST_INVALID"],
  ])("%s", async (_, change, code) => {
    expect(await codeOf(rewritten(change).then((each) => verified(each)))).toBe(code);
  });

  test.each<[string, (manifest: SnapshotManifest) => Partial<SnapshotManifest>]>([
    ["of block 0", () => ({height: 0n})],
    ["with more headers than its height needs", ({headers: [span]}) => ({headers: [span!, span!]})],
    ["whose headers end with another block", ({headers: [span]}) => ({headers: [{...span!, lastId: one}]})],
    ["with a chunk that no message holds", ({state: [tree]}) => ({state: [{...tree!, sizeBytes: 2 ** 31}]})],
  ])("as a manifest %s", (_, change) => {
    const bytes = snapshotManifest.encode({...snapshot.manifest, ...change(snapshot.manifest)});
    expect(() => decodeManifest(bytes)).toThrow(expect.objectContaining({code: "SNAPSHOT_INVALID"}));
  });

  test("where any byte of a chunk was changed, or it was cut", async () => {
    for (const each of chunksOf(snapshot.manifest)) {
      const alter = (change: (bytes: Buffer) => Buffer) =>
        copy((directory, manifest) => {
          const file = path.join(directory, fileOf(manifest, each));
          writeFileSync(file, deflateSync(change(inflateSync(readFileSync(file)))));
        });
      for (const at of [0.01, 0.3, 0.6, 0.99])
        expect(
          await codeOf(
            alter((bytes) =>
              Buffer.from(bytes.with(Math.floor(bytes.length * at), bytes[Math.floor(bytes.length * at)]! ^ 1)),
            ).then((files) => verified(files)),
          ),
          `${each.kind} ${at}`,
        ).not.toBe("holds");
      expect(await codeOf(alter((bytes) => bytes.subarray(0, -1)).then((files) => verified(files)))).not.toBe("holds");
    }
  });

  test("where a chunk is missing, or is not compressed", async () => {
    const at = (directory: string) => path.join(directory, "block");
    expect(await codeOf(copy((directory) => writeFileSync(at(directory), "no")).then((each) => verified(each)))).toBe(
      "SNAPSHOT_CHUNK_INVALID",
    );
    const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await codeOf(copy((directory) => writeFileSync(at(directory), bomb)).then((each) => verified(each)))).toBe(
      "SNAPSHOT_CHUNK_INVALID",
    );
  });

  test("where any byte of the proof was changed", async () => {
    const {length} = readFileSync(snapshot.proofPath);
    for (let at = 7; at < length; at += Math.floor(length / 24)) {
      const altered = await copy((directory) => {
        const file = path.join(directory, "proof");
        const bytes = readFileSync(file);
        writeFileSync(file, bytes.with(at, bytes[at]! ^ 1));
      });
      expect(await codeOf(verified(altered)), String(at)).not.toBe("holds");
    }
  });

  test("where a checkpoint that the operator trusts says otherwise", async () => {
    const {lightChainOf} = await import("../../../src/node/light/genesis.js");
    const base = lightChainOf(GENESIS);
    const at = (height: bigint, blockId: string) => ({
      ...base,
      checkpoints: [...base.checkpoints, {...base.checkpoints[0]!, height, blockId}],
    });
    const trusting = (checkpoints: typeof base) => codeOf(verified(snapshot, trustIn(GENESIS, {checkpoints})));
    expect(await trusting(at(3n, source.store.header(4n)!.parentId))).toBe("holds");
    expect(await trusting(at(3n, one))).toBe("CHAIN_FORKED");
    expect(await trusting(at(HEIGHT + 1n, one))).toBe("CHECKPOINT_AHEAD");
  });
});

test("headers that an older snapshot has are shared with it, and the parts are the same", async () => {
  const ground = await groundAgain();
  const second = await snapshotAt(ground, GENESIS, source, {older: snapshot.directory});
  const inode = (files: SnapshotFiles, name: string) => statSync(path.join(files.directory, name)).ino;
  expect(inode(second, "headers-0")).toBe(inode(snapshot, "headers-0"));
  expect(inode(second, "block")).not.toBe(inode(snapshot, "block"));
  expect(second.root).toBe(snapshot.root);
  expect(await codeOf(verified(second))).toBe("holds");
});

test("headers that rotted in an older snapshot are written anew", async () => {
  const ground = await groundAgain();
  const older = path.join(scratchDirectory(), "older");
  cpSync(snapshot.directory, older, {recursive: true});
  const file = path.join(older, "headers-0");
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(file, bytes);
  const second = await snapshotAt(ground, GENESIS, source, {older});
  expect(second.root).toBe(snapshot.root);
  expect(await codeOf(verified(second))).toBe("holds");
});

test("a block whose votes were pruned has no snapshot any more", async () => {
  const ground = await groundAgain();
  source.store.prune({upTo: HEIGHT, blocksMax: 100});
  expect(await codeOf(snapshotAt(ground, GENESIS, source))).toBe("BLOCK_PRUNED");
});
