/** Makes blocks: one at each interval, and at once when something waits and the last one is old enough. */
import type {Dropped} from "./proposal.js";
import type {Log, Service} from "./service.js";

export interface ProducerOptions {
  /** Time between blocks that hold nothing. */
  readonly intervalMs: number;
  /** Time between any two blocks; below `intervalMs` so that waiting writes do not wait for a full interval. */
  readonly minIntervalMs: number;
}

export interface ProducerPorts {
  /** Whether the next block would hold nothing. */
  isEmpty(): boolean;
  extend(): Promise<readonly Dropped[]>;
  readonly log: Log;
  nowMs(): number;
  /** The chain cannot go on. */
  failed(error: unknown): void;
}

export class Producer implements Service {
  #loop: Promise<void> | undefined;
  #wakeUp: () => void = () => {};

  constructor(
    private readonly options: ProducerOptions,
    private readonly ports: ProducerPorts,
  ) {}

  async start(signal: AbortSignal): Promise<void> {
    this.#loop = this.#run(signal).catch((error) => this.ports.failed(error));
  }

  async stop(): Promise<void> {
    this.wake();
    await this.#loop;
  }

  /** Something waits: do not sit out the interval. */
  wake(): void {
    this.#wakeUp();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const {intervalMs, minIntervalMs} = this.options;
    let last = this.ports.nowMs();
    while (!signal.aborted) {
      const due = last + (this.ports.isEmpty() ? intervalMs : minIntervalMs);
      const leftMs = due - this.ports.nowMs();
      if (leftMs > 0) {
        await this.#sleep(leftMs, signal);
        continue;
      }
      last = this.ports.nowMs();
      for (const {id, error} of await this.ports.extend())
        this.ports.log.warn({id, err: error}, "a waiting item cannot be included");
    }
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#wakeUp = () => {};
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done, {once: true});
      this.#wakeUp = done;
    });
  }
}
