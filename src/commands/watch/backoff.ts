/** Waiting between attempts: longer each time, never the same for two watchers, and from the start after a success. */
import {setTimeout as sleep} from "node:timers/promises";

const FIRST_MS = 250;
const LONGEST_MS = 30_000;

export class Backoff {
  #nextMs = FIRST_MS;

  /** @param random from 0 up to 1 */
  constructor(private readonly random: () => number) {}

  succeeded(): void {
    this.#nextMs = FIRST_MS;
  }

  /** Waits; returns early when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs * (0.5 + this.random() / 2);
    this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_MS);
    await sleep(ms, undefined, {signal}).catch(() => undefined);
  }
}
