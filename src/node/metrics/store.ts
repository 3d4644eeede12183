/** The store: the room that it takes, and what was dropped of old blocks. */
import type {Registry} from "prom-client";
import type {StoreSizes} from "../storage/store.js";
import {readCounter, readGauge} from "./figures.js";

export interface StoreFigures extends StoreSizes {
  readonly prunedHeight: bigint;
  /** Blocks dropped since the start. */
  readonly pruned: bigint;
}

export function storeMetrics(registry: Registry, figures: () => StoreFigures): void {
  const gauge = (name: string, help: string, read: (now: StoreFigures) => number): void =>
    readGauge(registry, {name, help, read: () => read(figures())});
  gauge("qsdm_store_bytes", "Size of the database, free space included.", (now) => now.bytes);
  gauge("qsdm_store_free_bytes", "Free space inside the database.", (now) => now.freeBytes);
  gauge("qsdm_store_pruned_height", "Last height whose body was dropped; 0 while none was.", (now) =>
    Number(now.prunedHeight),
  );
  gauge(
    "qsdm_store_dictionary",
    "Number of the newest dictionary that blocks are packed with; 0 while there is none.",
    (now) => now.packing.dictionary,
  );
  const counter = (name: string, help: string, read: (now: StoreFigures) => number): void =>
    readCounter(registry, {name, help, read: () => read(figures())});
  counter(
    "qsdm_store_dictionary_raw_bytes_total",
    "Bytes of headers and bodies that were packed with a dictionary since the node started, as they were before.",
    (now) => now.packing.rawBytes,
  );
  counter("qsdm_store_dictionary_packed_bytes_total", "What they take packed.", (now) => now.packing.packedBytes);
  readCounter(registry, {
    name: "qsdm_store_pruned_blocks_total",
    help: "Blocks that lost their bodies since the node started.",
    read: () => Number(figures().pruned),
  });
}
