/** Attempts per second over a sliding window, from samples of a running total. */

interface Sample {
  readonly atMs: number;
  readonly attempts: number;
}

/** Longest window that can be asked for. */
const KEPT_MS = 900_000;

export class Hashrate {
  readonly #samples: Sample[] = [];

  /** @param atMs monotonic milliseconds, never before the last sample's */
  sample(atMs: number, attempts: number): void {
    this.#samples.push({atMs, attempts});
    // One sample at or beyond the window stays, so that the window is covered whole.
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= atMs - KEPT_MS) this.#samples.shift();
  }

  /** Hashes per second over the last `windowMs`, or over the time since the first sample when that is shorter. */
  over(windowMs: number): number {
    const last = this.#samples.at(-1);
    if (!last) return 0;
    const from = this.#samples.findLast((each) => each.atMs <= last.atMs - windowMs) ?? this.#samples[0]!;
    const elapsedMs = last.atMs - from.atMs;
    return elapsedMs > 0 ? ((last.attempts - from.attempts) * 1_000) / elapsedMs : 0;
  }
}
