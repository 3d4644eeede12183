/** The cluster that has a node's history: how far behind it is, and what requests to it cost. */
import type {Registry} from "prom-client";
import type {CqlStoreFigures} from "../storage/cql/store.js";
import {readCounter, readGauge} from "./figures.js";

export function clusterMetrics(registry: Registry, figures: () => CqlStoreFigures): void {
  const gauge = (name: string, help: string, read: (now: CqlStoreFigures) => number): void =>
    readGauge(registry, {name, help, read: () => read(figures())});
  const counter = (name: string, help: string, read: (now: CqlStoreFigures) => number): void =>
    readCounter(registry, {name, help, read: () => read(figures())});
  gauge("qsdm_cluster_height", "Newest block that the cluster has; -1 while there is none.", (now) =>
    Number(now.height),
  );
  gauge("qsdm_cluster_lag_blocks", "Blocks that the cluster lacks.", (now) => now.lagBlocks);
  counter("qsdm_cluster_requests_total", "Requests to the cluster, repetitions included.", (now) => now.requests);
  counter(
    "qsdm_cluster_retries_total",
    "Requests that failed for the moment, and were to be repeated.",
    (now) => now.retries,
  );
  counter("qsdm_cluster_failures_total", "Requests that were given up.", (now) => now.failures);
  counter("qsdm_cluster_request_seconds_total", "Time that answered requests took.", (now) => now.seconds);
}
