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

export interface TurnTimes {
  readonly idleMs: number;
  readonly waitMs: number;
}

export class JobTurn {
  #holder: object | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Jobs of the holder that run. */
  #running = 0;
  #waiting: readonly Waiting[] = [];

  constructor(private readonly times: TurnTimes = {idleMs: IDLE_MS, waitMs: WAIT_MS}) {}

  /**
   * Resolves when it is the turn of `by`, which is what its connection is known by.
   * @throws UnavailableError TURN_TAKEN
   */
  take(by: object): Promise<void> {
    if (this.#holder === null || this.#holder === by) {
      this.#give(by);
      return Promise.resolve();
    }
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
    if (this.#holder === by) this.#next();
  }

  /** Does work of everyone; the turn lasts as long. @throws RuleError TURN_MISSING, and as `work` */
  async during<T>(by: object, work: () => Promise<T>): Promise<T> {
    if (this.#holder !== by)
      throw new RuleError("TURN_MISSING", "it is not this coordinator's turn to have all custodians do something", {
        hint: "a job of everyone begins once every custodian gave its turn",
      });
    this.#running++;
    clearTimeout(this.#timer);
    try {
      return await work();
    } finally {
      // Where the turn went on meanwhile, what runs is not the new holder's.
      if (this.#holder === by) {
        this.#running--;
        this.#idle();
      }
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #give(by: object): void {
    this.#holder = by;
    this.#idle();
  }

  #idle(): void {
    clearTimeout(this.#timer);
    if (this.#running === 0) this.#timer = setTimeout(() => this.#next(), this.times.idleMs);
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#holder = null;
    this.#running = 0;
    const [first, ...others] = this.#waiting;
    this.#waiting = others;
    if (!first) return;
    this.#give(first.by);
    first.grant();
  }
}
