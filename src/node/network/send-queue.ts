/** What waits for one peer on one channel: bounded in count and bytes, the oldest goes first. */

export interface QueueLimits {
  readonly messages: number;
  readonly bytes: number;
}

export class SendQueue {
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;

  constructor(private readonly limits: QueueLimits) {}

  get size(): number {
    return this.#waiting.length;
  }

  /** @returns how many messages had to go for it; the newest always stays */
  push(message: Uint8Array): number {
    this.#waiting.push(message);
    this.#bytes += message.length;
    let dropped = 0;
    while (
      this.#waiting.length > 1 &&
      (this.#waiting.length > this.limits.messages || this.#bytes > this.limits.bytes)
    ) {
      this.shift();
      dropped++;
    }
    return dropped;
  }

  shift(): Uint8Array | undefined {
    const message = this.#waiting.shift();
    this.#bytes -= message?.length ?? 0;
    return message;
  }
}
