/**
 * All devices of one miner as one solver. Each searches its own part of the nonce space; one that fails is left out, and
 * the rest go on.
 */
import {UnavailableError} from "../../errors.js";
import {isTableChanged} from "../compute/mapped-table.js";
import {advanceNonce} from "../ledger/mining/pow.js";
import type {Solution} from "../ledger/mining/solve.js";
import type {Search, SharedDag, Solver} from "./solver.js";

/** Nonces between two devices' starting points: more than all threads of one can ever try. */
const LANE = 1n << 96n;

/** Something that searches, under the name by which it was asked for. */
export interface Device {
  readonly name: string;
  readonly backend: string;
  readonly solver: Solver;
}

/** A device as statistics show it. */
export interface DeviceState {
  readonly name: string;
  readonly backend: string;
  readonly threads: number;
  readonly attempts: number;
  readonly working: boolean;
}

export class Fleet implements Solver {
  readonly #failed = new Set<Device>();

  /** @param failed told once of each device that has to be left out */
  constructor(
    private readonly devices: readonly Device[],
    private readonly failed: (device: string, error: UnavailableError) => void,
  ) {}

  get threads(): number {
    return this.#working.reduce((sum, {solver}) => sum + solver.threads, 0);
  }

  attempts(): number {
    return this.devices.reduce((sum, {solver}) => sum + solver.attempts(), 0);
  }

  states(): readonly DeviceState[] {
    return this.devices.map((device) => {
      const {name, backend, solver} = device;
      return {name, backend, threads: solver.threads, attempts: solver.attempts(), working: !this.#failed.has(device)};
    });
  }

  get takesCheckpoints(): boolean {
    return this.#working.every(({solver}) => solver.takesCheckpoints);
  }

  get takesMapped(): boolean {
    return this.#working.every(({solver}) => solver.takesMapped);
  }

  useTable(table: SharedDag): void {
    for (const {solver} of this.devices) solver.useTable(table);
  }

  async search(search: Search, start: Uint8Array, signal: AbortSignal): Promise<Solution | null> {
    const won = new AbortController();
    const both = AbortSignal.any([signal, won.signal]);
    let changed: unknown = null;
    const searches = this.#working.map(async (device) => {
      const from = advanceNonce(start, BigInt(this.devices.indexOf(device)) * LANE);
      try {
        const found = await this.#searchOn(device, {search, from}, both);
        if (found) won.abort();
        return found;
      } catch (error) {
        // The table's fault and no device's: all of them stop, and search again over another one.
        if (!isTableChanged(error)) throw error;
        changed = error;
        won.abort();
        return null;
      }
    });
    const found = (await Promise.all(searches)).find((each) => each !== null) ?? null;
    if (changed !== null && !found) throw changed;
    if (!found && this.#working.length === 0)
      throw new UnavailableError("SOLVER_FAILED", "no device is left to mine with", {
        hint: "--verbose shows why each one failed",
      });
    return found;
  }

  async close(): Promise<void> {
    await Promise.all(this.devices.map(({solver}) => solver.close()));
  }

  get #working(): readonly Device[] {
    return this.devices.filter((device) => !this.#failed.has(device));
  }

  async #searchOn(
    device: Device,
    {search, from}: {search: Search; from: Uint8Array},
    signal: AbortSignal,
  ): Promise<Solution | null> {
    try {
      return await device.solver.search(search, from, signal);
    } catch (error) {
      if (!(error instanceof UnavailableError) || isTableChanged(error)) throw error;
      this.#failed.add(device);
      this.failed(device.name, error);
      // What the others search for is still wanted, and the next search starts without this one.
      return null;
    }
  }
}
