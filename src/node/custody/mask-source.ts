/** Masks of one program for evaluations that run side by side: who asks while a request is under way shares the next one. */

/** Masks of one evaluation, and what the custodians that gave them are asked by. */
export interface EvaluationMasks {
  readonly request: Uint8Array;
  readonly epoch: bigint;
  readonly first: bigint;
  readonly values: readonly bigint[];
  /** Places whose shares fit not those of the others. */
  readonly wrong: readonly number[];
}

interface Waiting {
  resolve(masks: EvaluationMasks): void;
  reject(error: unknown): void;
}

export class MaskSource {
  #waiting: Waiting[] = [];
  #asking = false;

  /**
   * @param wires masks of one evaluation
   * @param atOnce evaluations that one request is for at most
   * @param ask gives masks of as many evaluations, one after the other
   */
  constructor(
    private readonly wires: number,
    private readonly atOnce: number,
    private readonly ask: (evaluations: number) => Promise<EvaluationMasks>,
  ) {}

  /** @throws as `ask` */
  take(): Promise<EvaluationMasks> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({resolve, reject});
      if (this.#asking) return;
      this.#asking = true;
      // After all others of this turn have asked.
      queueMicrotask(() => void this.#serve());
    });
  }

  async #serve(): Promise<void> {
    while (this.#waiting.length > 0) {
      const served = this.#waiting.splice(0, this.atOnce);
      try {
        const masks = await this.ask(served.length);
        for (const [at, {resolve}] of served.entries()) {
          const from = at * this.wires;
          const values = masks.values.slice(from, from + this.wires);
          resolve({...masks, first: masks.first + BigInt(from), values});
        }
      } catch (error) {
        for (const {reject} of served) reject(error);
      }
    }
    this.#asking = false;
  }
}
