/** What is measured of the embedded store while a node runs. */
import {encodedReceipt} from "../../../codecs/chain/receipt.js";
import type {BlockCommit, StoreSizes} from "../store.js";

/** What takes time in it. `keep` puts what was acknowledged or promised on disk. */
export const STORE_OPERATIONS = ["commit", "keep", "block", "receipt", "receipts", "prune"] as const;
export type StoreOperation = (typeof STORE_OPERATIONS)[number];
/** Tables that grow with the chain, and the state. */
export const MEASURED_TABLES = ["block", "receipt", "state", "event"] as const;
export type MeasuredTable = (typeof MEASURED_TABLES)[number];

export interface StoreMeter {
  took(operation: StoreOperation, seconds: number): void;
  /** Bytes of values, before they are sealed and without their indexes. */
  wrote(table: MeasuredTable, bytes: number): void;
}

/** Who measures nothing. */
export const NO_METER: StoreMeter = {took: () => undefined, wrote: () => undefined};

/** How often a cache had what it was asked for. */
export interface CacheFigures {
  readonly hits: number;
  readonly misses: number;
}

/** What is read off the embedded store at once. */
export interface StoreFigures extends StoreSizes {
  /** Of the log that commits go to first. */
  readonly walBytes: number;
  readonly caches: Readonly<Record<"receipts" | "receipt_index", CacheFigures>>;
}

/** Tells of what a commit wrote. @param packed its block */
export function meterCommit(meter: StoreMeter, {receipts, changes, events}: BlockCommit, packed: Uint8Array): void {
  const sum = (sizes: readonly number[]): number => sizes.reduce((all, each) => all + each, 0);
  meter.wrote("block", packed.length);
  meter.wrote("receipt", sum(receipts.map((each) => encodedReceipt(each).length)));
  meter.wrote("state", sum(changes.map(({value}) => value?.length ?? 0)));
  meter.wrote("event", sum(events.map(({body}) => body.length)));
}
