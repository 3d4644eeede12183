/**
 * Transactions that wait for a block: one queue by nonce for each sender, the best price first across senders. A queue
 * is never reordered, so a sender's own lower nonce cannot starve behind a higher one.
 */
import {RuleError} from "../../../errors.js";
import {isOwnForm, type Transaction} from "../../ledger/chain/transaction.js";
import {chargedGas, coversBase, coversFloor, offerOf} from "../../ledger/monetary/fees.js";
import type {FeeParams} from "../../ledger/params/chain-params.js";
import type {Waiting} from "./estimate.js";

/** Bounds that keep a flood from one sender, or from everyone, out of memory. */
export interface PoolLimits {
  readonly maxTransactions: number;
  readonly maxBytes: number;
  readonly maxPerSender: number;
  /** Bytes of one sender's transactions together. */
  readonly maxBytesPerSender: number;
  /** How far above the account's nonce a transaction may wait. */
  readonly maxNonceGap: bigint;
  /** How far above the tip an expiry may lie: what cannot be included must go away by itself. */
  readonly maxExpiryBlocks: bigint;
  /** Evictions in one window: above them a newcomer is refused, so that a storm of bids cannot churn what others wait for. */
  readonly maxEvictions: number;
  readonly evictionWindowMs: bigint;
}

export const DEFAULT_POOL_LIMITS: PoolLimits = {
  maxTransactions: 10_000,
  maxBytes: 128 * 1024 * 1024,
  maxPerSender: 64,
  maxBytesPerSender: 8 * 1024 * 1024,
  maxNonceGap: 64n,
  maxExpiryBlocks: 10_000n,
  maxEvictions: 1_000,
  evictionWindowMs: 10_000n,
};

/** By how much a bid has to exceed the one that it replaces, in per cent. */
const REPLACEMENT_PERCENT = 10n;

/** What a transaction would pay, and for how much: the price is their ratio. */
export interface Bid {
  readonly feeDust: bigint;
  /** What it is charged for, above 0. */
  readonly gas: bigint;
  /** What it takes of a block. */
  readonly usesGas: bigint;
}

interface Entry {
  readonly transaction: Transaction;
  /** At the present base fee. */
  bid: Bid;
  /** Order of arrival decides between equal prices and fees. */
  readonly arrival: number;
}

/** What bids are held against: the present base fee, and the least that it can fall to. */
export type Prices = Pick<FeeParams, "baseFeeDust" | "floorDust">;

/** Nonce that the next transaction of an address must carry. */
export type NonceOf = (address: string) => bigint;

/** The chain as the pool sees it. */
export interface PoolGround {
  readonly nonceOf: NonceOf;
  /** Height of the tip. */
  readonly height: bigint;
}

/** Fee that a transaction has to bid to take the place of another; never nothing, or it would be free to churn. */
const feeOfPlace = ({feeDust}: Bid): bigint => (feeDust * (100n + REPLACEMENT_PERCENT) + 99n) / 100n || 1n;

const nonceTaken = (nonce: bigint, neededDust: bigint): RuleError =>
  new RuleError("POOL_NONCE_TAKEN", `another transaction with nonce ${nonce} is waiting`, {
    hint: `bid at least ${neededDust} dust and no lower tip to replace it, or use the next nonce`,
    details: {nonce, needed_dust: neededDust},
  });

/** Where and when a transaction is added. */
export interface PoolMoment {
  readonly nonceOf: NonceOf;
  /** Milliseconds of any clock. */
  readonly nowMs: bigint;
}

export class Pool {
  readonly #byId = new Map<string, Entry>();
  readonly #queues = new Map<string, Map<bigint, Entry>>();
  /** Ids that clients chose, of those that wait. */
  readonly #clientIds = new Set<string>();
  #bytes = 0;
  #arrivals = 0;
  #window = {startMs: 0n, evictions: 0};
  #fees: Prices = {baseFeeDust: 0n, floorDust: 0n};

  constructor(private readonly limits: PoolLimits = DEFAULT_POOL_LIMITS) {}

  get size(): number {
    return this.#byId.size;
  }

  has(txId: string): boolean {
    return this.#byId.has(txId);
  }

  get(txId: string): Transaction | undefined {
    return this.#byId.get(txId)?.transaction;
  }

  /**
   * The base fee moved: every bid is what its transaction offers now. What does not cover it waits for it to fall; it
   * offers its cap, which is less than what anybody pays who is ahead of it.
   * @param gasOf what transactions take of a block now, where that changed too
   */
  reprice({baseFeeDust, floorDust}: Prices, gasOf?: (transaction: Transaction) => bigint): void {
    const moved = baseFeeDust !== this.#fees.baseFeeDust;
    this.#fees = {baseFeeDust, floorDust};
    if (!moved && !gasOf) return;
    for (const entry of this.#byId.values()) {
      const {transaction, bid} = entry;
      const usesGas = gasOf ? gasOf(transaction) : bid.usesGas;
      entry.bid = {feeDust: offerOf(transaction.content, usesGas, this.#fees), gas: chargedGas(usesGas), usesGas};
    }
  }

  #isPayable({transaction: {content}, bid: {usesGas}}: Entry): boolean {
    return coversBase(content, usesGas, this.#fees);
  }

  /**
   * Refuses what has no place here, without looking at its signature.
   * @throws RuleError POOL_DUPLICATE, EXPIRY_TOO_FAR, NONCE_USED, NONCE_TOO_HIGH, POOL_NONCE_TAKEN, POOL_SENDER_FULL
   */
  check({txId, clientId, content, authority, bytes}: Transaction, {nonceOf, height}: PoolGround): void {
    const {sender, nonce, expiresAtHeight} = content;
    if (this.#byId.has(txId)) throw new RuleError("POOL_DUPLICATE", `transaction ${txId} is already waiting`);
    if (clientId !== null && this.#clientIds.has(clientId))
      throw new RuleError("POOL_DUPLICATE", `transaction ${clientId} is already waiting`);
    // QSDM's envelopes have no expiry to choose.
    if (isOwnForm(authority) && expiresAtHeight > height + this.limits.maxExpiryBlocks)
      throw new RuleError(
        "EXPIRY_TOO_FAR",
        `expires at height ${expiresAtHeight}, at most ${this.limits.maxExpiryBlocks} above the tip at ${height}`,
        {hint: "sign it again with an earlier expiry"},
      );
    const next = nonceOf(sender);
    if (nonce < next)
      throw new RuleError("NONCE_USED", `nonce ${nonce} is spent, the account is at ${next}`, {
        hint: "ask the node for the account's nonce and sign again",
        details: {nonce, expected: next},
      });
    if (nonce > next + this.limits.maxNonceGap)
      throw new RuleError("NONCE_TOO_HIGH", `nonce ${nonce} is too far above ${next}`, {
        details: {nonce, expected: next},
      });
    const queue = this.#queues.get(sender);
    const taken = queue?.get(nonce);
    // What bids too little even at its cap is not worth a look at its signature.
    if (taken && content.maxFeeDust < feeOfPlace(taken.bid)) throw nonceTaken(nonce, feeOfPlace(taken.bid));
    if (!taken && (queue?.size ?? 0) >= this.limits.maxPerSender)
      throw new RuleError("POOL_SENDER_FULL", `${this.limits.maxPerSender} transactions of ${sender} are waiting`);
    const kept = bytesIn(queue) - (taken?.transaction.bytes.length ?? 0);
    if (kept + bytes.length > this.limits.maxBytesPerSender)
      throw new RuleError(
        "POOL_SENDER_FULL",
        `${kept} bytes of ${sender} are waiting, and ${bytes.length} more would be above ${this.limits.maxBytesPerSender}`,
      );
  }

  /**
   * Adds a checked transaction under its bid. It takes the place of one with its nonce when it bids a tenth more and no
   * lower tip. A full pool makes room by what cannot be included yet, then by the lowest prices, always at the end of a
   * sender's queue.
   * @returns ids of what had to go
   * @throws RuleError POOL_NONCE_TAKEN; POOL_FULL when it bids no more than what is there, POOL_EVICTIONS when too much had to go of late;
   *   nothing has gone then
   */
  add(transaction: Transaction, bid: Bid, moment: PoolMoment): readonly string[] {
    const replaced = this.#replaceable(transaction, bid);
    const entry = {transaction, bid, arrival: this.#arrivals++};
    if (replaced) this.remove(replaced.transaction.txId);
    try {
      const evicted = this.#makeRoom(entry, moment);
      this.#put(entry);
      return replaced ? [replaced.transaction.txId, ...evicted] : evicted;
    } catch (error) {
      if (replaced) this.#put(replaced);
      throw error;
    }
  }

  /** What `transaction` may take the place of. @throws RuleError POOL_NONCE_TAKEN when it bids too little */
  #replaceable({content, authority}: Transaction, {feeDust}: Bid): Entry | undefined {
    const {sender, nonce, tipDust} = content;
    const taken = this.#queues.get(sender)?.get(nonce);
    if (!taken) return undefined;
    const neededDust = feeOfPlace(taken.bid);
    // The id of a QSDM envelope is its client's promise: it is not taken back.
    const mayReplace = isOwnForm(authority) && isOwnForm(taken.transaction.authority);
    if (mayReplace && feeDust >= neededDust && tipDust >= taken.transaction.content.tipDust) return taken;
    throw nonceTaken(nonce, neededDust);
  }

  #put(entry: Entry): void {
    const {transaction} = entry;
    const {sender, nonce} = transaction.content;
    this.#byId.set(transaction.txId, entry);
    if (transaction.clientId !== null) this.#clientIds.add(transaction.clientId);
    const queue = this.#queues.get(sender) ?? new Map<bigint, Entry>();
    this.#queues.set(sender, queue.set(nonce, entry));
    this.#bytes += transaction.bytes.length;
  }

  /** Dust that a sender's waiting transactions may cost in fees, without the one at the nonce `but`. */
  pledgedDust(sender: string, but: bigint | null = null): bigint {
    let sum = 0n;
    for (const [nonce, {bid}] of this.#queues.get(sender) ?? []) if (nonce !== but) sum += bid.feeDust;
    return sum;
  }

  /** Whether any waiting transaction but those in `held` could be in the next block, at the base fee of now. */
  hasReady(nonceOf: NonceOf, held: ReadonlySet<string> = new Set()): boolean {
    for (const [sender, queue] of this.#queues) {
      const head = queue.get(nonceOf(sender));
      if (head && this.#isPayable(head) && !held.has(head.transaction.txId)) return true;
    }
    return false;
  }

  #isFull(bytes: number): boolean {
    return this.#byId.size >= this.limits.maxTransactions || this.#bytes + bytes > this.limits.maxBytes;
  }

  #makeRoom(entry: Entry, {nonceOf, nowMs}: PoolMoment): readonly string[] {
    const {bytes, content} = entry.transaction;
    const evicted: Entry[] = [];
    try {
      while (this.#isFull(bytes.length)) {
        const worst = this.#worstTail(nonceOf);
        const reachable = content.nonce <= this.nextNonce(content.sender, nonceOf);
        if (
          !worst ||
          !reachable ||
          worst.sender === content.sender ||
          (!worst.gapped && compareBids(worst.entry.bid, entry.bid) >= 0n)
        )
          throw new RuleError("POOL_FULL", "the pool is full", {
            hint: "raise --fee, or try again after the next block",
          });
        this.#checkEvictions(evicted.length, nowMs);
        this.remove(worst.entry.transaction.txId);
        evicted.push(worst.entry);
      }
    } catch (error) {
      // Whoever gets no place takes none from others.
      for (const each of evicted) this.#put(each);
      throw error;
    }
    this.#window.evictions += evicted.length;
    return evicted.map(({transaction}) => transaction.txId);
  }

  /** Windows stand still: one begins with the first eviction after the last one ended. */
  #checkEvictions(pending: number, nowMs: bigint): void {
    const {maxEvictions, evictionWindowMs} = this.limits;
    if (nowMs - this.#window.startMs >= evictionWindowMs) this.#window = {startMs: nowMs, evictions: 0};
    if (this.#window.evictions + pending < maxEvictions) return;
    throw new RuleError("POOL_EVICTIONS", `the pool is full, and ${maxEvictions} transactions had to go of late`, {
      hint: "try again in some seconds",
      details: {window_ms: evictionWindowMs},
    });
  }

  /** The last transaction of some sender that is missed least: behind a gap, then by the lowest price, then the youngest. */
  #worstTail(nonceOf: NonceOf): {sender: string; entry: Entry; gapped: boolean} | null {
    let worst: {sender: string; entry: Entry; gapped: boolean} | null = null;
    for (const [sender, queue] of this.#queues) {
      const last = [...queue.keys()].reduce((a, b) => (a > b ? a : b));
      const entry = queue.get(last)!;
      const gapped = last >= this.nextNonce(sender, nonceOf);
      const worse = !worst || (gapped === worst.gapped ? before(worst.entry, entry) : gapped);
      if (worse) worst = {sender, entry, gapped};
    }
    return worst;
  }

  remove(txId: string): void {
    const entry = this.#byId.get(txId);
    if (!entry) return;
    const {sender, nonce} = entry.transaction.content;
    this.#byId.delete(txId);
    if (entry.transaction.clientId !== null) this.#clientIds.delete(entry.transaction.clientId);
    this.#bytes -= entry.transaction.bytes.length;
    const queue = this.#queues.get(sender)!;
    queue.delete(nonce);
    if (queue.size === 0) this.#queues.delete(sender);
  }

  /** Nonce that `sender` should sign next, counting what is waiting. */
  nextNonce(sender: string, nonceOf: NonceOf): bigint {
    const queue = this.#queues.get(sender);
    let nonce = nonceOf(sender);
    while (queue?.has(nonce)) nonce++;
    return nonce;
  }

  /**
   * Up to `count` transactions in the order a block should try them: nonces in sequence, best prices first. One that does
   * not cover the base fee holds up those behind it.
   * @param isWanted the others are passed over, and count for the sequence all the same
   */
  select(count: number, nonceOf: NonceOf, isWanted: (txId: string) => boolean = () => true): Transaction[] {
    const heads = new BidHeap();
    for (const [sender, queue] of this.#queues) {
      const entry = queue.get(nonceOf(sender));
      if (entry && this.#isPayable(entry)) heads.push(entry);
    }
    const out: Transaction[] = [];
    for (let best = heads.pop(); best && out.length < count; best = heads.pop()) {
      if (isWanted(best.transaction.txId)) out.push(best.transaction);
      const {sender, nonce} = best.transaction.content;
      const next = this.#queues.get(sender)!.get(nonce + 1n);
      if (next && this.#isPayable(next)) heads.push(next);
    }
    return out;
  }

  /** Everything that waits as it competes for a block, best price first. */
  bids(): Waiting[] {
    return [...this.#byId.values()]
      .sort((a, b) => (before(a, b) ? -1 : 1))
      .map(({bid, transaction: {content}}) => ({bid, maxFeeDust: content.maxFeeDust}));
  }

  #isHopeless({transaction: {content}, bid: {usesGas}}: Entry): boolean {
    return !coversFloor(content, usesGas, this.#fees);
  }

  /** Ids of everything that can no longer be included: spent nonces, passed expiries, caps that no base fee falls to. */
  stale(height: bigint, nonceOf: NonceOf): string[] {
    const out: string[] = [];
    for (const [sender, queue] of this.#queues) {
      const next = nonceOf(sender);
      for (const [nonce, entry] of queue) {
        const {content, txId} = entry.transaction;
        if (nonce < next || content.expiresAtHeight < height || this.#isHopeless(entry)) out.push(txId);
      }
    }
    return out;
  }
}

const bytesIn = (queue: ReadonlyMap<bigint, Entry> | undefined): number => {
  let sum = 0;
  for (const {transaction} of queue?.values() ?? []) sum += transaction.bytes.length;
  return sum;
};

/** Above zero when `a` bids more for each unit of gas, or more in all at the same price. */
const compareBids = (a: Bid, b: Bid): bigint => a.feeDust * b.gas - b.feeDust * a.gas || a.feeDust - b.feeDust;

function before(a: Entry, b: Entry): boolean {
  const order = compareBids(a.bid, b.bid);
  return order === 0n ? a.arrival < b.arrival : order > 0n;
}

/** Binary heap, best price on top. */
class BidHeap {
  readonly #items: Entry[] = [];

  push(entry: Entry): void {
    const items = this.#items;
    let at = items.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!before(items[at]!, items[up]!)) break;
      [items[at], items[up]] = [items[up]!, items[at]!];
      at = up;
    }
  }

  pop(): Entry | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (items.length === 0 || !last) return top;
    items[0] = last;
    for (let at = 0; ; ) {
      let best = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < items.length && before(items[child]!, items[best]!)) best = child;
      if (best === at) return top;
      [items[at], items[best]] = [items[best]!, items[at]!];
      at = best;
    }
  }
}
