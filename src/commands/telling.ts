/** Tells how far work is whose amount is known: always on a terminal, now and then in a log. */
import type {Io} from "./io.js";

/** A log has a line for each tenth that is done, and for each so long. */
const LOG_EVERY_MS = 10_000;

export class Telling {
  readonly #display;
  #part = "";
  #tenth = -1;
  /** When the part began to be told of, and how much of it was done by then. */
  #begunMs = 0;
  #begunAt = 0;
  #loggedMs = 0;
  #isOver = false;

  constructor(
    private readonly io: Io,
    private readonly doing: string,
  ) {
    this.#display = io.progress(doing);
  }

  /** How much of one part of the work is done. Parts follow each other. */
  readonly tell = (part: string, done: number | bigint, total: number | bigint): void => {
    const nowMs = this.io.host.now();
    if (part !== this.#part) [this.#part, this.#tenth, this.#begunMs, this.#begunAt] = [part, -1, nowMs, Number(done)];
    const share = Number(total) === 0 ? 1 : Number(done) / Number(total);
    const text = `${this.doing}: ${part} ${Math.floor(share * 100)} %${this.#left(Number(done), Number(total), nowMs)}`;
    this.#display.tick(text);
    const tenth = Math.floor(share * 10);
    if (tenth === this.#tenth && nowMs - this.#loggedMs < LOG_EVERY_MS) return;
    [this.#tenth, this.#loggedMs] = [tenth, nowMs];
    this.#display.log(text);
  };

  /** Ends the display; a second call does nothing. */
  done(): void {
    if (!this.#isOver) this.#display.done();
    this.#isOver = true;
  }

  /** What is left, where what was done says how long it takes. */
  #left(done: number, total: number, nowMs: number): string {
    const [tookMs, did] = [nowMs - this.#begunMs, done - this.#begunAt];
    return tookMs > 0 && did > 0 ? `, ${Math.round(((tookMs / did) * (total - done)) / 1_000)} s left` : "";
  }
}
