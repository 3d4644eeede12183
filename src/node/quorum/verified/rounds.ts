/**
 * One custodian's part of a protocol over channels that bring messages when they will: a pure machine that puts them
 * into rounds, and tells who sent what does not belong there, or nothing at all.
 */
import {abort, type Incoming, type Outgoing, type Protocol} from "./protocol.js";

export interface Sent {
  readonly to: number;
  readonly round: number;
  readonly message: Uint8Array;
}

export interface RoundsOptions {
  readonly place: number;
  readonly n: number;
  /** Places of all that take part, this one too. The others count as silent from the start. */
  readonly participants: readonly number[];
}

export class Rounds<T> {
  #round = -1;
  #got = new Map<number, Uint8Array>();
  /** What came for the next round: who is quicker is one round ahead at most. */
  #early = new Map<number, Uint8Array>();
  #left = new Set<number>();
  #result: {readonly value: T} | null = null;

  constructor(
    private readonly protocol: Protocol<T>,
    private readonly options: RoundsOptions,
  ) {}

  /** What the protocol came to, once it did. */
  get result(): {readonly value: T} | null {
    return this.#result;
  }

  get round(): number {
    return this.#round;
  }

  /** Others that nothing came from in this round. */
  get missing(): readonly number[] {
    return this.#others().filter((place) => !this.#got.has(place));
  }

  /** @throws as the protocol */
  start(): Sent[] {
    return this.#advance(this.protocol.next());
  }

  /** A message of the custodian at `from`. @throws RuleError EVALUATION_ABORTED; and as the protocol */
  take({from, round, message}: {readonly from: number; readonly round: number; readonly message: Uint8Array}): Sent[] {
    if (this.#result) return [];
    if (!this.#others().includes(from)) return abort("malformed", [from]);
    const ahead = round - this.#round;
    if (ahead < 0) return abort("replay", [from]);
    if (ahead > 1) return abort("malformed", [from]);
    const room = ahead === 0 ? this.#got : this.#early;
    if (room.has(from)) return abort("replay", [from]);
    room.set(from, message);
    return this.#onward();
  }

  /** The custodian at `from` ended its part without a result. @throws RuleError EVALUATION_ABORTED */
  leave(from: number): Sent[] {
    if (this.#result) return [];
    this.#left.add(from);
    return this.#onward();
  }

  /** Time is up for the round, or the channels to those in `gone` broke. @throws RuleError EVALUATION_ABORTED */
  expire(gone: readonly number[] = this.missing): void {
    if (this.#result) return;
    const silent = gone.filter((place) => this.missing.includes(place) && !this.#left.has(place));
    if (silent.length > 0) abort("silence", silent);
  }

  #others(): readonly number[] {
    return this.options.participants.filter((place) => place !== this.options.place);
  }

  #onward(): Sent[] {
    const sent: Sent[] = [];
    while (!this.#result) {
      const {missing} = this;
      if (missing.some((place) => !this.#left.has(place))) break;
      if (missing.length > 0) abort("given-up");
      const incoming: Incoming = Array.from({length: this.options.n}, (_, place) => this.#got.get(place) ?? null);
      sent.push(...this.#advance(this.protocol.next(incoming)));
    }
    return sent;
  }

  #advance(step: IteratorResult<Outgoing, T>): Sent[] {
    if (step.done) {
      this.#result = {value: step.value};
      return [];
    }
    this.#round++;
    const outgoing = step.value;
    this.#got = this.#early;
    this.#early = new Map();
    this.#got.set(this.options.place, outgoing[this.options.place]!);
    return this.#others().map((to) => ({to, round: this.#round, message: outgoing[to]!}));
  }
}
