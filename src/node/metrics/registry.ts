/** The metrics of one node, in a registry of its own: two nodes in one process do not count into each other. */
import {collectDefaultMetrics, Gauge, Registry} from "prom-client";
import type {BatchFigures} from "../../codecs/api/status.js";
import type {NgcDesk} from "../api/ngc/desk.js";
import type {Answered} from "../api/options.js";
import type {LedgerView} from "../api/ports.js";
import type {BlockCommitted, LedgerEvent} from "../ledger/chain/events.js";
import type {Verdict} from "../mining/telemetry/check.js";
import type {SnapshotFigures} from "../snapshots/periodic.js";
import type {CqlStoreFigures} from "../storage/cql/store.js";
import type {StoreMeter} from "../storage/sqlite/meter.js";
import {attestationMetrics, type CountRejection} from "./attestation.js";
import {batchMetrics} from "./batches.js";
import {type CellStreamMetrics, cellStreamMetrics} from "./cell-streams.js";
import {blockMetrics, chainGauges} from "./chain.js";
import {clusterMetrics} from "./cluster.js";
import {enrollmentGauges, enrollmentMetrics} from "./enrollment.js";
import {readCounter} from "./figures.js";
import {governanceGauges, governanceMetrics} from "./governance.js";
import {httpMetrics} from "./http.js";
import {type NetworkMetricsPorts, networkMetrics} from "./network.js";
import {ngcMetrics} from "./ngc.js";
import {slashMetrics} from "./slashing.js";
import {snapshotMetrics} from "./snapshots.js";
import {type StorageFigures, storeMetrics} from "./store.js";
import {type StreamMetrics, streamMetrics} from "./streams.js";
import {type SyncFigures, syncMetrics} from "./sync.js";
import {telemetryMetrics} from "./telemetry.js";

export interface MetricsPorts {
  /** The committed state; asked once for each scrape. */
  view(): LedgerView;
  /** Transactions waiting. */
  poolSize(): number;
  /** Whether proofs of the tip's epoch can be verified. */
  tableReady(): boolean;
  /** Where sidecars report; `null` where the node takes no bundles. */
  readonly ngc: NgcDesk | null;
  readonly wire: NetworkMetricsPorts;
  batches(): BatchFigures;
  sync(): SyncFigures;
  /** Null where no cluster has the history. */
  readonly cluster: (() => CqlStoreFigures) | null;
  /** What the store takes, and what was dropped of it. */
  store(): StorageFigures;
  snapshots(): SnapshotFigures;
  /** Signatures of transactions that were checked. */
  signaturesChecked(): number;
  /** Blocks that were executed a second time, and those that did not come to the same. */
  readonly bodies: {readonly checked: number; readonly mismatches: number};
}

export class NodeMetrics {
  /** Counts one answer of the API. */
  readonly answered: (what: Answered) => void;
  /** Counts event streams: how many are open, and how each ended. */
  readonly streaming: StreamMetrics["streaming"];
  readonly streamEnded: StreamMetrics["streamEnded"];
  /** Measures the store. */
  readonly store: StoreMeter;
  /** Counts what the telemetry check made of one proof. */
  readonly judged: (verdict: Verdict) => void;
  /** Counts one refused claim about a GPU. */
  readonly rejected: CountRejection;
  readonly #registry = new Registry();
  readonly #events: readonly ((event: LedgerEvent) => void)[];
  readonly #block: (committed: BlockCommitted) => void;
  readonly #cellStreams: CellStreamMetrics;
  readonly #gauges: (view: LedgerView) => void;

  constructor(private readonly ports: MetricsPorts) {
    const registry = this.#registry;
    collectDefaultMetrics({register: registry});
    this.#events = [slashMetrics(registry), enrollmentMetrics(registry), governanceMetrics(registry)];
    this.#block = blockMetrics(registry);
    this.#cellStreams = cellStreamMetrics(registry);
    this.answered = httpMetrics(registry);
    this.judged = telemetryMetrics(registry);
    this.rejected = attestationMetrics(registry);
    ({streaming: this.streaming, streamEnded: this.streamEnded} = streamMetrics(registry));
    if (ports.ngc !== null) ngcMetrics(registry, ports.ngc);
    networkMetrics(registry, ports.wire);
    batchMetrics(registry, () => ports.batches());
    syncMetrics(registry, () => ports.sync());
    if (ports.cluster !== null) clusterMetrics(registry, ports.cluster);
    this.store = storeMetrics(registry, () => ports.store());
    snapshotMetrics(registry, () => ports.snapshots());
    readCounter(registry, {
      name: "qsdm_signatures_checked_total",
      help: "Signatures of transactions that were checked, without those that were known to be valid.",
      read: () => ports.signaturesChecked(),
    });
    readCounter(registry, {
      name: "qsdm_execution_checked_total",
      help: "Blocks that were executed in lanes and one transaction after the other.",
      read: () => ports.bodies.checked,
    });
    readCounter(registry, {
      name: "qsdm_execution_mismatches_total",
      help: "Blocks for which the two did not come to the same.",
      read: () => ports.bodies.mismatches,
    });
    this.#gauges = this.#declareGauges();
  }

  /** Counts one committed block. Called once for each, after it is on disk. */
  observe(committed: BlockCommitted): void {
    this.#block(committed);
    this.#cellStreams.observe(committed);
    for (const event of committed.events) for (const count of this.#events) count(event);
  }

  /** Everything in the Prometheus text format 0.0.4, gauges from one view of the state. */
  async scrape(): Promise<string> {
    this.#gauges(this.ports.view());
    return await this.#registry.metrics();
  }

  #declareGauges(): (view: LedgerView) => void {
    const registers = [this.#registry];
    const chain = chainGauges(this.#registry);
    const enrollments = enrollmentGauges(this.#registry);
    const governance = governanceGauges(this.#registry);
    const waiting = new Gauge({name: "qsdm_mempool_size", help: "Transactions waiting for a block.", registers});
    const table = new Gauge({
      name: "qsdm_mining_table_ready",
      help: "1 once proofs of the tip's epoch can be verified, 0 while their table is being built.",
      registers,
    });
    const uptime = new Gauge({
      name: "qsdm_process_uptime_seconds",
      help: "Seconds since the process started.",
      registers,
    });
    return (view) => {
      chain(view);
      enrollments(view.enrollmentStats());
      governance(view.governance());
      this.#cellStreams.show(view);
      waiting.set(this.ports.poolSize());
      table.set(this.ports.tableReady() ? 1 : 0);
      uptime.set(process.uptime());
    };
  }
}
