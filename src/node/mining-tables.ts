/**
 * Proof-of-work tables by epoch. A table is a chain of digests that no second thread can help with, so it is built in
 * steps between which the node goes on answering; two epochs are kept, because proofs may quote the one before.
 */
import {setImmediate as nextTurn} from "node:timers/promises";
import {UnavailableError} from "../errors.js";
import type {ComputeBackend} from "./compute/backend.js";
import {type DagRun, type DagSeed, type DagTable, ENTRY_BYTES} from "./ledger/mining/dag.js";
import type {Walk} from "./ledger/mining/walk.js";
import {dagSteps} from "./mining/dag/steps.js";

/** Entries between two turns of the event loop: about 10 ms of hashing. */
const STEP_ENTRIES = 8_192;
const KEPT_EPOCHS = 2;

export class MiningTables {
  readonly #tables = new Map<bigint, DagTable>();
  readonly #building = new Map<bigint, Promise<void>>();

  #signal: AbortSignal | undefined;

  /** @param seedOf what the table of an epoch is made from; may throw while that is not known */
  constructor(
    private readonly seedOf: (epoch: bigint) => DagSeed,
    private readonly backend: Pick<ComputeBackend, "extendDags" | "mixDigests">,
  ) {}

  /** @throws UnavailableError MINING_UNAVAILABLE while the table is being built; what `seedOf` throws */
  walk(epoch: bigint): Walk {
    const table = this.#tables.get(epoch);
    if (table) return (start, version) => this.backend.mixDigests(table, [start], version)[0]!;
    void this.prepare(epoch);
    throw new UnavailableError("MINING_UNAVAILABLE", `the table of epoch ${epoch} is being built`, {
      hint: "try again in a few seconds",
    });
  }

  /** Resolves when the table of `epoch` can be read, or the signal, which ends this and later builds, aborts. @throws what `seedOf` throws */
  prepare(epoch: bigint, signal: AbortSignal | undefined = this.#signal): Promise<void> {
    this.#signal = signal;
    const running = this.#building.get(epoch);
    if (running || this.#tables.has(epoch)) return running ?? Promise.resolve();
    const build = this.#build(this.seedOf(epoch)).finally(() => this.#building.delete(epoch));
    this.#building.set(epoch, build);
    return build;
  }

  async #build(seed: DagSeed): Promise<void> {
    const table = new Uint8Array(seed.entries * ENTRY_BYTES);
    const extendDags = (runs: readonly DagRun[]): void => this.backend.extendDags(runs);
    for (const _ of dagSteps(extendDags, {seed, table, stepEntries: STEP_ENTRIES})) {
      if (this.#signal?.aborted) return;
      await nextTurn();
    }
    this.#tables.set(seed.epoch, table);
    for (const each of [...this.#tables.keys()].sort((a, b) => (a < b ? -1 : 1)))
      if (this.#tables.size > KEPT_EPOCHS) this.#tables.delete(each);
  }
}
