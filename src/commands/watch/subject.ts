/** What a watcher watches: how it is polled, and how it is read from a node's stream. */

import type {StreamEvent, Topic} from "../../codecs/api/events.js";
import type {Shape} from "../../codecs/api/shape.js";
import type {WatchEvent} from "./event.js";

/** A subject that any node can be asked for again and again. */
export interface Poller<S> {
  /** What was seen, as a cursor file keeps it. */
  readonly shape: Shape<S>;
  /**
   * What there is now; `before` is what was seen last.
   * @throws QsdmError
   */
  snapshot(before: S | null): Promise<S>;
  /** What a first snapshot tells. */
  existing(first: S): readonly WatchEvent[];
  /** What has changed. */
  diff(before: S, after: S): readonly WatchEvent[];
  /** Whether there is nothing left to wait for. */
  done?(now: S): boolean;
}

/** A subject that nodes of this program publish. */
export interface Streamed {
  readonly topics: readonly Topic[];
  /**
   * The event as it is told, or `null` when it was not asked for. `again`: it was told before, and is read for what it
   * means to others. `leave` takes what is wrong with a part of the event, and throws what may pass; an error that is
   * thrown costs the whole event.
   */
  convert(
    event: StreamEvent,
    again: boolean,
    leave: (error: unknown) => void,
  ): WatchEvent | null | Promise<readonly WatchEvent[]>;
  /** Whether there is nothing left to wait for. */
  done?(): boolean;
  /** Heights before the place to start from that are read again. */
  readonly lookBack?: bigint;
}

export interface Subject<S> {
  readonly name: string;
  readonly poller: Poller<S> | null;
  readonly streamed: Streamed | null;
  /** Whether a first snapshot is told before anything else. */
  readonly tellsExisting: boolean;
}
