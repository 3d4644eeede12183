/** When the next block is due: at each interval, and sooner while something waits for blocks. */

export interface PaceOptions {
  /** Time between blocks that hold nothing. */
  readonly intervalMs: number;
  /** Time between any two blocks; below `intervalMs` so that waiting writes do not wait for a full interval. */
  readonly minIntervalMs: number;
}

/**
 * Due time on the clock of `lastMs`, when the newest block came.
 * @param busy something waits to be in a block, or for the blocks that make its own final
 */
export const dueMs = (lastMs: number, busy: boolean, {intervalMs, minIntervalMs}: PaceOptions): number =>
  lastMs + (busy ? minIntervalMs : intervalMs);
