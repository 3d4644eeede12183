/** Waiting times between tries: each twice the last, up to a limit. */
export class Backoff {
  #nextMs: number;

  constructor(
    private readonly firstMs: number,
    private readonly limitMs: number,
  ) {
    this.#nextMs = firstMs;
  }

  /** How long to wait before the next try. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(this.limitMs, 2 * ms);
    return ms;
  }

  reset(): void {
    this.#nextMs = this.firstMs;
  }
}
