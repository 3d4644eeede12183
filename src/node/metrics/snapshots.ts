/** Snapshots that this node takes. */
import type {Registry} from "prom-client";
import type {SnapshotFigures} from "../snapshots/periodic.js";
import {readCounter, readGauge} from "./figures.js";

export function snapshotMetrics(registry: Registry, figures: () => SnapshotFigures): void {
  const gauge = (name: string, help: string, read: (now: SnapshotFigures) => number): void =>
    readGauge(registry, {name, help, read: () => read(figures())});
  const counter = (name: string, help: string, read: (now: SnapshotFigures) => number): void =>
    readCounter(registry, {name, help, read: () => read(figures())});
  counter("qsdm_snapshot_success_total", "Snapshots written since the node started.", (now) => now.succeeded);
  counter("qsdm_snapshot_failure_total", "Snapshots that could not be written.", (now) => now.failed);
  gauge("qsdm_snapshot_last_height", "Height of the newest snapshot of this run; 0 before it.", (now) =>
    Number(now.lastHeight),
  );
  gauge(
    "qsdm_snapshot_last_created_at_ms",
    "When it was whole, milliseconds since 1970.",
    (now) => now.lastCreatedAtMs,
  );
  gauge("qsdm_snapshot_last_duration_ms", "How long it took, from its block on.", (now) => now.lastDurationMs);
  gauge("qsdm_snapshot_last_size_bytes", "What it takes on the disk.", (now) => now.lastSizeBytes);
  gauge("qsdm_snapshot_in_progress", "1 while one is being written.", (now) => Number(now.inProgress));
}
