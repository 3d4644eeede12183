/**
 * Random bits that nobody knows (Damgard and others, 2006): of a random value a its square is opened, and a is one of the two
 * roots of it. Each takes one stored triple: a b = c gives the square as c + (a - b) a, with nothing opened but a - b, which
 * the random b hides.
 *
 * Whoever moves a - b by e has a^2 + e a opened instead: a is known then up to two values, and what comes out is no bit. The
 * MACs of both openings have to be checked before anything is hidden behind the bits.
 */
import {ELEMENT_BYTES, packElements} from "../field/bytes.js";
import {inv} from "../field/field.js";
import {type Arithmetic, countOf, isZero, repeated, slice, subtract, TOGETHER, type Vector} from "../field/vector.js";
import {type Authenticated, type AuthenticatedTriples, constants, type Holder, halves} from "./authenticated.js";
import {abort} from "./protocol.js";
import {opening, type Subprotocol} from "./subprotocol.js";

const ONE = packElements([1n]);
const HALF = packElements([inv(2n)]);

/**
 * As many bits as there are triples.
 * @throws RuleError EVALUATION_ABORTED where a square is 0: once in 2^127, or because somebody moved it
 */
export function* randomBits(holder: Holder, {a, b, c}: AuthenticatedTriples): Subprotocol<Authenticated> {
  const {field} = holder.party;
  const count = countOf(a.shares);
  const difference = yield* opening(halves((half) => subtract(field, half(a), half(b))));
  const squares = yield* opening(halves((half) => field.add(half(c), field.multiply(difference, half(a)))));
  for (let at = 0; at < count; at++) if (isZero(slice(squares, at, at + 1))) abort("zero-square");
  const inverses = inverseRoots(field, squares);
  const one = constants(holder, repeated(ONE, count));
  // a over one of its two possible values is 1 or -1.
  return halves((half) => field.combine(HALF, field.add(field.multiply(inverses, half(a)), half(one))));
}

/** 125 below its topmost bit: from u^(2^1 - 1) on, 1 is doubled by each and one more where it is set. */
const ROOT_STEPS = [1, 1, 1, 1, 0, 1] as const;

/**
 * One over a square root of each square. The root is u^(2^125), as p + 1 is 2^127; squares have an order that divides
 * 2^126 - 1, so u^(2^125 - 1) is its inverse. Squares are public.
 */
function inverseRoots(field: Arithmetic, squares: Vector): Vector {
  const out = new Uint8Array(squares.length);
  const spare = new Uint8Array(Math.min(TOGETHER * ELEMENT_BYTES, squares.length));
  for (let at = 0; at < countOf(squares); at += TOGETHER) {
    const end = Math.min(at + TOGETHER, countOf(squares));
    const base = slice(squares, at, end);
    let [power, next] = [slice(out, at, end), slice(spare, 0, end - at)];
    power.set(base);
    // The power is u^(2^ones - 1).
    let ones = 1;
    for (const more of ROOT_STEPS) {
      field.multiply(power, power, next);
      for (let squared = 1; squared < ones; squared++) field.multiply(next, next, next);
      field.multiply(next, power, next);
      ones *= 2;
      if (more === 1) {
        field.multiply(next, next, next);
        field.multiply(next, base, next);
        ones++;
      }
      [power, next] = [next, power];
    }
    slice(out, at, end).set(power);
  }
  return out;
}
