/** When the next block is due: at each interval, and sooner while something waits for blocks. */

export interface PaceOptions {
  /** Time between blocks that hold nothing. */
  readonly intervalMs: number;
  /** Least time between blocks, on the average; below `intervalMs` so that writes do not wait for a full interval. */
  readonly minIntervalMs: number;
}

/** Blocks that make a write final, its own among them: so many come at once, and it waits for none of them. */
const BURST = 3;
/** Blocks that a rest saves up: a burst comes at once whatever came just before it, empty blocks or one burst more. */
const SAVED_MAX = 2 * BURST;

/** When blocks came. */
export class Pace {
  #lastMs: number;
  /** Blocks that may come at once, as of the last one; each shortest interval brings another. */
  #saved = SAVED_MAX;

  /** @param nowMs milliseconds of a clock that never goes back, as everywhere here */
  constructor(
    private readonly options: PaceOptions,
    nowMs: number,
  ) {
    this.#lastMs = nowMs;
  }

  /** A block is there. */
  note(nowMs: number): void {
    const {minIntervalMs} = this.options;
    const rested = minIntervalMs > 0 ? (nowMs - this.#lastMs) / minIntervalMs : SAVED_MAX;
    // Not below none: blocks of others can come sooner than they are due here.
    this.#saved = Math.max(0, Math.min(SAVED_MAX, this.#saved + rested) - 1);
    this.#lastMs = nowMs;
  }

  /**
   * When the next block is due. What was saved up is spent at once; then a whole burst is saved up before the next.
   * @param busy something waits to be in a block, or for the blocks that make its own final
   */
  dueMs(busy: boolean): number {
    const {intervalMs, minIntervalMs} = this.options;
    if (!busy) return this.#lastMs + intervalMs;
    return this.#saved >= 1 ? this.#lastMs : this.#lastMs + (BURST - this.#saved) * minIntervalMs;
  }
}
