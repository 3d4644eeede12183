/** When the next block is due: at each interval, and sooner while something waits for blocks. */

export interface PaceOptions {
  /** Time between blocks that hold nothing. */
  readonly intervalMs: number;
  /** Least time between blocks, on the average; below `intervalMs` so that writes do not wait for a full interval. */
  readonly minIntervalMs: number;
}

/** Blocks that make a write final, its own among them: so many may come at once, and it waits for none of them. */
const BURST = 3;

/** When blocks came. */
export class Pace {
  /** The newest last. */
  readonly #cameMs: number[];

  /** @param nowMs milliseconds of a clock that never goes back, as everywhere here */
  constructor(
    private readonly options: PaceOptions,
    nowMs: number,
  ) {
    this.#cameMs = Array.from({length: BURST}, () => nowMs);
  }

  /** A block is there. */
  note(nowMs: number): void {
    this.#cameMs.shift();
    this.#cameMs.push(nowMs);
  }

  /**
   * When the next block is due. The shortest time between blocks holds for a burst of them together.
   * @param busy something waits to be in a block, or for the blocks that make its own final
   */
  dueMs(busy: boolean): number {
    const {intervalMs, minIntervalMs} = this.options;
    const lastMs = this.#cameMs.at(-1)!;
    return busy ? Math.max(lastMs, this.#cameMs[0]! + BURST * minIntervalMs) : lastMs + intervalMs;
  }
}
