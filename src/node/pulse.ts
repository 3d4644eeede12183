/**
 * Whether the chain is alive: it commits blocks. QSDM's health was told once at start and then only grew stale (D72);
 * this one is a fact about the last block.
 */
export class Pulse {
  #lastMs: number;

  /** @param limitMs longest time without a block before the node calls itself unwell */
  constructor(
    private readonly limitMs: number,
    private readonly nowMs: () => number,
  ) {
    this.#lastMs = nowMs();
  }

  beat(): void {
    this.#lastMs = this.nowMs();
  }

  beats(): boolean {
    return this.nowMs() - this.#lastMs <= this.limitMs;
  }
}
