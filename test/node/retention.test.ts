import {afterEach, describe, expect, test} from "vitest";
import {retentionOf} from "../../src/commands/node/retention.js";
import {loadSettings} from "../../src/commands/settings.js";
import {UnavailableError} from "../../src/errors.js";
import {checkRetention, Pruning, type PruningPorts, type Retention} from "../../src/node/retention.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {memoryHost} from "../commands/memory-host.js";
import {eventually} from "../support/node.js";
import {CONTRACT_LIMITS, commitAt, fill} from "./storage/contract.js";

let store: SqliteStore;
let pruning: Pruning;
afterEach(async () => {
  await pruning?.stop();
  store?.close();
});

/** A store of blocks 0 to `tip`, a millisecond apart, and what keeps it small. */
async function storeOf(tip: number, retention: Retention, change: Partial<PruningPorts> = {}) {
  store = await SqliteStore.open({path: ":memory:", ...CONTRACT_LIMITS});
  await fill(
    store,
    Array.from({length: tip + 1}, (_, height) => height),
  );
  const logged: object[] = [];
  const failures: unknown[] = [];
  pruning = new Pruning(retention, {
    store,
    tipHeight: () => store.head()!.header.height,
    log: {info: (fields) => void logged.push(fields)},
    failed: (error) => void failures.push(error),
    ...change,
  });
  return {logged, failures};
}

const settled = () => eventually(async () => !pruning.running);

test("blocks above the retained ones are dropped in steps, and the file shrinks behind them", async () => {
  const {logged} = await storeOf(300, {blocks: 100n, days: null});
  const {bytes} = store.sizes();
  pruning.committed();
  await settled();
  expect(store.prunedHeight()).toBe(200n);
  expect([pruning.pruned, logged]).toEqual([200n, [{from: 1n, to: 200n}]]);
  expect(store.sizes().freeBytes).toBe(0);
  expect(store.sizes().bytes).toBeLessThan(bytes / 2);
  // Not again before there is a step's worth.
  await fill(store, [301]);
  pruning.committed();
  await settled();
  expect(store.prunedHeight()).toBe(200n);
});

test("days keep what the number of blocks would drop, back from the tip's own time", async () => {
  await storeOf(200, {blocks: 10n, days: 1});
  pruning.committed();
  await settled();
  expect(store.prunedHeight()).toBe(0n);
  const late = commitAt(201);
  const header = {...late.block.header, timeMs: commitAt(150).block.header.timeMs + 86_400_000n};
  store.commit({...late, block: {...late.block, header}}, await store.pack({...late.block, header}));
  pruning.committed();
  await settled();
  expect(store.prunedHeight()).toBe(150n);
});

test("an archive keeps everything", async () => {
  await storeOf(100, {blocks: null, days: null});
  pruning.committed();
  expect([pruning.running, store.prunedHeight()]).toEqual([false, 0n]);
});

test("a stop ends it between two steps, and it goes on at the next start", async () => {
  const retention = {blocks: 10n, days: null};
  await storeOf(200, retention);
  pruning.committed();
  await eventually(async () => store.prunedHeight() > 0n);
  await pruning.stop();
  const before = store.prunedHeight();
  expect(before).toBeLessThan(190n);
  pruning = new Pruning(retention, {store, tipHeight: () => 200n, log: {info: () => {}}, failed: () => {}});
  pruning.committed();
  await settled();
  expect(store.prunedHeight()).toBe(190n);
});

test("a disk that fails stops the node", async () => {
  const {failures} = await storeOf(100, {blocks: 10n, days: null});
  const error = new UnavailableError("STORE_WRITE_FAILED", "no");
  store.prune = () => {
    throw error;
  };
  pruning.committed();
  await settled();
  expect(failures).toEqual([error]);
});

describe("settings", () => {
  test.each<[bigint | null, string, string | null]>([
    [null, "mainnet", null],
    [10_000n, "mainnet", null],
    [9_999n, "mainnet", "RETAIN_TOO_FEW"],
    [9_999n, "testnet", "RETAIN_TOO_FEW"],
    [1_000n, "dev", null],
    [999n, "dev", "RETAIN_TOO_FEW"],
  ])("%s blocks on %s: %s", (blocks, network, code) => {
    const check = () => checkRetention({blocks, days: null}, network);
    if (code === null) check();
    else expect(check).toThrowError(expect.objectContaining({code}));
  });

  const retention = async (flags: object) => retentionOf(await loadSettings(memoryHost(), flags));

  test("all unless a number is given, and days only beside one", async () => {
    expect(await retention({})).toEqual({blocks: null, days: null});
    expect(await retention({retain_blocks: "20000"})).toEqual({blocks: 20_000n, days: null});
    expect(await retention({retain_blocks: "20000", retain_days: "30"})).toEqual({blocks: 20_000n, days: 30});
    await expect(retention({retain_days: "30"})).rejects.toMatchObject({code: "RETAIN_DAYS_ALONE"});
    for (const flags of [{retain_blocks: "-1"}, {retain_blocks: "many"}, {retain_days: "-1"}])
      await expect(retention(flags)).rejects.toMatchObject({code: "SETTING_INVALID"});
  });
});
