/**
 * What the node walks over, by epoch: whole tables, or their checkpoints, which take 8 MiB instead of 2 GiB and some
 * milliseconds for a proof. Two epochs are kept, because proofs may quote the one before.
 */
import {UnavailableError} from "../errors.js";
import type {ComputeBackend} from "./compute/backend.js";
import {isMapped, isTableChanged} from "./compute/mapped-table.js";
import {type Dag, isCheckpoints} from "./ledger/mining/checkpoints.js";
import type {DagSeed} from "./ledger/mining/dag.js";
import type {Walk} from "./ledger/mining/walk.js";
import type {DagBuilder, DagProgress, DagWatch} from "./mining/dag/builder.js";
import {largeShareOf} from "./mining/dag/memory.js";
import type {Log} from "./service.js";
import {rememberWalks} from "./walk-memory.js";

/** `light`: checkpoints, unless the table is small anyway. `full`: the whole table. */
export type TableKind = "light" | "full";

const KEPT_EPOCHS = 2;

export interface TablesPorts {
  readonly backend: Pick<ComputeBackend, "mixDigests">;
  readonly builder: Pick<DagBuilder, "wholeTable" | "checkpoints" | "verify" | "isSmall" | "isQuick">;
  readonly log: Log;
}

export class MiningTables {
  readonly #walks = new Map<bigint, Walk>();
  readonly #building = new Map<bigint, Promise<void>>();
  readonly #progress = new Map<bigint, DagProgress>();
  #signal: AbortSignal | undefined;

  /** @param seedOf what the table of an epoch is made from; may throw while that is not known */
  constructor(
    private readonly seedOf: (epoch: bigint) => DagSeed,
    private readonly kind: TableKind,
    private readonly ports: TablesPorts,
  ) {}

  /** Whether proofs of `epoch` can be verified now. */
  has(epoch: bigint): boolean {
    return this.#walks.has(epoch);
  }

  /** @throws UnavailableError MINING_UNAVAILABLE while the table is being built; what `seedOf` throws */
  walk(epoch: bigint): Walk {
    const walk = this.#walks.get(epoch);
    if (walk) return walk;
    this.prepare(epoch).catch((error: unknown) => this.#failed(epoch, error));
    throw new UnavailableError(
      "MINING_UNAVAILABLE",
      `the table of epoch ${epoch} is being built${shown(this.#progress.get(epoch))}`,
      {hint: "try again in a few seconds"},
    );
  }

  /**
   * Resolves when the table of `epoch` can be walked, or the signal, which ends this and later builds, aborts.
   * @throws what `seedOf` throws; UnavailableError TABLE_MEMORY, DAG_THREAD_FAILED
   */
  prepare(epoch: bigint, signal: AbortSignal | undefined = this.#signal): Promise<void> {
    this.#signal = signal;
    const running = this.#building.get(epoch);
    if (running || this.#walks.has(epoch)) return running ?? Promise.resolve();
    const build = this.#build(this.seedOf(epoch), signal ?? new AbortController().signal).finally(() => {
      this.#building.delete(epoch);
      this.#progress.delete(epoch);
    });
    this.#building.set(epoch, build);
    return build;
  }

  async #build(seed: DagSeed, signal: AbortSignal): Promise<void> {
    const {builder, log} = this.ports;
    const {epoch, entries} = seed;
    const watch = {signal, progress: (progress: DagProgress) => void this.#progress.set(epoch, progress)};
    const startedAtMs = performance.now();
    try {
      let {dag, fresh: proved} = await this.#dagOf(seed, watch);
      while (!proved && builder.isQuick(entries)) {
        proved = await this.#isRight(seed, dag, signal);
        if (!proved) ({dag, fresh: proved} = await this.#dagOf(seed, watch));
      }
      this.#keep(epoch, dag);
      if (!proved) void this.#verify(seed, dag, signal);
      const elapsedMs = Math.round(performance.now() - startedAtMs);
      const memory = isMapped(dag) ? "mapped" : "copied";
      const largeShare = isMapped(dag) ? {largeShare: largeShareOf(dag)} : {};
      log.info({epoch, entries, kind: this.kind, memory, ...largeShare, elapsedMs}, "proof-of-work table ready");
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #dagOf(seed: DagSeed, watch: DagWatch): Promise<{dag: Dag; fresh: boolean}> {
    const {builder} = this.ports;
    if (this.kind === "full" || builder.isSmall(seed.entries)) {
      const {table, fresh} = await builder.wholeTable(seed, watch);
      return {dag: table, fresh};
    }
    const {fresh, ...dag} = await builder.checkpoints(seed, watch);
    return {dag, fresh};
  }

  /** Checks what a file gave: its checksum says that it is whole, not whose it is. A wrong one is dropped. */
  async #isRight(seed: DagSeed, dag: Dag, signal: AbortSignal): Promise<boolean> {
    const {builder, log} = this.ports;
    const right = await builder.verify(seed, dag, {signal, progress: () => undefined});
    if (!right) log.error({epoch: seed.epoch}, "the table's file is of another table; building it again");
    return right;
  }

  /** Checks it while it is in use. */
  async #verify(seed: DagSeed, dag: Dag, signal: AbortSignal): Promise<void> {
    try {
      if (await this.#isRight(seed, dag, signal)) return;
      this.#walks.delete(seed.epoch);
      await this.prepare(seed.epoch);
    } catch (error) {
      if (!signal.aborted) this.#failed(seed.epoch, error);
    }
  }

  #keep(epoch: bigint, dag: Dag): void {
    const walk: Walk = (start, version) => {
      try {
        return this.ports.backend.mixDigests(dag, [start], version)[0]!;
      } catch (error) {
        if (!isTableChanged(error)) throw error;
        this.ports.log.error({epoch, err: error}, "the table's file was changed; reading or building it again");
        this.#walks.delete(epoch);
        return this.walk(epoch)(start, version);
      }
    };
    this.#walks.set(epoch, isCheckpoints(dag) ? rememberWalks(walk) : walk);
    for (const each of [...this.#walks.keys()].sort((a, b) => (a < b ? -1 : 1)))
      if (this.#walks.size > KEPT_EPOCHS) this.#walks.delete(each);
  }

  /** Whoever needs the table next asks for it again. */
  #failed(epoch: bigint, error: unknown): void {
    this.ports.log.error({epoch, err: error}, "the proof-of-work table could not be built");
  }
}

function shown(progress: DagProgress | undefined): string {
  if (!progress) return "";
  const {doneEntries, entries, etaSeconds} = progress;
  const percent = Math.floor((doneEntries * 100) / entries);
  return etaSeconds === null ? ` (${percent} %)` : ` (${percent} %, ${Math.ceil(etaSeconds)} s to go)`;
}
