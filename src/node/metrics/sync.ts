/** Catching up: where it is going, and what it was served. */
import {Counter, Gauge, type Registry} from "prom-client";
import type {SyncState} from "../engine/sync/progress.js";
import type {SyncTally} from "../engine/sync/tally.js";

export type SyncFigures = SyncState & SyncTally;

export function syncMetrics(registry: Registry, figures: () => SyncFigures): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: (now: SyncFigures) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(figures()));
      },
    });
  };
  const counter = (name: string, help: string, read: (now: SyncFigures) => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(figures()));
      },
    });
  };
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
  counter("qsdm_sync_lies_total", "Answers that could not be true.", (now) => now.lies);
}
