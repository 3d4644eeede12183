/** Hands events on: to standard output, to the user's command, and the place behind them to the cursor file. */

import type {QsdmError} from "../../errors.js";
import type {Io} from "../io.js";
import type {Cursor, CursorFile} from "./cursor.js";
import {printEvent, timeText, type WatchEvent, watchEvent} from "./event.js";
import {runHook} from "./hook.js";

/** Without --exec the place is written at most so often: a replay should not wait for the disk at every event. */
const SAVE_EVERY_MS = 500;

export class Teller {
  #savedAtMs = 0;
  #unsaved: Cursor | null = null;

  constructor(
    private readonly io: Io,
    private readonly exec: string | undefined,
    private readonly file: CursorFile | null,
  ) {}

  /** Whether all of them were told: after Ctrl-C the rest is left to the next run. */
  async tell(events: readonly WatchEvent[]): Promise<boolean> {
    for (const event of events) {
      if (this.io.signal.aborted) return false;
      printEvent(this.io, event);
      if (this.exec !== undefined) await runHook(this.io, this.exec, event);
    }
    return true;
  }

  /** Something did not work: it is tried again, or an event is passed over. */
  trouble({code, message}: QsdmError): void {
    if (this.io.flags.json)
      printEvent(this.io, watchEvent("error", timeText(this.io.host.now()), {code, error: message}));
    else this.io.warn(message);
  }

  /** Everything up to `cursor` is told. `now`: do not wait with writing it down. */
  async reached(cursor: Cursor, now = this.exec !== undefined): Promise<void> {
    this.#unsaved = cursor;
    if (now || this.io.host.now() - this.#savedAtMs >= SAVE_EVERY_MS) await this.save();
  }

  /** Writes down what is not yet. */
  async save(): Promise<void> {
    const cursor = this.#unsaved;
    this.#unsaved = null;
    this.#savedAtMs = this.io.host.now();
    if (cursor) await this.file?.save(cursor);
  }
}
