/** Catching up: where it is going, and what it was served. */
import type {Registry} from "prom-client";
import type {SyncState} from "../engine/sync/progress.js";
import type {SyncTally} from "../engine/sync/tally.js";
import {readCounter, readGauge} from "./figures.js";

export type SyncFigures = SyncState & SyncTally;

export function syncMetrics(registry: Registry, figures: () => SyncFigures): void {
  const gauge = (name: string, help: string, read: (now: SyncFigures) => number): void =>
    readGauge(registry, {name, help, read: () => read(figures())});
  const counter = (name: string, help: string, read: (now: SyncFigures) => number): void =>
    readCounter(registry, {name, help, read: () => read(figures())});
  gauge("qsdm_sync_catching_up", "1 while this node is behind by more than a few blocks.", (now) =>
    Number(now.catchingUp),
  );
  gauge("qsdm_sync_target_height", "Height that others have, as far as known.", (now) => Number(now.targetHeight));
  gauge("qsdm_sync_blocks_per_second", "Rate of catching up over the last seconds.", (now) => now.blocksPerSecond);
  counter("qsdm_sync_blocks_total", "Blocks that others were asked for and brought.", (now) => now.blocks);
  counter("qsdm_sync_requests_total", "Requests for headers and blocks.", (now) => now.requests);
  counter(
    "qsdm_sync_failures_total",
    "Those without an answer: refused, too late, or the peer went.",
    (now) => now.failures,
  );
  counter("qsdm_sync_pruned_total", "Answers that the blocks asked for were pruned there.", (now) => now.pruned);
  counter("qsdm_sync_lies_total", "Answers that could not be true.", (now) => now.lies);
}
