/**
 * Numbers of triples and masks, of which each coordinator of the roster has a space of its own. No two then hand out one
 * number, and none takes what was made for another.
 */
import {evaluatePayload, type Job, stockPayload} from "../../../codecs/quorum/strict/job.js";
import {RuleError} from "../../../errors.js";
import type {Range} from "./store.js";

/** Eight spaces, as many as a roster has coordinators at most, lie below 2^63, which is what a disk holds. */
const SPACE_BITS = 59n;

/** First number of the coordinator at that place in the roster. */
export const firstNumberOf = (coordinator: number): bigint => BigInt(coordinator) << SPACE_BITS;
/** Place of the coordinator whose number it is. */
export const coordinatorOf = (number: bigint): number => Number(number >> SPACE_BITS);

const isOf = (coordinator: number, {first, count}: Range): boolean =>
  coordinatorOf(first) === coordinator && coordinatorOf(first + BigInt(count)) === coordinator;

/** Those of `ranges` that are a coordinator's. */
export const rangesOf = (coordinator: number, ranges: readonly Range[]): readonly Range[] =>
  ranges.filter(({first}) => coordinatorOf(first) === coordinator);

/** @throws RuleError NUMBERS_FOREIGN */
export function checkNumbers(coordinator: number, range: Range): void {
  if (isOf(coordinator, range)) return;
  throw new RuleError("NUMBERS_FOREIGN", `numbers from ${range.first} on are not coordinator ${coordinator}'s`, {
    hint: "a coordinator gives out what was made for it",
  });
}

/** Whether the numbers that a job names are those of the coordinator that asks for it. @throws RuleError NUMBERS_FOREIGN */
export function checkJobNumbers(coordinator: number, {kind, payload}: Job): void {
  if (kind === "evaluate")
    return checkNumbers(coordinator, {first: evaluatePayload.decode(payload).firstTriple, count: 0});
  if (kind !== "stock") return;
  const {firstTriple, triples, firstMask, masks} = stockPayload.decode(payload);
  checkNumbers(coordinator, {first: firstTriple, count: triples});
  checkNumbers(coordinator, {first: firstMask, count: masks});
}
