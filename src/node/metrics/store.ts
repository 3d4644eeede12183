/** The store: the room that it takes, how long it takes, what its caches spare it, and what was dropped of old blocks. */
import {Counter, Histogram, type Registry} from "prom-client";
import type {CacheFigures, StoreFigures, StoreMeter} from "../storage/sqlite/meter.js";
import {MEASURED_TABLES, STORE_OPERATIONS} from "../storage/sqlite/meter.js";
import {readCounter, readGauge} from "./figures.js";

export interface StorageFigures extends StoreFigures {
  readonly prunedHeight: bigint;
  /** Blocks dropped since the start. */
  readonly pruned: bigint;
}

/** Declares what is read at a scrape. @returns what is told as it happens */
export function storeMetrics(registry: Registry, figures: () => StorageFigures): StoreMeter {
  const gauge = (name: string, help: string, read: (now: StorageFigures) => number): void =>
    readGauge(registry, {name, help, read: () => read(figures())});
  gauge("qsdm_store_bytes", "Size of the database, free space included.", (now) => now.bytes);
  gauge("qsdm_store_free_bytes", "Free space inside the database.", (now) => now.freeBytes);
  gauge("qsdm_store_wal_bytes", "Size of the log that commits go to first.", (now) => now.walBytes);
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
  const cacheCounter = (name: string, help: string, read: (of: CacheFigures) => number): void => {
    new Counter({
      ...{name, help, labelNames: ["cache"], registers: [registry]},
      collect() {
        this.reset();
        for (const [cache, of] of Object.entries(figures().caches)) this.inc({cache}, read(of));
      },
    });
  };
  cacheCounter("qsdm_store_cache_hits_total", "Reads that a cache answered.", ({hits}) => hits);
  cacheCounter("qsdm_store_cache_misses_total", "Reads that went to the database.", ({misses}) => misses);
  return measured(registry);
}

function measured(registry: Registry): StoreMeter {
  const registers = [registry];
  const seconds = new Histogram({
    name: "qsdm_store_operation_seconds",
    help: "Time of one commit, of putting what was acknowledged or promised on disk, of a read, and of dropping old blocks.",
    labelNames: ["operation"],
    buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const written = new Counter({
    name: "qsdm_store_written_bytes_total",
    help: "Bytes of values that blocks put into a table, without indexes.",
    labelNames: ["table"],
    registers,
  });
  for (const operation of STORE_OPERATIONS) seconds.zero({operation});
  for (const table of MEASURED_TABLES) written.inc({table}, 0);
  return {
    took: (operation, duration) => seconds.observe({operation}, duration),
    wrote: (table, bytes) => written.inc({table}, bytes),
  };
}
