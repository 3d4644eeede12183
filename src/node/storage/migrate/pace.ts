/** Keeps copying below a rate, and tells how long the rest will take. */
import {setTimeout as sleep} from "node:timers/promises";

export class Pace {
  readonly #startedMs = performance.now();
  #rows = 0;

  /** @param rowsPerSecond null for as fast as it goes */
  constructor(private readonly rowsPerSecond: number | null) {}

  /** Counts rows, and returns when so many may have been done. @throws AbortError */
  async took(rows: number, signal: AbortSignal): Promise<void> {
    this.#rows += rows;
    signal.throwIfAborted();
    if (this.rowsPerSecond === null) return;
    const aheadMs = (this.#rows / this.rowsPerSecond) * 1_000 - this.elapsedMs;
    if (aheadMs > 0) await sleep(aheadMs, undefined, {signal});
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Seconds left where `done` of `total` took as long as it did; null while that says nothing. */
  secondsLeft(done: number, total: number): number | null {
    return done > 0 && total >= done ? Math.round((this.elapsedMs / 1_000) * (total / done - 1)) : null;
  }
}
