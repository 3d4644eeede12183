/**
 * The node: builds every service from its options, starts them in order and stops them in reverse. `node run`,
 * `devnet` and the tests call this one constructor, so what the tests walk is what runs.
 */

import type {NgcOptions} from "./api/ngc/desk.js";
import type {ApiOptions} from "./api/options.js";
import type {LedgerView} from "./api/ports.js";
import {readDataDir} from "./data-dir.js";
import type {PaceOptions} from "./engine/pace.js";
import type {ExecutionCheck} from "./execution-check.js";
import {type FastSyncTrust, fastSync} from "./fast-sync-part.js";
import type {NodeRole} from "./keys-part.js";
import type {NetworkProfile} from "./ledger/params/networks.js";
import {DEFAULT_POOL_LIMITS, type PoolLimits} from "./mempool/pool/pool.js";
import type {TableMemory} from "./mining/dag/memory.js";
import {DEFAULT_REJECTION_OPTIONS, type RejectionOptions} from "./mining/rejections/rejections.js";
import type {TelemetryOptions} from "./mining/telemetry/telemetry.js";
import type {TableKind} from "./mining-tables.js";
import {DEFAULT_NETWORK_OPTIONS, type NetworkOptions} from "./network/options.js";
import {openStore} from "./open-store.js";
import {buildParts, type NodeParts} from "./parts.js";
import {checkProfile} from "./profile.js";
import {ARCHIVE, checkRetention, type Retention} from "./retention.js";
import type {Log, Service} from "./service.js";
import {checkSchedule, NO_SNAPSHOTS, type SnapshotSchedule} from "./snapshots/periodic.js";
import type {CqlOptions} from "./storage/cql/options.js";
import {DEFAULT_CACHE_BYTES} from "./storage/sqlite/store.js";
import {type StorePassphrase, unlock} from "./unlock.js";
import {viewOf} from "./view.js";

/** What the operator sets. */
export interface NodeOptions {
  readonly dataDir: string;
  /** Kind of chain that must be there; compat chains run under `compat` alone, `null` takes any other. */
  readonly profile: NetworkProfile | null;
  readonly api: Partial<ApiOptions>;
  /** `null` takes the chain's block time. */
  readonly pace: PaceOptions | null;
  readonly pool: PoolLimits;
  /** Whether proofs are verified over the whole table or over its checkpoints. */
  readonly tableKind: TableKind;
  /** Where whole tables are. */
  readonly tableMemory: TableMemory;
  /** Which blocks are executed a second time, one transaction after the other. */
  readonly executionCheck: ExecutionCheck;
  /** Where large batches of signatures are verified: `cpu`, `cuda` or `cuda:N`. */
  readonly verifyOn: string;
  /** Case-insensitive parts of GPU names that are not admitted here. */
  readonly deniedGpus: readonly string[];
  readonly rejections: RejectionOptions;
  /** What the operator's NVIDIA sidecars are to this node; `null` takes nothing from them. */
  readonly ngc: NgcOptions | null;
  /** Whom this node speaks to, and where. */
  readonly network: NetworkOptions;
  /** Holds accepted proofs against a catalogue of GPUs; null does not. */
  readonly telemetry: TelemetryOptions | null;
  /** Slash receipts that are kept; the oldest go first. */
  readonly slashReceiptsMax: number;
  /** Blocks whose events can be replayed. */
  readonly eventBlocksKept: number;
  /** Memory for what was read of the database. */
  readonly storeCacheBytes: number;
  /** Where the history goes besides the data directory; null keeps all of it there. */
  readonly cluster: CqlOptions | null;
  /** Which blocks are kept whole. */
  readonly retention: Retention;
  /** When the state is written down for others to start from. */
  readonly snapshots: SnapshotSchedule;
  /** How a node that has nothing starts from a snapshot of its peers; null takes every block. */
  readonly fastSync: FastSyncTrust | null;
}

export const DEFAULT_NODE_OPTIONS: Omit<NodeOptions, "dataDir"> = {
  profile: null,
  api: {},
  pace: null,
  pool: DEFAULT_POOL_LIMITS,
  tableKind: "light",
  tableMemory: "auto",
  executionCheck: "sampled",
  verifyOn: "cpu",
  deniedGpus: [],
  rejections: DEFAULT_REJECTION_OPTIONS,
  ngc: null,
  network: DEFAULT_NETWORK_OPTIONS,
  telemetry: null,
  slashReceiptsMax: 10_000,
  eventBlocksKept: 100_000,
  storeCacheBytes: DEFAULT_CACHE_BYTES,
  cluster: null,
  retention: ARCHIVE,
  snapshots: NO_SNAPSHOTS,
  fastSync: null,
};

/** What the node takes from the process. */
export interface NodePorts {
  readonly log: Log;
  /** Milliseconds since 1970. */
  nowMs(): number;
  readonly version: string;
  readonly commit: string;
  /** For a data directory whose store is encrypted. */
  readonly storePassphrase?: StorePassphrase;
}

export class QsdmNode implements Service {
  private constructor(
    private readonly parts: NodeParts,
    private readonly life: {readonly log: Log; readonly abort: AbortController; readonly broken: Breaker},
  ) {}

  #stopped: Promise<void> | undefined;

  /** Resolves when the node has ended: with `null` after a stop, with the reason when it had to stop by itself. */
  get ended(): Promise<unknown> {
    return this.life.broken.promise;
  }

  /**
   * Opens a data directory and builds the node; nothing listens yet. `signal` ends fast sync and the build of a large table.
   * @throws UnavailableError, DecodeError, RuleError with what is wrong with the directory
   */
  static async open(options: NodeOptions, ports: NodePorts, signal?: AbortSignal): Promise<QsdmNode> {
    const broken = breaker();
    const dir = await readDataDir(options.dataDir);
    checkProfile(dir.genesis, options.profile);
    checkRetention(options.retention, dir.genesis.network);
    checkSchedule(options.snapshots, dir.genesis.network);
    const abort = new AbortController();
    let parts: NodeParts | null = null;
    const failed = (error: unknown): void => {
      // Before anything else runs: whatever failed, the disk or the record of votes, may not hold what comes now.
      parts?.intake.halt();
      broken.resolve(error);
    };
    const cells = await unlock(dir, ports.storePassphrase ?? null);
    await fastSync(options, {ports, dir, cells, signal: signal ?? abort.signal});
    const upgraded = (from: number, to: number): void => ports.log.info({from, to}, "database brought forward");
    const store = await openStore(options, dir, {cells, upgraded}, failed, abort.signal);
    try {
      signal?.addEventListener("abort", () => abort.abort(), {once: true, signal: abort.signal});
      const site = {options, ports, dir, store, broken: failed, signal: abort.signal};
      parts = await buildParts(site);
      return new QsdmNode(parts, {log: ports.log, abort, broken});
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** Where the API listens, once started. */
  get url(): string {
    return this.parts.api.url;
  }

  /** Who this node is among others, and where they reach it. */
  networkState(): {readonly role: NodeRole; readonly peer_id: string; readonly listen: readonly string[]} {
    const {network} = this.parts;
    return {role: this.parts.role(), peer_id: network.self, listen: network.addresses()};
  }

  view(): LedgerView {
    return viewOf(this.parts.chain);
  }

  /** Serves until the signal aborts; whatever fails here closes the store again. */
  async start(signal: AbortSignal): Promise<void> {
    const {api, network, batches, engine, chain} = this.parts;
    const {abort, log} = this.life;
    try {
      signal.throwIfAborted();
      await api.start(abort.signal);
      await network.start(abort.signal);
      await batches.start(abort.signal);
      await engine.start(abort.signal);
      signal.throwIfAborted();
    } catch (error) {
      await this.stop();
      throw error;
    }
    signal.addEventListener("abort", () => void this.stop(), {once: true});
    log.info(
      {url: this.url, height: chain.tip.height, chain: chain.params.chainId, role: this.parts.role()},
      "node started",
    );
  }

  /** Finishes the block under way and everything acknowledged, then closes the store. Never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const {abort, log, broken} = this.life;
    const {api, network, batches, engine, intake, store, signed, chain, compute, pruning, snapshots} = this.parts;
    abort.abort();
    let failure: unknown = null;
    const steps = [
      () => api.stop(),
      () => intake.close(),
      () => engine.stop(),
      () => batches.stop(),
      () => network.stop(),
      () => pruning.stop(),
      () => snapshots.stop(),
      () => compute?.close(),
      () => store.close(),
      () => signed.close(),
    ];
    for (const step of steps)
      try {
        await step();
      } catch (error) {
        failure ??= error;
      }
    if (failure !== null) log.error({err: failure}, "the node did not stop in order");
    broken.resolve(failure);
    log.info({height: chain.tip.height}, "node stopped");
  }
}

interface Breaker {
  readonly promise: Promise<unknown>;
  resolve(error: unknown): void;
}

function breaker(): Breaker {
  let resolve: (error: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((done) => {
    resolve = done;
  });
  return {promise, resolve};
}
