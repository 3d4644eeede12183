/**
 * What a pool makes of QBIND's `mempool-priority` scripts under the rules of the specification: nothing goes before the
 * newcomer was found good, one transaction for a sender and nonce, and nobody's nonces out of order. Plain lists, searched
 * anew each time: it shares nothing with the pool that it is held against.
 * Source: bft-ledger, sections 5.3 and 5.5; decision 78 for replacing.
 */
import type {Input, Json} from "./case.js";

interface One {
  readonly order: number;
  readonly sender: number;
  readonly nonce: number;
  readonly price: bigint;
  readonly fee: bigint;
}

/** 21,000 + 2 x 2,600 + 2 x 5,000 + 16 for each byte of a payment with a gas limit. */
const GAS = 36_200n + 16n * 72n;

/** Best first. */
const ranked = (a: One, b: One): number =>
  Number(b.price - a.price) || Number(b.fee - a.fee) || (a.order < b.order ? -1 : 1);

export class PriorityPool {
  #waiting: One[] = [];
  readonly #included = new Map<number, number>();
  readonly #byFee: boolean;
  readonly #places: number;
  readonly #gap: number;

  constructor(input: Input) {
    this.#byFee = input.flag("feePriority");
    this.#places = input.number("maxTxs");
    this.#gap = input.number("maxNonceGap");
  }

  insert(each: Input, order: number): string {
    const payload = each.bytes("payload");
    if (payload.length !== 72) return "Invalid";
    const view = new DataView(payload.buffer, payload.byteOffset);
    const [limit, price] = [view.getBigUint64(48), view.getBigUint64(64)];
    if (GAS > limit) return "InsufficientGasLimit";
    const [sender, nonce] = [each.number("sender"), each.number("nonce")];
    if (nonce > this.#gap) return "Invalid";
    const one = {order, sender, nonce, ...(this.#byFee ? {price, fee: limit * price} : {price: 1n, fee: 1n})};
    const taken = this.#waiting.find((other) => other.sender === sender && other.nonce === nonce);
    if (taken) {
      const enough = one.fee > 0n && one.fee * 100n >= taken.fee * 110n;
      if (enough) this.#waiting = [...this.#waiting.filter((other) => other !== taken), one];
      return enough ? "ok" : "Invalid";
    }
    if (this.#waiting.length < this.#places) {
      this.#waiting.push(one);
      return "ok";
    }
    const last = this.#leastMissed();
    const better = last.isGapped || last.one.price < price || (last.one.price === price && last.one.fee < one.fee);
    const mayCome = this.#isReachable(one) && last.one.sender !== sender && (last.isGapped || (this.#byFee && better));
    if (!mayCome) return this.#byFee ? "LowPriorityDropped" : "Full";
    this.#waiting = [...this.#waiting.filter((other) => other !== last.one), one];
    return "ok";
  }

  take(count: number): One[] {
    const out: One[] = [];
    const next = new Map(this.#included);
    while (out.length < count) {
      const heads = this.#waiting.filter(({sender, nonce}) => nonce === (next.get(sender) ?? 0));
      const best = heads.sort(ranked)[0];
      if (!best) break;
      out.push(best);
      next.set(best.sender, best.nonce + 1);
    }
    return out;
  }

  include(list: readonly One[]): void {
    this.#waiting = this.#waiting.filter((each) => !list.includes(each));
    for (const {sender, nonce} of list) this.#included.set(sender, nonce + 1);
  }

  /** Whether every nonce of the sender below it waits. */
  #isReachable({sender, nonce}: One): boolean {
    const own = new Set(this.#waiting.filter((each) => each.sender === sender).map((each) => each.nonce));
    return Array.from({length: nonce}, (_, i) => i).every((each) => own.has(each));
  }

  /** Of the last of each sender: one behind a gap, or else the worst. */
  #leastMissed(): {one: One; isGapped: boolean} {
    const tails = this.#waiting.filter((one) =>
      this.#waiting.every((other) => other.sender !== one.sender || other.nonce <= one.nonce),
    );
    const gapped = tails.filter((one) => !this.#isReachable(one));
    const [isGapped, from] = gapped.length > 0 ? [true, gapped] : [false, tails];
    return {one: from.sort(ranked).at(-1)!, isGapped};
  }
}

/** The whole script. */
export function runPriorityPool(input: Input): Json {
  const pool = new PriorityPool(input);
  const insertResults = input.objects("inserts").map((each, order) => pool.insert(each, order));
  const shown = (list: readonly One[]) => list.map(({sender, nonce}) => `${sender}:${nonce}`);
  const top5 = pool.take(5);
  const all = shown(pool.take(1_000));
  pool.include(top5.slice(0, 2));
  return {insertResults, top5: shown(top5), all, afterRemove: shown(pool.take(1_000))};
}
