/**
 * Who works on a program at a time: evaluations together, a resharing alone. A share of before and one of after do not
 * combine, and two resharings at once would tear a sharing apart.
 */
export class Turns {
  readonly #programs = new Map<string, Turn>();

  /** Runs `work` beside others of its kind, once nobody works alone. */
  together<T>(programId: string, work: () => Promise<T>): Promise<T> {
    return this.#in(programId, async (turn) => {
      // Asked anew after each wait: whoever works alone next may have come in the meantime.
      for (let before: Promise<unknown> = NOBODY; before !== turn.alone; ) {
        before = turn.alone;
        await before;
      }
      const running = work();
      const settled = running.then(ignore, ignore);
      turn.together.add(settled);
      try {
        return await running;
      } finally {
        turn.together.delete(settled);
      }
    });
  }

  /** Runs `work` when all that began before it is done, and nothing beside it. */
  alone<T>(programId: string, work: () => Promise<T>): Promise<T> {
    return this.#in(programId, (turn) => {
      const running = Promise.all([turn.alone, ...turn.together]).then(work);
      turn.alone = running.then(ignore, ignore);
      return running;
    });
  }

  /** Keeps a program's state while anyone works on it or waits. */
  async #in<T>(programId: string, work: (turn: Turn) => Promise<T>): Promise<T> {
    const turn = this.#programs.get(programId) ?? {alone: NOBODY, together: new Set(), users: 0};
    this.#programs.set(programId, turn);
    turn.users++;
    try {
      return await work(turn);
    } finally {
      turn.users--;
      if (turn.users === 0) this.#programs.delete(programId);
    }
  }
}

interface Turn {
  /** Ends with the last one that works alone. */
  alone: Promise<unknown>;
  readonly together: Set<Promise<unknown>>;
  users: number;
}

const NOBODY: Promise<unknown> = Promise.resolve();
const ignore = (): undefined => undefined;
