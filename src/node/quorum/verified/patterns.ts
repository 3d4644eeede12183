/**
 * Whether a query stands in a pattern with earlier ones, on shares of all of them: it repeats one, it differs from one in a
 * single input, it is on a line with two. Each question is whether a polynomial in public random weights is 0 everywhere, so it
 * is asked at weights that were drawn after the queries were fixed; what is opened is the value there times a random one.
 *
 * With d = x - y, and S_k(d) the sum of u_j j^k d_j over the inputs j from 1 on, for random u:
 * - x repeats y where S_0(d) is 0;
 * - they differ in at most one input where S_0 S_2 - S_1^2 is: that is the sum of u_i u_j (i - j)^2 d_i d_j over i < j;
 * - x is on a line with y and z where S_0(d) S_1(e) - S_1(d) S_0(e) is, for e = x - z: the sum of
 *   u_i u_j (j - i) (d_i e_j - d_j e_i) over i < j. Where y is z, it says nothing.
 *
 * The point where all inputs are 0 counts as an earlier query: a query of one input alone differs from it in one.
 *
 * All queries of one input are on a line. There what counts is a repeat, and three of them at equal steps.
 */
import {concat} from "../../../codecs/bytes.js";
import {packElements} from "../field/bytes.js";
import {P} from "../field/field.js";
import {countOf, dot, elementAt, isZero, subtract, zeros} from "../field/vector.js";
import {type Authenticated, CHECK_ROUNDS, type Holder, halves, joinAll, sliceOf} from "./authenticated.js";
import type {Online} from "./online.js";
import type {Protocol} from "./protocol.js";
import {drawChallenges} from "./prss.js";

/** Patterns that a query stands in with earlier ones. */
export interface Patterns {
  /** It is an earlier one. Then the others say nothing, and are not told. */
  readonly repeat: boolean;
  /** It differs in one input from an earlier one that it is not. */
  readonly grid: boolean;
  /** It is on a line with two others; for programs of one input, the three are at equal steps. */
  readonly line: boolean;
}

/** What a query adds to the score of its client. */
export const scoreOf = ({repeat, grid, line}: Patterns): number => Number(repeat) + Number(grid) + Number(line);

/** Queries that are compared, of a program with so many inputs. */
export interface Compared {
  readonly inputs: number;
  readonly earlier: number;
}

export interface PatternCost {
  /** Without those of the checks. */
  readonly triples: number;
  /** Of MACs, before what is told is opened. */
  readonly checks: number;
  readonly rounds: number;
}

/** Until public weights are drawn. */
const DRAW_ROUNDS = 2;
const pairsOf = (count: number): number => (count * (count - 1)) / 2;

/** Rounds of the draw, products of each round after it, and questions whose answers are opened. */
function shapeOf({inputs, earlier}: Compared) {
  if (inputs === 0) return {draws: 0, layers: [], tests: 0};
  if (inputs === 1) {
    const pairs = pairsOf(earlier);
    return {draws: 0, layers: pairs === 0 ? [] : [pairs, pairs], tests: earlier + pairs};
  }
  const points = earlier + 1;
  const products = 2 * (points + pairsOf(points));
  return {draws: DRAW_ROUNDS, layers: [products], tests: products};
}

/** Of `findPatterns`: 2 P (P + 1) triples for P points, the one where all is 0 too; for one input P + 3 P (P - 1) / 2. */
export function patternCost(compared: Compared): PatternCost {
  const {draws, layers, tests} = shapeOf(compared);
  if (tests === 0) return {triples: 0, checks: 0, rounds: 0};
  const triples = layers.reduce((sum, products) => sum + products, tests);
  return {triples, checks: 1, rounds: draws + layers.length + 1 + CHECK_ROUNDS + 1};
}

/** Inputs of a query, and of those that it is compared with. */
interface Asked {
  readonly query: Authenticated;
  readonly earlier: readonly Authenticated[];
}

/**
 * Patterns of a query with earlier ones. What comes out is to be believed once the MACs of all that was opened are checked.
 * Each answer is wrong with probability below 4 / p.
 * @param online with a check to spend, which has none before this one
 * @throws RuleError EVALUATION_ABORTED
 */
export function* findPatterns(online: Online, holder: Holder, {query, earlier}: Asked): Protocol<Patterns> {
  const inputs = countOf(query.shares);
  if (shapeOf({inputs, earlier: earlier.length}).tests === 0) return {repeat: false, grid: false, line: false};
  return inputs === 1
    ? yield* findSteps(online, holder, {query, earlier})
    : yield* findShapes(online, holder, {query, earlier});
}

function* findShapes(online: Online, holder: Holder, {query, earlier}: Asked): Protocol<Patterns> {
  const {field} = holder.party;
  const inputs = countOf(query.shares);
  // Whoever chose the queries has not known the weights: they are drawn when all of them are fixed.
  const weights = (yield* drawChallenges(holder.party))(inputs);
  const indices = packElements(Array.from({length: inputs}, (_, at) => BigInt(at + 1)));
  const once = field.multiply(weights, indices);
  const [s0, s1, s2] = [weights, once, field.multiply(once, indices)].map((each) => {
    const sum = (value: Authenticated): Authenticated => halves((half) => dot(field, each, half(value)));
    const [of, ...others] = [query, ...earlier].map(sum) as [Authenticated, ...Authenticated[]];
    // The last point is where all inputs are 0.
    return joinAll([...others.map((other) => minus(holder, of, other)), of]);
  }) as [Authenticated, Authenticated, Authenticated];
  const points = earlier.length + 1;
  const pairs = allPairs(points);
  const [y, z] = [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])];
  const [a, b] = [picked(s0, y), picked(s0, z)];
  const left = joinAll([s0, s1, a, picked(s1, y)]);
  const right = joinAll([s2, s1, picked(s1, z), b]);
  const products = yield* multiply(online, left, right);
  const part = (from: number, count: number): Authenticated => sliceOf(products, from, from + count);
  const one = minus(holder, part(0, points), part(points, points));
  const both = minus(holder, part(2 * points, pairs.length), part(2 * points + pairs.length, pairs.length));
  const zero = yield* areZero(online, holder, joinAll([s0, one, minus(holder, a, b), both]));
  const [same, near] = [zero.slice(0, points), zero.slice(points, 2 * points)];
  const [equal, inLine] = [zero.slice(2 * points, 2 * points + pairs.length), zero.slice(2 * points + pairs.length)];
  if (same.slice(0, -1).includes(true)) return {repeat: true, grid: false, line: false};
  return {
    repeat: false,
    grid: near.includes(true),
    line: pairs.some(([first, second], at) => inLine[at] && !equal[at] && !same[first] && !same[second]),
  };
}

/** Of three numbers x, y, z one is half the sum of the others where (2 d - e) (2 e - d) (d + e) is 0. */
function* findSteps(online: Online, holder: Holder, {query, earlier}: Asked): Protocol<Patterns> {
  const {field} = holder.party;
  const d = joinAll(earlier.map((each) => minus(holder, query, each)));
  const pairs = allPairs(earlier.length);
  const [y, z] = [
    picked(
      d,
      pairs.map((pair) => pair[0]),
    ),
    picked(
      d,
      pairs.map((pair) => pair[1]),
    ),
  ];
  const sum = (one: bigint, other: bigint): Authenticated =>
    halves((half) => field.combine(packElements([one, other]), concat(half(y), half(z))));
  let steps = NONE;
  if (pairs.length > 0) {
    const two = yield* multiply(online, sum(2n, P - 1n), sum(P - 1n, 2n));
    steps = yield* multiply(online, two, sum(1n, 1n));
  }
  const zero = yield* areZero(online, holder, joinAll([d, steps]));
  if (zero.slice(0, earlier.length).includes(true)) return {repeat: true, grid: false, line: false};
  return {repeat: false, grid: false, line: zero.slice(earlier.length).includes(true)};
}

/**
 * Whether values are 0, and nothing else of them: each is opened times a random value. What that takes is opened before, behind
 * another random value, and its MACs are checked first: whoever moved a value could test a guess of it otherwise.
 */
function* areZero(online: Online, holder: Holder, values: Authenticated): Protocol<readonly boolean[]> {
  const {field} = holder.party;
  const {a, b, c} = online.take(countOf(values.shares));
  const masked = yield* online.open(minus(holder, values, a));
  yield* online.check();
  const opened = yield* online.open(halves((half) => field.add(half(c), field.multiply(masked, half(b)))));
  return Array.from({length: countOf(opened)}, (_, at) => isZero(elementAt(opened, at)));
}

function* multiply(online: Online, x: Authenticated, y: Authenticated): Protocol<Authenticated> {
  return (yield* online.answer({open: NONE, x, y})).products;
}

const NONE: Authenticated = {shares: zeros(0), macs: zeros(0)};

const minus = ({party: {field}}: Holder, x: Authenticated, y: Authenticated): Authenticated =>
  halves((half) => subtract(field, half(x), half(y)));

/** Places of two that are not the same, the lower first. */
const allPairs = (count: number): readonly (readonly [number, number])[] =>
  Array.from({length: count}, (_, second) =>
    Array.from({length: second}, (_, first) => [first, second] as const),
  ).flat();

const picked = (value: Authenticated, places: readonly number[]): Authenticated =>
  places.length === 0 ? NONE : joinAll(places.map((at) => sliceOf(value, at, at + 1)));
