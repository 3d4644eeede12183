/** How much one peer may make this node read: a bucket of messages and one of bytes. Time comes in. */

export interface BudgetOptions {
  readonly messagesPerSecond: number;
  readonly burstMessages: number;
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
}

/** Of one peer, over all channels. Blocks of a fast chain fit many times; a flood is read at this pace. */
export const DEFAULT_BUDGET: BudgetOptions = {
  messagesPerSecond: 1_000,
  burstMessages: 2_000,
  bytesPerSecond: 32 * 1024 * 1024,
  burstBytes: 64 * 1024 * 1024,
};

export class Budget {
  #messages: number;
  #bytes: number;
  #atMs: number;

  constructor(
    private readonly options: BudgetOptions,
    nowMs: number,
  ) {
    this.#messages = options.burstMessages;
    this.#bytes = options.burstBytes;
    this.#atMs = nowMs;
  }

  /**
   * Charges one message, which may leave a debt.
   * @returns milliseconds until the debt is gone: read nothing more from the peer until then
   */
  charge(bytes: number, nowMs: number): number {
    const {messagesPerSecond, burstMessages, bytesPerSecond, burstBytes} = this.options;
    const seconds = Math.max(0, nowMs - this.#atMs) / 1_000;
    this.#atMs = nowMs;
    this.#messages = Math.min(burstMessages, this.#messages + seconds * messagesPerSecond) - 1;
    this.#bytes = Math.min(burstBytes, this.#bytes + seconds * bytesPerSecond) - bytes;
    const debtSeconds = Math.max(-this.#messages / messagesPerSecond, -this.#bytes / bytesPerSecond, 0);
    return Math.ceil(debtSeconds * 1_000);
  }
}
