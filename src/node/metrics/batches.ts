/** The DAG mempool: rounds, what waits for blocks, and what is missing. */
import type {Registry} from "prom-client";
import type {BatchFigures} from "../../codecs/api/status.js";
import {readCounter, readGauge} from "./figures.js";

export function batchMetrics(registry: Registry, figures: () => BatchFigures): void {
  const gauge = (name: string, help: string, read: (now: BatchFigures) => number): void =>
    readGauge(registry, {name, help, read: () => read(figures())});
  const counter = (name: string, help: string, read: (now: BatchFigures) => number): void =>
    readCounter(registry, {name, help, read: () => read(figures())});
  gauge("qsdm_batches_certified_round", "Highest round of a certified batch.", (now) => now.certifiedRound);
  gauge(
    "qsdm_batches_committed_round",
    "Highest round that a final block took a batch of.",
    (now) => now.committedRound,
  );
  gauge("qsdm_batches_waiting", "Certified batches that no final block took.", (now) => now.waiting);
  gauge("qsdm_batches_missing", "Batches that are asked for; 0 where everything is here.", (now) => now.missing);
  counter("qsdm_batches_made_total", "Batches that this validator made.", (now) => now.made);
  counter("qsdm_batches_fetches_total", "Requests for what was missing.", (now) => now.fetches);
  counter(
    "qsdm_batches_equivocations_total",
    "Validators that signed two batches for a round.",
    (now) => now.equivocations,
  );
  counter(
    "qsdm_batches_faults_total",
    "Batches that were found altered, or gone though promised. Above 0 the disk, the memory or the program is at fault.",
    (now) => now.faults,
  );
}
