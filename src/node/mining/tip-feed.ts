/**
 * New tips of a node, from its event stream while it has one. Whoever waits is woken by the next block; where there is no
 * stream, as on a QSDM node, he waits his time and asks.
 */
import {setTimeout as delay} from "node:timers/promises";
import {UnavailableError} from "../../errors.js";
import type {Client} from "../api/client.js";
import {Backoff} from "./backoff.js";

/** Time before a stream that broke is opened again. */
const REOPEN_MS = {first: 1_000, limit: 60_000};
const BLOCKS = {topics: "blocks", after: null, lastEventId: null};

export class TipFeed {
  #waiting = new AbortController();
  #following: Promise<void> | null = null;

  /** @param signal ends the stream */
  constructor(
    private readonly client: Pick<Client, "events">,
    private readonly signal: AbortSignal,
  ) {}

  /** Resolves at the next block, after `ms` at the latest, or when `signal` aborts. Never rejects. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    this.#following ??= this.#follow();
    await delay(ms, undefined, {signal: AbortSignal.any([signal, this.#waiting.signal])}).catch(() => undefined);
  }

  /** Reads the stream for as long as there is one. */
  async #follow(): Promise<void> {
    const backoff = new Backoff(REOPEN_MS.first, REOPEN_MS.limit);
    while (!this.signal.aborted)
      try {
        for await (const {type} of this.client.events(BLOCKS, this.signal)) {
          backoff.reset();
          if (type === "event") this.#wake();
        }
      } catch (error) {
        // No such route: the node is of another kind, and will be.
        if (!(error instanceof UnavailableError)) return;
        await delay(backoff.next(), undefined, {signal: this.signal}).catch(() => undefined);
      }
  }

  #wake(): void {
    const woken = this.#waiting;
    this.#waiting = new AbortController();
    woken.abort();
  }
}
