/**
 * Shared randomness without interaction: pseudo-random secret sharing (Cramer, Damgard, Ishai, 2005). For each set A of
 * n - t custodians its members share a key; every t others miss one key, so what all keys give together is random to
 * them.
 */
import {concat, equalBytes, utf8} from "../../../codecs/bytes.js";
import {shake256} from "../../../codecs/hash.js";
import {add, mul} from "../field/field.js";
import {elementOf} from "../field/random.js";
import {lagrangeWeights} from "../sharing/shamir.js";
import {commit, exchangeCommitted} from "./commitment.js";
import {abort, compareHeard, exchange, type Party, type Protocol, tooFew} from "./protocol.js";

const DOMAIN = utf8("qvm/draws/1");
const KEY_BYTES = 32;
const ELEMENT_BYTES = 16;

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

/** One custodian's source of shared randomness. Everybody must draw the same things in the same order. */
export class SharedRandomness {
  readonly #sets: readonly KeyedSet[];
  #counter = 0n;

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
  randoms(count: number): bigint[] {
    const counter = this.#counter++;
    const sums = Array<bigint>(count).fill(0n);
    for (const {key, factor} of this.#sets)
      for (const [at, value] of expand(key, {counter, term: 0}, count).entries())
        sums[at] = add(sums[at]!, value * factor);
    return sums;
  }

  /** This custodian's shares of 0, of degree 2t. */
  zeros(count: number): bigint[] {
    const counter = this.#counter++;
    const {x, t} = this.party;
    const sums = Array<bigint>(count).fill(0n);
    for (const {key, factor} of this.#sets)
      for (let power = mul(x, factor), term = 1; term <= t; term++, power = mul(power, x))
        for (const [at, value] of expand(key, {counter, term}, count).entries())
          sums[at] = add(sums[at]!, value * power);
    return sums;
  }
}

/**
 * Field elements from a key, one hash for all of them: a hash for each took two thirds of the preprocessing. Each is
 * 127 bits, drawn again in the one case that they are p.
 */
function expand(key: Uint8Array, {counter, term}: {counter: bigint; term: number}, count: number): bigint[] {
  const block = (at: number, attempt: number, size: number): Uint8Array => {
    const place = new Uint8Array(20);
    const view = new DataView(place.buffer);
    view.setBigUint64(0, counter);
    for (const [position, value] of [term, at, attempt].entries()) view.setUint32(8 + 4 * position, value);
    return shake256(concat(key, place), size);
  };
  const bytes = block(0, 0, count * ELEMENT_BYTES);
  return Array.from({length: count}, (_, at) => {
    let value = elementOf(bytes.subarray(at * ELEMENT_BYTES, (at + 1) * ELEMENT_BYTES));
    for (let attempt = 1; value === null; attempt++) value = elementOf(block(at, attempt, ELEMENT_BYTES));
    return value;
  });
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

/**
 * Public challenges that nobody chose: everybody commits to 32 bytes, then shows them. What was shown is compared before
 * it is used: a custodian that was shown something else would send shares that fit no one's, and be named for it.
 * @returns draws the next challenge
 * @throws RuleError EVALUATION_ABORTED
 */
export function* drawChallenges(party: Party): Protocol<() => bigint> {
  const shown = yield* exchangeCommitted(party, party.random(KEY_BYTES));
  yield* compareHeard(party);
  const seed = shake256(concat(...shown.map((part) => part ?? new Uint8Array())), KEY_BYTES);
  return challengesFrom(seed);
}

const CHALLENGES_AT_ONCE = 256;

function challengesFrom(seed: Uint8Array): () => bigint {
  let counter = 0n;
  let ready: bigint[] = [];
  return () => {
    if (ready.length === 0) ready = expand(seed, {counter: counter++, term: 0}, CHALLENGES_AT_ONCE);
    return ready.pop()!;
  };
}
