/** Looks at every validator all the time: what became final where and when, and whether two of them disagree. */
import {setTimeout as sleep} from "node:timers/promises";
import {QsdmError} from "../../src/errors.js";
import type {Validator} from "./validators.js";

const EVERY_MS = 200;
/** Headers that one look takes. */
const PAGE = 200n;
/** The time over which a rate is taken. */
const WINDOW_MS = 3_000;

export class Watch {
  readonly conflicts: string[] = [];
  readonly #idAt = new Map<bigint, string>();
  /** Transactions that became final, by when the first validator was seen to have them. */
  readonly #finals: {readonly atMs: number; readonly count: number}[] = [];
  readonly #seen: bigint[];
  #best = 0n;
  #running: Promise<unknown> | null = null;
  #on = true;

  constructor(private readonly validators: readonly Validator[]) {
    this.#seen = validators.map(() => 0n);
  }

  start(): void {
    this.#running = Promise.all(this.validators.map((each) => this.#follow(each)));
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#running;
  }

  /** The highest height that anybody was seen to have. */
  get best(): bigint {
    return this.#best;
  }

  heightOf(index: number): bigint {
    return this.#seen[index]!;
  }

  /** Transactions final in each second of `fromMs` to `toMs`, on the average. */
  rate(fromMs: number, toMs: number): number {
    const inside = this.#finals.filter(({atMs}) => atMs > fromMs && atMs <= toMs);
    return (1_000 * inside.reduce((sum, {count}) => sum + count, 0)) / (toMs - fromMs);
  }

  /** Milliseconds from `sinceMs` until a window of three seconds has `rate`; null while there is none. */
  recovery(sinceMs: number, rate: number): number | null {
    for (let endMs = sinceMs; endMs <= Date.now(); endMs += EVERY_MS)
      if (this.rate(endMs - WINDOW_MS, endMs) >= rate) return endMs - sinceMs;
    return null;
  }

  async #follow({index, client}: Validator): Promise<void> {
    while (this.#on) {
      await sleep(EVERY_MS);
      try {
        const {headers} = await client.headers({from: this.#seen[index]! + 1n, to: null, limit: Number(PAGE)});
        for (const {height, id, transactionCount} of headers) this.#final(index, {height, id, transactionCount});
      } catch (error) {
        // It is away, or has nothing above that height.
        if (!(error instanceof QsdmError)) throw error;
      }
    }
  }

  #final(index: number, {height, id, transactionCount}: {height: bigint; id: string; transactionCount: number}): void {
    this.#seen[index] = height;
    const known = this.#idAt.get(height);
    if (known !== undefined && known !== id)
      this.conflicts.push(`height ${height}: validator ${index} has ${id}, another has or had ${known}`);
    this.#idAt.set(height, known ?? id);
    if (height <= this.#best) return;
    this.#best = height;
    this.#finals.push({atMs: Date.now(), count: transactionCount});
  }
}
