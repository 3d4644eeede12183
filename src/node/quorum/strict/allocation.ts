/** Numbers of triples or masks that enough custodians hold, handed out once each. */
import {joinedRanges} from "./leases.js";
import type {Range} from "./store.js";

/** What lies in every one of `held`, in order. There are no more of them than in all of `held`, whatever these say. */
export function commonRanges(held: readonly (readonly Range[])[]): readonly Range[] {
  const [first = [], ...others] = held.map((each) => joinedRanges(each.filter(({count}) => count > 0)));
  return others.reduce(overlap, first);
}

const endOf = ({first, count}: Range): bigint => first + BigInt(count);

/** Of ranges in order that lie not on each other. */
function overlap(a: readonly Range[], b: readonly Range[]): Range[] {
  const common: Range[] = [];
  for (let [i, j] = [0, 0]; i < a.length && j < b.length; ) {
    const [one, other] = [a[i]!, b[j]!];
    const first = one.first > other.first ? one.first : other.first;
    const end = endOf(one) < endOf(other) ? endOf(one) : endOf(other);
    if (end > first) common.push({first, count: Number(end - first)});
    if (endOf(one) < endOf(other)) i++;
    else j++;
  }
  return common;
}

/** All numbers from `first` on that anybody will ever come to in one space. */
const from = (first: bigint): Range => ({first, count: Number.MAX_SAFE_INTEGER});

export class Allocation {
  #ranges: readonly Range[] = [];
  /** What was not handed out, or given back. */
  #free: readonly Range[];

  /** @param first below which no number is */
  constructor(first = 0n) {
    this.#free = [from(first)];
  }

  /** What is left, once what was handed out is taken off. */
  offer(ranges: readonly Range[]): void {
    this.#ranges = overlap(ranges, this.#free);
  }

  get left(): number {
    return this.#ranges.reduce((sum, {count}) => sum + count, 0);
  }

  /** Number of the first of `count` in a row, or `null`. What lies below, and is too little, is left out for good. */
  take(count: number): bigint | null {
    const range = this.#ranges.find((each) => each.count >= count);
    if (!range) return null;
    this.#free = overlap(this.#free, [from(range.first + BigInt(count))]);
    this.offer(this.#ranges);
    return range.first;
  }

  /** What was taken and nobody used; it is there again once it is offered. */
  giveBack(range: Range): void {
    this.#free = joinedRanges([range, ...this.#free]);
    this.clear();
  }

  /** Nothing is known to be there any more. */
  clear(): void {
    this.#ranges = [];
  }
}
