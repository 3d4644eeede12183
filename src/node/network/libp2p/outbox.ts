/** What goes to one connected peer: a queue and a stream for each channel, so that none waits for another. */
import type {Connection, Stream} from "@libp2p/interface";
import type {Channel} from "../port.js";
import {type QueueLimits, SendQueue} from "../send-queue.js";
import {writeFrame} from "./streams.js";

export const channelProtocol = (channel: Channel): string => `/qsdm/channel/${channel}/1`;

/** Of one peer and channel. */
const QUEUE_LIMITS: QueueLimits = {messages: 1_024, bytes: 64 * 1024 * 1024};
/** A peer that takes nothing for so long has lost the stream, in milliseconds. */
const STALL_MS = 20_000;
const RETRY_MS = 200;

export interface OutboxPorts {
  /** The connection to use now; `undefined` when there is none. */
  connection(): Connection | undefined;
  /** Counts what was sent, */
  sent(channel: Channel, bytes: number): void;
  /** and what had to make room. */
  dropped(channel: Channel, count: number): void;
  /** Tells of a stream that broke, and took along what was under way. */
  broke(channel: Channel, error: unknown): void;
}

interface Lane {
  readonly queue: SendQueue;
  stream: Stream | null;
  busy: boolean;
}

export class Outbox {
  readonly #lanes = new Map<Channel, Lane>();

  constructor(private readonly ports: OutboxPorts) {}

  push(channel: Channel, message: Uint8Array): void {
    let lane = this.#lanes.get(channel);
    if (!lane) {
      lane = {queue: new SendQueue(QUEUE_LIMITS), stream: null, busy: false};
      this.#lanes.set(channel, lane);
    }
    const dropped = lane.queue.push(message);
    if (dropped > 0) this.ports.dropped(channel, dropped);
    if (lane.busy) return;
    lane.busy = true;
    void this.#pump(channel, lane).finally(() => {
      lane.busy = false;
    });
  }

  /** Messages that wait. */
  get size(): number {
    return [...this.#lanes.values()].reduce((sum, {queue}) => sum + queue.size, 0);
  }

  async #pump(channel: Channel, lane: Lane): Promise<void> {
    for (;;) {
      const connection = this.ports.connection();
      if (!connection || lane.queue.size === 0) return;
      try {
        if (lane.stream?.status !== "open" || lane.stream.writeStatus !== "writable")
          lane.stream = await connection.newStream(channelProtocol(channel), {signal: AbortSignal.timeout(STALL_MS)});
        for (let next = lane.queue.shift(); next; next = lane.queue.shift()) {
          await writeFrame(lane.stream, next, AbortSignal.timeout(STALL_MS));
          this.ports.sent(channel, next.length);
        }
      } catch (error) {
        // What was under way is lost, as the port says; what waits goes over a new stream.
        this.ports.broke(channel, error);
        lane.stream?.abort(error as Error);
        lane.stream = null;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
