/** Snapshots that a node takes by itself. */
import {mkdirSync, readdirSync, writeFileSync} from "node:fs";
import path from "node:path";
import {setImmediate as nextTurn} from "node:timers/promises";
import {expect, test} from "vitest";
import {UnavailableError} from "../../../src/errors.js";
import {SnapshotFiles} from "../../../src/node/snapshots/files.js";
import {checkSchedule, Snapshots, type SnapshotsPorts} from "../../../src/node/snapshots/periodic.js";
import {heightsOn, placeOf, trimShelf} from "../../../src/node/snapshots/shelf.js";
import {NO_SINK, verifySnapshot} from "../../../src/node/snapshots/verify.js";
import {testAccount} from "../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../support/chain.js";
import {eventually} from "../../support/node.js";
import {groundOf, trustIn, writePorts} from "../../support/snapshots.js";

const GENESIS = testGenesis([{to: testAccount("alice").address, amountDust: 1_000_000n}]);

/** A chain that takes a snapshot every 10 blocks. */
async function chainWith(change: Partial<SnapshotsPorts> = {}, kept = 2) {
  const of = await openTestChain(scratchDirectory(), GENESIS);
  const shelf = path.join(scratchDirectory(), "snapshots");
  const warned: unknown[] = [];
  const failures: unknown[] = [];
  const {genesis, store, prove} = writePorts(GENESIS, of);
  const snapshots = new Snapshots(
    {intervalBlocks: 10n, kept},
    {
      genesis,
      store,
      prove,
      shelf,
      ground: () => groundOf(of),
      isBehind: () => false,
      log: {info: () => {}, debug: () => {}, warn: (fields) => void warned.push(fields)},
      nowMs: () => 1_000,
      failed: (error) => void failures.push(error),
      ...change,
    },
  );
  of.chain.subscribe(() => snapshots.committed());
  const goTo = async (height: bigint) => {
    while (of.chain.tip.height < height) await extend(of.intake);
  };
  return {of, snapshots, shelf, warned, failures, goTo};
}

test("one is written at each multiple, once its block is final, and the oldest go", async () => {
  const {snapshots, shelf, goTo, of} = await chainWith();
  mkdirSync(path.join(shelf, "7.part"), {recursive: true});
  for (const height of [10n, 20n, 30n]) {
    await goTo(height);
    expect(snapshots.figures).toMatchObject({inProgress: true, succeeded: Number(height / 10n) - 1});
    await goTo(height + 2n);
    await eventually(async () => !snapshots.figures.inProgress);
  }
  expect(readdirSync(shelf)).toEqual(["20", "30"]);
  expect(snapshots.figures).toMatchObject({succeeded: 3, failed: 0, lastHeight: 30n, lastCreatedAtMs: 1_000});
  const files = await SnapshotFiles.open(path.join(shelf, "30"));
  expect(files.manifest.stateRoot).toBe(of.store.header(31n)!.parentStateRoot);
  expect(await files.sizeBytes()).toBe(snapshots.figures.lastSizeBytes);
  await verifySnapshot(files, NO_SINK, trustIn(GENESIS));
});

test("none is taken while blocks are made up for, nor after a stop, which leaves nothing half written", async () => {
  let isBehind = true;
  const {snapshots, shelf, goTo} = await chainWith({isBehind: () => isBehind});
  await goTo(13n);
  expect(snapshots.figures.inProgress).toBe(false);
  isBehind = false;
  await goTo(20n);
  expect(snapshots.figures.inProgress).toBe(true);
  await snapshots.stop();
  await goTo(32n);
  expect([snapshots.figures.inProgress, snapshots.figures.succeeded, snapshots.figures.failed]).toEqual([false, 0, 0]);
  expect(readdirSync(shelf)).toEqual([]);
});

test("one that cannot be written is told of and counted, and the node goes on; a bug ends it", async () => {
  const full = new UnavailableError("SNAPSHOT_WRITE_FAILED", "disk full");
  let error: Error = full;
  const {snapshots, goTo, warned, failures} = await chainWith({prove: () => Promise.reject(error)});
  await goTo(12n);
  await eventually(async () => !snapshots.figures.inProgress);
  expect([snapshots.figures.failed, warned, failures]).toEqual([1, [{err: full, height: 10n}], []]);
  error = new TypeError("a bug");
  await goTo(22n);
  await eventually(async () => !snapshots.figures.inProgress);
  expect(failures).toEqual([error]);
});

test("a disk that takes no snapshot costs none but those", async () => {
  const {snapshots, shelf, goTo, warned, failures} = await chainWith();
  writeFileSync(shelf, "in the way");
  await goTo(12n);
  await eventually(async () => !snapshots.figures.inProgress);
  expect(failures).toEqual([]);
  expect(warned).toMatchObject([{err: {code: "SNAPSHOT_WRITE_FAILED"}, height: 10n}]);
});

test("a damaged one does not keep the next from being written", async () => {
  const {snapshots, shelf, goTo, warned} = await chainWith();
  mkdirSync(path.join(shelf, "7"), {recursive: true});
  await goTo(12n);
  await eventually(async () => !snapshots.figures.inProgress);
  expect(warned).toEqual([]);
  expect(snapshots.figures.succeeded).toBe(1);
});

test("one that is being removed is not told of any more", async () => {
  const shelf = scratchDirectory();
  for (const height of [10n, 20n]) mkdirSync(placeOf(shelf, height));
  const names = Array.from({length: 400}, (_, i) => `part-${i}`);
  for (const name of names) writeFileSync(path.join(placeOf(shelf, 10n), name), "");
  let isOver = false;
  const trimming = trimShelf(shelf, 1).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const listed = readdirSync(shelf).includes("10") ? readdirSync(placeOf(shelf, 10n)).length : names.length;
    expect(listed).toBe(names.length);
    await nextTurn();
  }
  expect(await trimming).toEqual([10n]);
  expect([await heightsOn(shelf), readdirSync(shelf)]).toEqual([[20n], ["20"]]);
});

test.each([
  ["mainnet", 9_999n, false],
  ["mainnet", 10_000n, true],
  ["mainnet", 500_000n, true],
  ["mainnet", 500_001n, false],
  ["testnet", 9_999n, false],
  ["dev", 9n, false],
  ["dev", 10n, true],
])("on %s, an interval of %s blocks is taken: %s", (network, intervalBlocks, taken) => {
  const check = () => checkSchedule({intervalBlocks, kept: 1}, network);
  if (taken) check();
  else expect(check).toThrow(expect.objectContaining({code: "SNAPSHOT_INTERVAL"}));
});
