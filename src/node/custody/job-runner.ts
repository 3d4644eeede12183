/** Runs jobs over links: messages into rounds, rounds under a deadline, and an end that all hear of. */
import {hexOf} from "../../codecs/bytes.js";
import {RuleError, UnavailableError} from "../../errors.js";
import type {Protocol} from "../quorum/verified/protocol.js";
import {Rounds, type Sent} from "../quorum/verified/rounds.js";
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

interface Running {
  readonly participants: readonly number[];
  step(work: () => readonly Sent[]): void;
  readonly rounds: {
    take(message: {from: number; round: number; message: Uint8Array}): Sent[];
    leave(from: number): Sent[];
  };
  lost(from: number): void;
}

/** What came for jobs that have not begun here: each sender is at its first round. */
interface Early {
  readonly messages: Map<number, RoundMessage>;
  readonly left: Set<number>;
}
const EARLY_MAX = 256;
const EARLY_MAX_BYTES = 64 * 1024 * 1024;

export class JobRunner {
  readonly #running = new Map<string, Running>();
  readonly #early = new Map<string, Early>();
  #earlyBytes = 0;

  constructor(private readonly ports: RunnerPorts) {}

  /**
   * What `protocol` comes to.
   * @throws as the protocol; RuleError JOB_REPEATED, EVALUATION_ABORTED naming who was silent
   */
  run<T>(job: Uint8Array, protocol: Protocol<T>, participants: readonly number[]): Promise<T> {
    const id = hexOf(job);
    if (this.#running.has(id)) throw new RuleError("JOB_REPEATED", "the job is running already");
    const {place, n, roundMs} = this.ports;
    const rounds = new Rounds(protocol, {place, n, participants});
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let over = false;
      const end = (): void => {
        over = true;
        clearTimeout(timer);
        this.#running.delete(id);
      };
      const step = (work: () => readonly Sent[]): void => {
        if (over) return;
        const before = rounds.round;
        try {
          const unsent = work().filter(({to, round, message}) => !this.ports.send(to, {job, round, message}));
          const {result} = rounds;
          if (result) {
            end();
            return resolve(result.value);
          }
          rounds.expire(unsent.map(({to}) => to));
          if (rounds.round === before) return;
          clearTimeout(timer);
          timer = setTimeout(() => step(expired), roundMs);
        } catch (error) {
          end();
          for (const to of participants) if (to !== place) this.ports.sendLeave(to, job);
          reject(error);
        }
      };
      const expired = (): readonly Sent[] => {
        rounds.expire();
        return [];
      };
      const lost = (from: number): void => {
        step(() => {
          rounds.expire([from]);
          return [];
        });
      };
      this.#running.set(id, {participants, step, rounds, lost});
      step(() => rounds.start());
      const early = this.#forget(id);
      for (const [from, {round, message}] of early?.messages ?? [])
        this.#step(id, (r) => r.take({from, round, message}), from);
      for (const from of early?.left ?? []) this.#step(id, (r) => r.leave(from), from);
    });
  }

  take(from: number, message: RoundMessage): void {
    const id = hexOf(message.job);
    if (this.#running.has(id)) return this.#step(id, (rounds) => rounds.take({from, ...message}), from);
    if (message.round !== 0 || this.#early.get(id)?.messages.has(from)) return;
    this.#earlyBytes += message.message.length;
    while (this.#earlyBytes > EARLY_MAX_BYTES && this.#early.size > 0) this.#forgetOldest();
    this.#earlyFor(id).messages.set(from, message);
  }

  leave(from: number, job: Uint8Array): void {
    const id = hexOf(job);
    if (this.#running.has(id)) this.#step(id, (rounds) => rounds.leave(from), from);
    else this.#earlyFor(id).left.add(from);
  }

  /** The channel to that custodian ended. */
  lost(from: number): void {
    for (const {participants, lost} of [...this.#running.values()]) if (participants.includes(from)) lost(from);
  }

  /** Ends what runs. */
  stop(): void {
    for (const {step} of [...this.#running.values()])
      step(() => {
        throw new UnavailableError("STOPPING", "the custodian stops");
      });
  }

  /** Whoever is not in a job has no part in how it ends, whatever it sends. */
  #step(id: string, work: (rounds: Running["rounds"]) => Sent[], from: number): void {
    const running = this.#running.get(id);
    if (running?.participants.includes(from)) running.step(() => work(running.rounds));
  }

  #forgetOldest(): void {
    const [oldest] = this.#early.keys();
    if (oldest !== undefined) this.#forget(oldest);
  }

  #forget(id: string): Early | undefined {
    const early = this.#early.get(id);
    this.#early.delete(id);
    for (const {message} of early?.messages.values() ?? []) this.#earlyBytes -= message.length;
    return early;
  }

  #earlyFor(id: string): Early {
    const known = this.#early.get(id);
    if (known) return known;
    if (this.#early.size >= EARLY_MAX) this.#forgetOldest();
    const early: Early = {messages: new Map(), left: new Set()};
    this.#early.set(id, early);
    return early;
  }
}
