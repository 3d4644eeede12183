/** Statements that take names, and some of them a number of bits behind those. Each makes the wires of its keyword. */
import {SHIFT_MAX_BITS} from "../../../codecs/quorum/ir.js";
import {abs, argmax, ge, gt, le, max, min, relu} from "./comparisons.js";
import type {Draft} from "./draft.js";
import {refuseSource} from "./draft.js";
import {Expansion} from "./expansion.js";
import {div, fixmul, sigmoid, tanh} from "./fixed-point.js";
import {integerOf} from "./integer.js";
import type {MacroCall} from "./macros.js";

interface Form {
  /** How many it takes; a list has so many or more. */
  readonly operands: number;
  readonly isList?: true;
  /** A number of bits from 1 to `max` stands behind the operands, or may be left out. */
  readonly bits?: {readonly max: number; readonly otherwise?: number};
  expand(to: Expansion, operands: readonly string[], bits: number): void;
}

/** Fractional bits of fixed-point numbers, where a statement does not say them. */
export const FRACTION_BITS = 16;
/** Most bits of a quotient. */
const QUOTIENT_MAX_BITS = 64;

const SHIFT = {max: SHIFT_MAX_BITS};
const FRACTION = {max: SHIFT_MAX_BITS, otherwise: FRACTION_BITS};

const FORMS: Readonly<Record<string, Form>> = {
  shr: {operands: 1, bits: SHIFT, expand: (to, [a = ""], bits) => to.endShifted(a, bits)},
  gt: {operands: 2, expand: gt},
  le: {operands: 2, expand: le},
  ge: {operands: 2, expand: ge},
  abs: {operands: 1, expand: abs},
  relu: {operands: 1, expand: relu},
  min: {operands: 2, isList: true, expand: min},
  max: {operands: 2, isList: true, expand: max},
  argmax: {operands: 2, isList: true, expand: argmax},
  div: {operands: 2, bits: {max: QUOTIENT_MAX_BITS}, expand: div},
  fixmul: {operands: 2, bits: FRACTION, expand: fixmul},
  sigmoid: {operands: 1, bits: FRACTION, expand: sigmoid},
  tanh: {operands: 1, bits: FRACTION, expand: tanh},
};

export const isStatement = (keyword: string): boolean => Object.hasOwn(FORMS, keyword);

/** Words behind the `=` of each statement that takes no list. */
export const STATEMENT_WORDS: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(FORMS).flatMap(([keyword, {operands, isList, bits}]) =>
    isList ? [] : [[keyword, operands + (bits ? 1 : 0)]],
  ),
);

/** @throws DecodeError SOURCE_INVALID */
export function expandStatement(draft: Draft, keyword: string, {line, name, args}: MacroCall): void {
  const {operands: count, isList, bits, expand} = FORMS[keyword]!;
  const needed = count + (bits && bits.otherwise === undefined ? 1 : 0);
  if (args.length < needed)
    refuseSource(line, isList ? `${keyword} requires at least ${count} operands` : "incomplete statement");
  const operands = isList ? args : args.slice(0, count);
  draft.checkDefined(line, operands);
  const literal = bits && args[count];
  const distance =
    literal === undefined ? (bits?.otherwise ?? 0) : numberOf(line, literal, {what: "bits", max: bits!.max});
  expand(new Expansion(draft, line, keyword, name), operands, distance);
}

/** A number from 1 to `max`. @throws DecodeError SOURCE_INVALID */
export function numberOf(
  line: number,
  literal: string,
  {what, max}: {readonly what: string; readonly max: number},
): number {
  const value = integerOf(literal);
  if (value === null || value < 1n || value > BigInt(max))
    refuseSource(line, `number of ${what} from 1 to ${max} expected, not '${literal}'`);
  return Number(value);
}
