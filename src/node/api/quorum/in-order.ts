/** Calls of one kind to one place, one after another in the order in which they were made. */
export class InOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` once all that was handed in before under `key` has ended, however it ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const turn = before.then(work, work);
    const settled = turn.catch(() => undefined);
    this.#last.set(key, settled);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }
}
