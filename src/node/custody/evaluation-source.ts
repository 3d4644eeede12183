/**
 * Evaluations of one program that run side by side: those that are asked for while a request of masks is under way share the
 * next one, and its ticket.
 */

/** Masks of some evaluations, one after the other, and what the custodians that gave them are asked by. */
export interface EvaluationMasks {
  readonly request: Uint8Array;
  readonly epoch: bigint;
  readonly first: bigint;
  readonly values: readonly bigint[];
  /** Places whose shares fit not those of the others. */
  readonly wrong: readonly number[];
}

export interface EvaluationPorts<G, R> {
  /** Masks of one evaluation. */
  readonly wires: number;
  /** Most evaluations of one request. */
  readonly atOnce: number;
  masks(evaluations: number): Promise<EvaluationMasks>;
  /** Results of all that was given, by one ticket. */
  evaluate(given: readonly G[], masks: EvaluationMasks): Promise<readonly R[]>;
  /** Whether fewer might not be refused what these were, and their masks are still good. */
  isForFewer(error: unknown): boolean;
}

interface Waiting<G, R> {
  readonly given: G;
  resolve(result: R): void;
  reject(error: unknown): void;
}

export class EvaluationSource<G, R> {
  #waiting: Waiting<G, R>[] = [];
  #asking = false;

  constructor(private readonly ports: EvaluationPorts<G, R>) {}

  /** @throws as the ports */
  evaluate(given: G): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({given, resolve, reject});
      if (this.#asking) return;
      this.#asking = true;
      // After all others of this turn have asked.
      queueMicrotask(() => void this.#serve());
    });
  }

  async #serve(): Promise<void> {
    while (this.#waiting.length > 0) {
      const served = this.#waiting.splice(0, this.ports.atOnce);
      try {
        const masks = await this.ports.masks(served.length);
        // The next ask for theirs meanwhile.
        void this.#evaluate(served, masks);
      } catch (error) {
        for (const {reject} of served) reject(error);
      }
    }
    this.#asking = false;
  }

  async #evaluate(served: readonly Waiting<G, R>[], masks: EvaluationMasks): Promise<void> {
    try {
      const results = await this.ports.evaluate(
        served.map(({given}) => given),
        masks,
      );
      for (const [at, {resolve}] of served.entries()) resolve(results[at]!);
    } catch (error) {
      if (served.length === 1 || !this.ports.isForFewer(error)) for (const {reject} of served) reject(error);
      // One after the other: custodians that charge them in other orders would let in different ones.
      else for (const [at, each] of served.entries()) await this.#evaluate([each], this.#partOf(masks, at));
    }
  }

  #partOf(masks: EvaluationMasks, at: number): EvaluationMasks {
    const from = at * this.ports.wires;
    const values = masks.values.slice(from, from + this.ports.wires);
    return {...masks, first: masks.first + BigInt(from), values};
  }
}
