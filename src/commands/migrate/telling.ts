/** Tells how far a copy is: at once on a terminal, now and then in a log. */
import type {Io} from "../io.js";

const LOG_EVERY_MS = 10_000;

export interface Telling {
  /** `secondsLeft` is null while nobody can say. */
  progress(part: string, done: number, total: number, secondsLeft: number | null): void;
  /** Ends the display; a second call does nothing. */
  done(): void;
}

export function startTelling(io: Io, what: string): Telling {
  const display = io.progress(what);
  let loggedMs = io.host.now();
  let isOver = false;
  return {
    progress(part, done, total, secondsLeft) {
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
      const text = `${part}: ${percent} %${secondsLeft === null ? "" : `, ${secondsLeft} s left`}`;
      display.tick(text);
      if (io.host.now() - loggedMs < LOG_EVERY_MS) return;
      loggedMs = io.host.now();
      display.log(text);
    },
    done() {
      if (!isOver) display.done();
      isOver = true;
    },
  };
}
