/** Runs jobs over links: messages into rounds, rounds under a deadline, and an end that all hear of. */
import {hexOf} from "../../codecs/bytes.js";
import {RuleError, UnavailableError} from "../../errors.js";
import type {Protocol} from "../quorum/verified/protocol.js";
import {Rounds, type Sent} from "../quorum/verified/rounds.js";
import {Early} from "./early.js";
import type {RoundMessage} from "./rpc.js";

export interface RunnerPorts {
  readonly place: number;
  readonly n: number;
  /** Longest time for one round, in milliseconds. */
  readonly roundMs: number;
  /** False where there is no channel to that custodian. */
  send(to: number, message: RoundMessage): boolean;
  sendLeave(to: number, job: Uint8Array): void;
}

/** Longest time for one round of a protocol, in milliseconds. */
export const DEFAULT_ROUND_MS = 10_000;

/** How late a timer is at most where the thread was free. */
const LATE_MS = 50;

/** What a protocol came to, and what it took here. */
export interface Ran<T> {
  readonly value: T;
  readonly rounds: number;
  /** To all others together. */
  readonly sentBytes: number;
}

interface Running {
  /** Those whose channels stood since the job began: who comes by another channel may be somebody else. */
  readonly present: Set<number>;
  step(work: () => readonly Sent[]): void;
  readonly rounds: {
    take(message: {from: number; round: number; message: Uint8Array}): Sent[];
    leave(from: number): Sent[];
  };
  lost(from: number): void;
}

export class JobRunner {
  readonly #running = new Map<string, Running>();
  /** By sender. */
  readonly #early: readonly Early[];

  constructor(private readonly ports: RunnerPorts) {
    this.#early = Array.from({length: ports.n}, () => new Early());
  }

  /**
   * What the protocol that `begin` gives comes to. Whoever will not begin tells the others, so that nobody waits for it, or takes
   * it for silent.
   * @throws as `begin`, and as `run`
   */
  async perform<T>(
    job: Uint8Array,
    participants: readonly number[],
    begin: () => Promise<Protocol<T>>,
  ): Promise<Ran<T>> {
    let protocol: Protocol<T>;
    try {
      protocol = await begin();
    } catch (error) {
      // The same job, asked for twice, goes on.
      if (!this.#running.has(hexOf(job))) this.#leaveTo(participants, job);
      throw error;
    }
    return this.run(job, protocol, participants);
  }

  #leaveTo(participants: readonly number[], job: Uint8Array): void {
    for (const to of participants) if (to !== this.ports.place) this.ports.sendLeave(to, job);
  }

  /**
   * What `protocol` comes to.
   * @throws as the protocol; RuleError JOB_REPEATED, EVALUATION_ABORTED naming who was silent
   */
  run<T>(job: Uint8Array, protocol: Protocol<T>, participants: readonly number[]): Promise<Ran<T>> {
    const id = hexOf(job);
    if (this.#running.has(id)) throw new RuleError("JOB_REPEATED", "the job is running already");
    const {place, n, roundMs} = this.ports;
    const rounds = new Rounds(protocol, {place, n, participants});
    const present = new Set(participants);
    return new Promise<Ran<T>>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let over = false;
      let sentBytes = 0;
      const end = (): void => {
        over = true;
        clearTimeout(timer);
        this.#running.delete(id);
      };
      const step = (work: () => readonly Sent[]): void => {
        if (over) return;
        const before = rounds.round;
        try {
          const sent = work();
          const unsent = sent.filter(
            ({to, round, message}) => !present.has(to) || !this.ports.send(to, {job, round, message}),
          );
          for (const {message} of sent) sentBytes += message.length;
          const {result} = rounds;
          if (result) {
            end();
            return resolve({value: result.value, rounds: rounds.round + 1, sentBytes});
          }
          rounds.expire(unsent.map(({to}) => to));
          if (rounds.round === before) return;
          clearTimeout(timer);
          const dueMs = performance.now() + roundMs;
          timer = setTimeout(() => {
            const lateMs = performance.now() - dueMs;
            // This thread computed meanwhile, without the addon for seconds: what it could not hear nobody kept back.
            if (lateMs < LATE_MS) return step(expired);
            timer = setTimeout(() => step(expired), Math.min(lateMs, roundMs));
          }, roundMs);
        } catch (error) {
          end();
          this.#leaveTo(participants, job);
          reject(error);
        }
      };
      const expired = (): readonly Sent[] => {
        rounds.expire();
        return [];
      };
      const lost = (from: number): void => {
        present.delete(from);
        step(() => {
          rounds.expire([from]);
          return [];
        });
      };
      this.#running.set(id, {present, step, rounds, lost});
      step(() => rounds.start());
      const early = this.#early.map((each) => each.take(id));
      for (const [from, {message}] of early.entries())
        if (message) this.#step(id, (r) => r.take({from, ...message}), from);
      for (const [from, {left}] of early.entries()) if (left) this.#step(id, (r) => r.leave(from), from);
    });
  }

  take(from: number, message: RoundMessage): void {
    const id = hexOf(message.job);
    if (this.#running.has(id)) return this.#step(id, (rounds) => rounds.take({from, ...message}), from);
    if (message.round === 0) this.#early[from]!.keep(id, message);
  }

  leave(from: number, job: Uint8Array): void {
    const id = hexOf(job);
    if (this.#running.has(id)) this.#step(id, (rounds) => rounds.leave(from), from);
    else this.#early[from]!.leave(id);
  }

  /** The channel to that custodian ended. */
  lost(from: number): void {
    for (const {present, lost} of [...this.#running.values()]) if (present.has(from)) lost(from);
  }

  /** Ends what runs. */
  stop(): void {
    for (const {step} of [...this.#running.values()])
      step(() => {
        throw new UnavailableError("STOPPING", "the custodian stops");
      });
  }

  /** Whoever is not in a job, or no more, has no part in how it ends, whatever it sends. */
  #step(id: string, work: (rounds: Running["rounds"]) => Sent[], from: number): void {
    const running = this.#running.get(id);
    if (running?.present.has(from)) running.step(() => work(running.rounds));
  }
}
