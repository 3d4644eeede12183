/** Statements about whole and fixed-point numbers: quotients, products with a shift, the curves of neural networks. */
import {least} from "./comparisons.js";
import type {Expansion} from "./expansion.js";

type Operands = readonly string[];

/**
 * Restoring division, a bit of the quotient at a time: where what is left is less than the divisor times 2^i, bit i is
 * 0 and it stays. A divisor of 0 never is greater, and all bits are 1; so they are where the quotient has more.
 */
export function div(to: Expansion, [a = "", b = ""]: Operands, bits: number): void {
  const multiples = [b];
  while (multiples.length < bits) multiples.push(doubled(to, multiples.at(-1)!));
  let rest = a;
  let missing: string | null = null;
  for (let at = bits - 1; at >= 0; at--) {
    const multiple = multiples[at]!;
    const isLess = to.wire("lt", rest, multiple);
    missing = missing === null ? isLess : to.wire("add", doubled(to, missing), isLess);
    if (at > 0) rest = to.wire("add", to.wire("sub", rest, multiple), to.wire("mul", isLess, multiple));
  }
  to.end("sub", to.constant((1n << BigInt(bits)) - 1n), missing!);
}

export const fixmul = (to: Expansion, [a = "", b = ""]: Operands, bits: number): void =>
  to.endShifted(to.wire("mul", a, b), bits);

export function sigmoid(to: Expansion, [x = ""]: Operands, bits: number): void {
  const {isNegative, value, one} = halfSigmoid(to, x, bits);
  to.end("mux", isNegative, to.wire("sub", one, value), value);
}

/** 2 sigmoid(2 x) - 1. */
export function tanh(to: Expansion, [x = ""]: Operands, bits: number): void {
  const {isNegative, value, one} = halfSigmoid(to, doubled(to, x), bits);
  const positive = to.wire("sub", doubled(to, value), one);
  to.end("mux", isNegative, to.wire("neg", positive), positive);
}

/**
 * The logistic function of the magnitude of x by four lines whose slopes are powers of two, the least of which counts:
 * x/4 + 1/2, x/8 + 5/8, x/32 + 27/32 and 1. Off by less than 0.019. Lines of Amin, Curtis and Hayes-Gill (1997).
 */
function halfSigmoid(to: Expansion, x: string, bits: number) {
  const unit = 1n << BigInt(bits);
  const isNegative = to.wire("lt", x, to.constant(0n));
  const magnitude = to.wire("mux", isNegative, to.wire("neg", x), x);
  const four = doubled(to, doubled(to, magnitude));
  // In units of 1/32, so that one shift divides all of them.
  const lines = [
    to.wire("add", doubled(to, four), to.constant(16n * unit)),
    to.wire("add", four, to.constant(20n * unit)),
    to.wire("add", magnitude, to.constant(27n * unit)),
    to.constant(32n * unit),
  ];
  return {isNegative, value: to.shifted(least(to, lines), 5), one: to.constant(unit)};
}

const doubled = (to: Expansion, wire: string): string => to.wire("add", wire, wire);
