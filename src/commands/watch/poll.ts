/** Following a subject by asking again and again, for nodes without a stream. */
import {setTimeout as sleep} from "node:timers/promises";
import {QsdmError} from "../../errors.js";
import type {Io} from "../io.js";
import {type Cursor, snapshotIn} from "./cursor.js";
import type {Poller} from "./subject.js";
import type {Teller} from "./teller.js";

export interface PollPlan {
  readonly intervalMs: number;
  readonly once: boolean;
  /** Whether the first snapshot is told. */
  readonly tellsExisting: boolean;
  /** What an earlier run saw last, from the cursor file. */
  readonly resumed: Cursor | null;
}

/**
 * Polls until the signal aborts or there is nothing left to wait for.
 * @throws QsdmError when the first snapshot fails
 */
export async function poll<S>(io: Io, poller: Poller<S>, plan: PollPlan, teller: Teller): Promise<void> {
  const {intervalMs, once, tellsExisting} = plan;
  let seen = plan.resumed && snapshotIn(plan.resumed, poller.shape);
  const look = async (): Promise<S> => {
    const now = await poller.snapshot(seen);
    const first = tellsExisting ? () => poller.existing(now) : () => [];
    const told = await teller.tell(seen === null ? first() : poller.diff(seen, now));
    if (!told) return seen ?? now;
    await teller.reached({chainId: "", seq: null, snapshot: poller.shape.write(now) ?? null}, true);
    return now;
  };
  seen = await look();
  while (!once && !io.signal.aborted && !poller.done?.(seen)) {
    await sleep(intervalMs, undefined, {signal: io.signal}).catch(() => undefined);
    if (io.signal.aborted) return;
    try {
      seen = await look();
    } catch (error) {
      if (io.signal.aborted) return;
      if (!(error instanceof QsdmError)) throw error;
      teller.trouble(error);
    }
  }
}
