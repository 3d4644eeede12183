/**
 * The miner's tables: the one that is walked, and the next epoch's, which is built in the background as soon as it is
 * known, so that an epoch's end costs no mining time.
 */
import {hexOf} from "../../codecs/bytes.js";
import {isMapped} from "../compute/mapped-table.js";
import {isCheckpoints} from "../ledger/mining/checkpoints.js";
import type {DagSeed} from "../ledger/mining/dag.js";
import type {DagWatch} from "./dag/builder.js";
import {largeShareOf} from "./dag/memory.js";
import type {MinerPorts} from "./ports.js";
import type {SharedDag} from "./solver.js";

export class MinerTable {
  #used = "";
  #ahead: {readonly name: string; readonly table: Promise<SharedDag>; readonly abort: AbortController} | null = null;

  constructor(private readonly ports: Pick<MinerPorts, "solver" | "dag" | "told">) {}

  /**
   * Sees to it that the solver has the table of `seed`; false when `signal` aborted first.
   * @throws RuleError DAG_SIZE; UnavailableError TABLE_MEMORY, DAG_THREAD_FAILED
   */
  async prepare(seed: DagSeed, signal: AbortSignal): Promise<boolean> {
    const name = nameOf(seed);
    if (name === this.#used) return true;
    if (this.#ahead?.name !== name) this.#build(seed);
    const {table, abort} = this.#ahead!;
    const leave = (): void => abort.abort();
    signal.addEventListener("abort", leave, {once: true});
    try {
      const dag = await table;
      this.ports.solver.useTable(dag);
      this.#used = name;
      if (!isCheckpoints(dag))
        this.ports.told({
          ...{type: "walks", epoch: seed.epoch, memory: isMapped(dag) ? "mapped" : "copied"},
          largeShare: isMapped(dag) ? largeShareOf(dag) : null,
        });
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    } finally {
      signal.removeEventListener("abort", leave);
      this.#ahead = null;
    }
  }

  /** Starts on the table of `seed`, which will be wanted; one that is under way for another seed is given up. */
  prepareNext(seed: DagSeed): void {
    const name = nameOf(seed);
    if (name === this.#used || name === this.#ahead?.name) return;
    this.#build(seed);
  }

  /** Has the table made anew the next time it is wanted. */
  forget(): void {
    this.#used = "";
  }

  /** Gives up what is under way. */
  close(): void {
    this.#ahead?.abort.abort();
    this.#ahead = null;
  }

  #build(seed: DagSeed): void {
    this.close();
    const abort = new AbortController();
    const {dag, solver, told} = this.ports;
    const watch: DagWatch = {signal: abort.signal, progress: (progress) => told({type: "table", ...progress})};
    const table: Promise<SharedDag> = solver.takesCheckpoints
      ? dag.checkpoints(seed, watch)
      : dag.table(seed, watch, solver.takesMapped);
    const ahead = {name: nameOf(seed), table, abort};
    this.#ahead = ahead;
    // Thrown where it is awaited. One that was built ahead is built again once it is wanted: by then there may be memory.
    table.catch(() => {
      if (this.#ahead === ahead) this.#ahead = null;
    });
  }
}

/** The work set counts too: an epoch whose work set changes has another table (Q73). */
const nameOf = ({epoch, workSetRoot, entries}: DagSeed): string => `${epoch} ${hexOf(workSetRoot)} ${entries}`;
