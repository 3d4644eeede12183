/** What `GET /api/v1/mining/work` serves. */
import type {WorkSet} from "./cells.js";

export interface Work {
  readonly epoch: bigint;
  readonly height: bigint;
  /** 32 bytes. */
  readonly headerHash: Uint8Array;
  readonly difficulty: bigint;
  readonly dagEntries: number;
  /** 32 bytes. */
  readonly workSetRoot: Uint8Array;
  readonly workSet: WorkSet;
  readonly batchCountMaximum: number;
  readonly blocksPerEpoch: bigint;
}
