/** What a copy of blocks came to. */
import type {HistoryBlock} from "../cql/history.js";
import type {Anomalies, Anomaly} from "./anomalies.js";
import {partsOf} from "./compare.js";
import type {Pace} from "./pace.js";

export interface CopyReport {
  /** In this run. */
  readonly blocks: number;
  readonly receipts: number;
  /** Of headers, bodies, votes and receipts as they are encoded. */
  readonly bytes: number;
  /** How far the copy came. */
  readonly height: bigint;
  readonly seconds: number;
  readonly anomalies: readonly Anomaly[];
}

export class Copied {
  #receipts = 0;
  #bytes = 0;

  add(blocks: readonly HistoryBlock[]): void {
    for (const each of blocks) {
      this.#receipts += each.receipts.length;
      this.#bytes += partsOf(each).reduce((sum, part) => sum + part.length, 0);
    }
  }

  report(height: bigint, pace: Pace, anomalies: Anomalies): CopyReport {
    const seconds = pace.elapsedMs / 1_000;
    const [blocks, receipts, bytes] = [pace.rows, this.#receipts, this.#bytes];
    return {blocks, receipts, bytes, height, seconds, anomalies: anomalies.list()};
  }
}
