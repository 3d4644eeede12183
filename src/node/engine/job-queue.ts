/** Work of the engine, one piece after the other. */
import {setImmediate as nextTurn} from "node:timers/promises";
import type {Verdict} from "../network/port.js";

/** Messages that wait for their turn; what comes then is dropped, as on a bad line. */
const WAITING_MAX = 1_024;
/** Longest time for jobs in a row before sockets and timers get a turn. */
const STRETCH_MS = 5;

export type Job = () => Promise<Verdict>;

export interface JobQueuePorts {
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
  /** A job threw: nothing is run after it. */
  failed(error: unknown): void;
}

export class JobQueue {
  readonly #jobs: {readonly job: Job; done(verdict: Verdict): void}[] = [];
  /** Resolves when the last run of jobs has ended. */
  #run: Promise<void> = Promise.resolve();
  #isRunning = false;
  #stopped = false;
  #isBroken = false;

  constructor(private readonly ports: JobQueuePorts) {}

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether it stopped because a job threw. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Runs `job` after those before it. The node's own always find room: a lost timer would never ring again. */
  add(job: Job): Promise<Verdict> {
    if (this.#stopped) return Promise.resolve("ignore");
    return new Promise((done) => {
      this.#jobs.push({job, done});
      if (this.#isRunning) return;
      // Before the first job begins, which may bring others.
      this.#isRunning = true;
      this.#run = this.#runAll();
    });
  }

  /** Runs a peer's `job`, or drops it where too many wait. */
  offer(job: Job): Promise<Verdict> | Verdict {
    return this.#jobs.length >= WAITING_MAX ? "ignore" : this.add(job);
  }

  /** Nothing begins any more. */
  halt(): void {
    this.#stopped = true;
  }

  /** Drops what waits, and resolves when the job under way has ended. */
  async end(): Promise<void> {
    this.halt();
    for (const {done} of this.#jobs.splice(0)) done("ignore");
    await this.#run;
  }

  async #runAll(): Promise<void> {
    let sinceMs = this.ports.nowMs();
    for (let next = this.#jobs.shift(); next; next = this.#jobs.shift()) {
      if (this.ports.nowMs() - sinceMs >= STRETCH_MS) {
        await nextTurn();
        sinceMs = this.ports.nowMs();
      }
      let verdict: Verdict = "ignore";
      try {
        if (!this.#stopped) verdict = await next.job();
      } catch (error) {
        this.#isBroken = true;
        this.halt();
        this.ports.failed(error);
      }
      next.done(verdict);
    }
    // At once: a job that comes a moment later would find nobody who takes it.
    this.#isRunning = false;
  }
}
