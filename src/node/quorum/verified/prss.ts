/**
 * Shared randomness without interaction: pseudo-random secret sharing (Cramer, Damgard, Ishai, 2005). For each set A of
 * n - t custodians its members share a key; every t others miss one key, so what all keys give together is random to
 * them.
 */
import {aesStream} from "../../../codecs/aes-stream.js";
import {concat, equalBytes, utf8} from "../../../codecs/bytes.js";
import {shake256} from "../../../codecs/hash.js";
import {ELEMENT_BYTES, packElements} from "../field/bytes.js";
import {mul, neg, pow} from "../field/field.js";
import {countOf, slice, TOGETHER, toElements, type Vector, zeros} from "../field/vector.js";
import {lagrangeWeights} from "../sharing/shamir.js";
import {commit, type Hidden, hide, show} from "./commitment.js";
import {abort, exchange, type Incoming, type Party, type Protocol, tooFew} from "./protocol.js";

const DOMAIN = utf8("qvm/draws/2");
const KEY_BYTES = 32;

/** All sets of `size` places below n, in lexicographic order. */
export function setsOf(n: number, size: number): readonly (readonly number[])[] {
  const extend = (set: readonly number[]): (readonly number[])[] => {
    if (set.length === size) return [set];
    const first = (set.at(-1) ?? -1) + 1;
    return Array.from({length: n - first}, (_, at) => extend([...set, first + at])).flat();
  };
  return extend([]);
}

interface KeyedSet {
  readonly key: Uint8Array;
  /** Value of the set's polynomial at this custodian: 1 at 0, 0 at everyone outside, of degree t. */
  readonly factor: bigint;
}

/** What one key gives for one use of a draw, and how often it counts. */
interface Term {
  readonly key: Uint8Array;
  readonly term: number;
  readonly factor: bigint;
}

/** One custodian's source of shared randomness. Everybody must draw the same things in the same order. */
export class SharedRandomness {
  readonly #sets: readonly KeyedSet[];
  #counter = 0;

  /**
   * @param keys of this custodian's sets, in the order of `setsOf`
   * @param job what is drawn for, where the keys are used for more than one: nothing is drawn twice, and what two
   * custodians draw for two jobs that were given one number fits not together
   */
  constructor(
    private readonly party: Party,
    keys: readonly Uint8Array[],
    job: Uint8Array = new Uint8Array(),
  ) {
    this.#sets = ownSets(party).map((set, at) => ({
      key: shake256(concat(DOMAIN, keys[at]!, job), KEY_BYTES),
      factor: factorOf(party, set),
    }));
  }

  /** This custodian's shares, of degree t, of `count` values that nobody knows. */
  randoms(count: number): Vector {
    return this.#sum(
      this.#sets.map(({key, factor}) => ({key, term: 0, factor})),
      count,
    );
  }

  /**
   * `products`, shares of degree 2t, with a random value added, so that they tell nothing else: shares of that value, of degree
   * t, and of 0, of degree 2t. And what takes the value off again.
   */
  blind(products: Vector): {readonly blinded: Vector; readonly unblind: Vector} {
    const {x, t} = this.party;
    const powers = Array.from({length: t}, (_, at) => pow(x, BigInt(at + 1)));
    const values = this.#sets.map(({key, factor}) => ({key, term: 0, factor}));
    const ofZero = this.#sets.flatMap(({key, factor}) =>
      powers.map((power, at) => ({key, term: at + 1, factor: mul(factor, power)})),
    );
    const terms = [...values, ...ofZero];
    const sums = [[...terms.map(({factor}) => factor), 1n], values.map(({factor}) => neg(factor))];
    const [blinded = zeros(0), unblind = zeros(0)] = this.#sums(terms, countOf(products), sums, [products]);
    return {blinded, unblind};
  }

  #sum(terms: readonly Term[], count: number): Vector {
    return this.#sums(terms, count, [terms.map(({factor}) => factor)])[0]!;
  }

  /** Sums of what all terms give, and of rows `beside`, times factors; a sum that has fewer is of the first of these. */
  #sums(
    terms: readonly Omit<Term, "factor">[],
    count: number,
    factors: readonly (readonly bigint[])[],
    beside: readonly Vector[] = [],
  ): Vector[] {
    const counter = this.#counter++;
    const streams = terms.map(({key, term}) => new Stream(key, {counter, term}));
    const sums = factors.map((each) => ({weights: packElements(each), rows: each.length, out: zeros(count)}));
    const room = zeros((streams.length + beside.length) * Math.min(TOGETHER, count));
    for (let at = 0; at < count; at += TOGETHER) {
      const many = Math.min(TOGETHER, count - at);
      const rows = [...streams.map((stream) => stream.take(many)), ...beside.map((row) => slice(row, at, at + many))];
      for (const [row, each] of rows.entries()) room.set(each, row * many * ELEMENT_BYTES);
      for (const {weights, rows: first, out} of sums)
        this.party.field.combine(weights, slice(room, 0, first * many), slice(out, at, at + many));
    }
    return sums.map(({out}) => out);
  }
}

/**
 * Uniform field elements from a key: AES-256 in counter mode, 127 bits each. p itself, which comes up once in 2^127, counts
 * as 0.
 */
class Stream {
  readonly #bytes: (size: number) => Uint8Array;

  /** The place of the draw and its term is the block that counting starts at. */
  constructor(key: Uint8Array, {counter, term}: {readonly counter: number; readonly term: number}) {
    const block = new Uint8Array(16);
    const view = new DataView(block.buffer);
    view.setUint32(0, counter);
    view.setUint32(4, term);
    this.#bytes = aesStream(key, block);
  }

  take(count: number): Vector {
    const bytes = this.#bytes(count * ELEMENT_BYTES);
    toElements(bytes);
    return bytes;
  }
}

/**
 * Agrees on the keys: every member adds to the key of each of its sets, commits to it before it sees the others', and
 * shows it to the set's members alone. Needs everyone.
 * @returns keys of this custodian's sets, in the order of `setsOf`
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING
 */
export function* agreeOnKeys(party: Party): Protocol<readonly Uint8Array[]> {
  const {n, t, place} = party;
  const sets = setsOf(n, n - t);
  const of = (member: number): readonly (readonly number[])[] => sets.filter((set) => set.includes(member));
  const own = new Map(of(place).map((set) => [set, party.random(KEY_BYTES)]));
  const commitments = yield* exchange(party, concat(...[...own.values()].map(commit)));
  const shown = yield Array.from({length: n}, (_, to) =>
    concat(...[...own].flatMap(([set, part]) => (set.includes(to) ? [part] : []))),
  );
  const present = shown.filter((message) => message !== null).length;
  if (present < n) tooFew(present, n);
  const parts = new Map(of(place).map((set) => [set, [] as Uint8Array[]]));
  for (let from = 0; from < n; from++) {
    const common = of(from).filter((set) => set.includes(place));
    const message = shown[from]!;
    if (message.length !== common.length * KEY_BYTES) abort("malformed", [from]);
    for (const [at, set] of common.entries()) {
      const part = message.slice(at * KEY_BYTES, (at + 1) * KEY_BYTES);
      const index = of(from).indexOf(set);
      const committed = commitments[from]?.slice(index * KEY_BYTES, (index + 1) * KEY_BYTES) ?? new Uint8Array();
      if (!equalBytes(commit(part), committed)) abort("commitment", [from]);
      parts.get(set)!.push(part);
    }
  }
  return [...parts.values()].map((all) => shake256(concat(...all), KEY_BYTES));
}

/** A source over keys agreed on now. @throws as `agreeOnKeys` */
export function* agreeOnRandomness(party: Party): Protocol<SharedRandomness> {
  return new SharedRandomness(party, yield* agreeOnKeys(party));
}

const ownSets = ({n, t, place}: Party): readonly (readonly number[])[] =>
  setsOf(n, n - t).filter((set) => set.includes(place));

function factorOf({n, x}: Party, set: readonly number[]): bigint {
  const outside = Array.from({length: n}, (_, place) => place).filter((place) => !set.includes(place));
  const [factor] = lagrangeWeights([0n, ...outside.map((place) => BigInt(place + 1))], x);
  return factor!;
}

/** Challenges of a protocol, as many as are asked for. */
export type Challenges = (count: number) => Vector;

/** A custodian's part of a challenge, committed to before it is needed. */
export const hideChallenge = (party: Party): Hidden => hide(party, party.random(KEY_BYTES));

/**
 * Public challenges that nobody chose, of parts that were committed to. Whatever they are about has to be fixed by the
 * message before this one.
 * @throws RuleError EVALUATION_ABORTED
 */
export function* showChallenges(party: Party, hidden: Hidden, commitments: Incoming): Protocol<Challenges> {
  const shown = yield* show(party, hidden, commitments);
  const seed = shake256(concat(...shown.map((part) => part ?? new Uint8Array())), KEY_BYTES);
  const stream = new Stream(seed, {counter: 0, term: 0});
  return (count) => stream.take(count);
}

/** The same, committed to and shown in two rounds. @throws RuleError EVALUATION_ABORTED */
export function* drawChallenges(party: Party): Protocol<Challenges> {
  const hidden = hideChallenge(party);
  return yield* showChallenges(party, hidden, yield* exchange(party, hidden.commitment));
}
