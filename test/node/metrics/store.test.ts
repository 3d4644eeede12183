/** What a scrape says of a store is what happened to it. */
import {statSync} from "node:fs";
import path from "node:path";
import {Registry} from "prom-client";
import {expect, test} from "vitest";
import {storeMetrics} from "../../../src/node/metrics/store.js";
import {SqliteStore} from "../../../src/node/storage/sqlite/store.js";
import {scratchDirectory} from "../../support/chain.js";
import {CONTRACT_LIMITS, commitAt, fill, idOf} from "../storage/contract.js";

test("sizes, times, caches and what was written are told as they are", async () => {
  const file = path.join(scratchDirectory(), "chain.db");
  const store = await SqliteStore.open({path: file, ...CONTRACT_LIMITS});
  const registry = new Registry();
  const figures = () => ({...store.localFigures(), prunedHeight: store.prunedHeight(), pruned: 2n});
  store.measure(storeMetrics(registry, figures));
  await fill(store, [0, 1, 2, 3]);
  const packed = await Promise.all([0, 1, 2, 3].map((height) => store.pack(commitAt(height).block)));
  store.keepPromise(Uint8Array.of(1), []);
  await store.block(2n);
  for (const height of [2, 2, 3]) store.receipt(idOf(height));
  store.receipts({from: 0n, to: 3n, limit: 9});
  store.prune({upTo: 2n, blocksMax: 9});
  const {bytes, freeBytes} = store.sizes();
  const text = await registry.metrics();
  const sample = (name: string): number => {
    const line = text.split("\n").find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1));
  };
  const counts = ["commit", "keep", "block", "receipt", "receipts", "prune"].map((operation) =>
    sample(`qsdm_store_operation_seconds_count{operation="${operation}"}`),
  );
  expect(counts).toEqual([4, 1, 1, 3, 1, 1]);
  expect(sample('qsdm_store_operation_seconds_sum{operation="commit"}')).toBeGreaterThan(0);
  expect(sample('qsdm_store_written_bytes_total{table="block"}')).toBe(
    packed.reduce((sum, {length}) => sum + length, 0),
  );
  // Two values in a commit: of one byte, and of two.
  expect(sample('qsdm_store_written_bytes_total{table="state"}')).toBe(12);
  expect([sample("qsdm_store_bytes"), sample("qsdm_store_free_bytes")]).toEqual([bytes, freeBytes]);
  expect(sample("qsdm_store_wal_bytes")).toBe(statSync(`${file}-wal`).size);
  expect(sample("qsdm_store_wal_bytes")).toBeGreaterThan(4_096);
  expect(sample("qsdm_store_pruned_height")).toBe(2);
  store.close();
});

test("a cache has what was read before, and lacks what was not", async () => {
  const file = path.join(scratchDirectory(), "chain.db");
  const first = await SqliteStore.open({path: file, ...CONTRACT_LIMITS});
  await fill(first, [0, 1]);
  first.close();
  const store = await SqliteStore.open({path: file, ...CONTRACT_LIMITS});
  const registry = new Registry();
  storeMetrics(registry, () => ({...store.localFigures(), prunedHeight: 0n, pruned: 0n}));
  const misses = () => store.localFigures().caches.receipts.misses;
  store.receipt(idOf(1));
  expect(misses()).toBeGreaterThan(0);
  const before = misses();
  store.receipt(idOf(1));
  expect(misses()).toBe(before);
  const text = await registry.metrics();
  expect(text).toMatch(/^qsdm_store_cache_hits_total\{cache="receipts"\} 1$/m);
  expect(text).toMatch(/^qsdm_store_cache_misses_total\{cache="receipt_index"\} [1-9]/m);
  store.close();
});
