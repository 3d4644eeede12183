/** Keeps copying below a rate. */
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
}
