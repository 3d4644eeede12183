/** Seeded generators, one for each concern, so that a new fault does not shift what the others draw. */
import {utf8} from "../../src/codecs/bytes.js";
import {sha3} from "../../src/codecs/hash.js";

export const CONCERNS = [
  "network",
  "disk",
  "clock",
  "faults",
  "byzantine",
  "workload",
  "timers",
  "staking",
  "mining",
  "governing",
  "streaming",
  "locking",
] as const;
export type Concern = (typeof CONCERNS)[number];

/** sfc32 (Doty-Humphrey, PractRand): small, fast, and passes what schedules ask of a generator. */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: string) {
    const digest = sha3(utf8(seed));
    this.#state = new Uint32Array(digest.slice(0, 16).buffer);
  }

  #next(): number {
    const s = this.#state;
    const sum = (s[0]! + s[1]! + s[3]!) >>> 0;
    s[3] = s[3]! + 1;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = s[2]! + (s[2]! << 3);
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + sum;
    return sum;
  }

  /** From 0 up to 1, which is left out. */
  unit(): number {
    return this.#next() / 4_294_967_296;
  }

  /** Whole, from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!;
  }
}

export const streamsOf = (seed: number): Readonly<Record<Concern, Random>> =>
  Object.fromEntries(CONCERNS.map((concern) => [concern, new Random(`sim/${seed}/${concern}`)])) as Record<
    Concern,
    Random
  >;
