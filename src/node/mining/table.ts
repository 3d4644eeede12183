/** The miner's table: built once for an epoch and a work set, in memory that every thread shares. */
import {setImmediate as nextTurn} from "node:timers/promises";
import {hexOf} from "../../codecs/bytes.js";
import {UnavailableError} from "../../errors.js";
import {checkEntries, type DagSeed, ENTRY_BYTES} from "../ledger/mining/dag.js";
import {dagSteps} from "./dag/steps.js";
import type {MinerPorts} from "./ports.js";

/** Entries between two turns of the event loop: about 3 ms of hashing. */
const STEP_ENTRIES = 8_192;

export class MinerTable {
  #built = "";

  constructor(private readonly ports: Pick<MinerPorts, "solver" | "extendDags" | "told">) {}

  /** Sees to it that the solver has the table of `seed`; false when `signal` aborted first. @throws RuleError DAG_SIZE */
  async prepare(seed: DagSeed, signal: AbortSignal): Promise<boolean> {
    // The work set counts too: an epoch whose work set changes has another table (Q73).
    const name = `${seed.epoch} ${hexOf(seed.workSetRoot)} ${seed.entries}`;
    if (name === this.#built) return true;
    checkEntries(seed.entries);
    const {solver, extendDags, told} = this.ports;
    const table = allocate(seed.entries * ENTRY_BYTES);
    for (const doneEntries of dagSteps(extendDags, {seed, table, stepEntries: STEP_ENTRIES})) {
      told({type: "table", epoch: seed.epoch, doneEntries, entries: seed.entries});
      await nextTurn();
      if (signal.aborted) return false;
    }
    told({type: "table", epoch: seed.epoch, doneEntries: seed.entries, entries: seed.entries});
    solver.useTable(table);
    this.#built = name;
    return true;
  }
}

/** @throws UnavailableError TABLE_MEMORY */
function allocate(bytes: number): Uint8Array<SharedArrayBuffer> {
  try {
    return new Uint8Array(new SharedArrayBuffer(bytes));
  } catch (cause) {
    throw new UnavailableError("TABLE_MEMORY", `no ${bytes / 2 ** 20} MiB of memory for the table`, {cause});
  }
}
