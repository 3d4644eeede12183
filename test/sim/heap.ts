/** The one queue of a simulation: what happens next, in order of simulated time and then of scheduling. */

export interface Cancel {
  cancel(): void;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | null;
}

/** Turns of Node's own loop after an event: what it set off in promises is over before the next one begins. */
const TURNS = 3;

export class EventHeap {
  readonly #entries: Entry[] = [];
  #nowMs = 0;
  #order = 0;

  /** Simulated milliseconds since the start. */
  get nowMs(): number {
    return this.#nowMs;
  }

  in(delayMs: number, run: () => void): Cancel {
    const entry: Entry = {atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run};
    this.#push(entry);
    return {
      cancel: () => {
        entry.run = null;
      },
    };
  }

  /**
   * Runs events up to `untilMs`, and `after` each of them.
   * @returns whether `after` let it go on to the end
   */
  async run(untilMs: number, after: () => boolean): Promise<boolean> {
    for (let top = this.#entries[0]; top && top.atMs <= untilMs; top = this.#entries[0]) {
      this.#pop();
      if (top.run === null) continue;
      this.#nowMs = top.atMs;
      top.run();
      for (let i = 0; i < TURNS; i++) await new Promise((resolve) => setImmediate(resolve));
      if (!after()) return false;
    }
    this.#nowMs = untilMs;
    return true;
  }

  #push(entry: Entry): void {
    const items = this.#entries;
    let at = items.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!before(items[at]!, items[up]!)) break;
      [items[at], items[up]] = [items[up]!, items[at]!];
      at = up;
    }
  }

  #pop(): void {
    const items = this.#entries;
    const last = items.pop()!;
    if (items.length === 0) return;
    items[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < items.length && before(items[child]!, items[least]!)) least = child;
      if (least === at) return;
      [items[at], items[least]] = [items[least]!, items[at]!];
      at = least;
    }
  }
}

const before = (a: Entry, b: Entry): boolean => (a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs);
