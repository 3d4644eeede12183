/**
 * Whose turn it is to have a custodian do what all do together. Coordinators come in the order in which they asked, and one
 * that is gone, or does nothing with its turn, loses it.
 */
import {RuleError, UnavailableError} from "../../errors.js";

/** How long a turn lasts in which nothing happens. */
const IDLE_MS = 60_000;
/** Less than a call takes at most. */
const WAIT_MS = 20_000;

interface Waiting {
  readonly by: object;
  grant(): void;
}

interface Turn {
  readonly by: object;
  /** Jobs in it that run. */
  running: number;
}

export interface TurnTimes {
  readonly idleMs: number;
  readonly waitMs: number;
}

export class JobTurn {
  #current: Turn | null = null;
  #timer: NodeJS.Timeout | undefined;
  #waiting: readonly Waiting[] = [];

  constructor(private readonly times: TurnTimes = {idleMs: IDLE_MS, waitMs: WAIT_MS}) {}

  /**
   * Resolves when it is the turn of `by`, which is what its connection is known by. Asking again makes it no longer.
   * @throws UnavailableError TURN_TAKEN
   */
  take(by: object): Promise<void> {
    if (this.#current === null) this.#give(by);
    if (this.#current?.by === by) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiting = {
        by,
        grant: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(
          new UnavailableError("TURN_TAKEN", "another coordinator has the custodians do something together", {
            hint: "try again when that is done",
          }),
        );
      }, this.times.waitMs);
      this.#waiting = [...this.#waiting, waiting];
    });
  }

  /** `by` needs its turn no more, or is gone. */
  giveBack(by: object): void {
    this.#waiting = this.#waiting.filter((each) => each.by !== by);
    if (this.#current?.by === by) this.#next();
  }

  /** Does work of everyone; the turn lasts as long. @throws RuleError TURN_MISSING, and as `work` */
  async during<T>(by: object, work: () => Promise<T>): Promise<T> {
    const turn = this.#current;
    if (turn?.by !== by)
      throw new RuleError("TURN_MISSING", "it is not this coordinator's turn to have all custodians do something", {
        hint: "a job of everyone begins once every custodian gave its turn",
      });
    turn.running++;
    clearTimeout(this.#timer);
    try {
      return await work();
    } finally {
      turn.running--;
      // Where it went on meanwhile, what ran is of no later turn, were it the same one's.
      if (this.#current === turn) this.#idle(turn);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #give(by: object): void {
    this.#current = {by, running: 0};
    this.#idle(this.#current);
  }

  #idle({running}: Turn): void {
    clearTimeout(this.#timer);
    if (running === 0) this.#timer = setTimeout(() => this.#next(), this.times.idleMs);
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#current = null;
    const [first, ...others] = this.#waiting;
    this.#waiting = others;
    if (!first) return;
    this.#give(first.by);
    first.grant();
  }
}
