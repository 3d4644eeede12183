/** Numbers of triples or masks that enough custodians hold, handed out once each. */
import type {Range} from "./store.js";

/** What lies in every one of `held`. */
export function commonRanges(held: readonly (readonly Range[])[]): Range[] {
  const [first = [], ...others] = held;
  return others.reduce<readonly Range[]>(overlap, first).filter(({count}) => count > 0);
}

const endOf = ({first, count}: Range): bigint => first + BigInt(count);

function overlap(a: readonly Range[], b: readonly Range[]): Range[] {
  return a.flatMap((one) =>
    b.flatMap((other) => {
      const first = one.first > other.first ? one.first : other.first;
      const end = endOf(one) < endOf(other) ? endOf(one) : endOf(other);
      return end > first ? [{first, count: Number(end - first)}] : [];
    }),
  );
}

export class Allocation {
  #ranges: readonly Range[] = [];
  /** Nothing below was not handed out. */
  #next = 0n;

  /** What is left, once what was handed out is taken off. */
  offer(ranges: readonly Range[]): void {
    this.#ranges = overlap(ranges, [{first: this.#next, count: Number.MAX_SAFE_INTEGER}]);
  }

  get left(): number {
    return this.#ranges.reduce((sum, {count}) => sum + count, 0);
  }

  /** Number of the first of `count` in a row, or `null`. */
  take(count: number): bigint | null {
    const range = this.#ranges.find((each) => each.count >= count);
    if (!range) return null;
    this.#next = range.first + BigInt(count);
    this.offer(this.#ranges);
    return range.first;
  }

  /** Nothing is known to be there any more. */
  clear(): void {
    this.#ranges = [];
  }
}
