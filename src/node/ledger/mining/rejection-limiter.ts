/**
 * How often one miner address may get into the log of rejections: a bucket of tokens for each, refilled with time.
 * Source: QSDM mining protocol, section 18.3; it does not limit how many addresses there are.
 */
import {hexOf, utf8} from "../../../codecs/bytes.js";
import {sha256} from "../../../codecs/hash.js";

export interface RejectionLimits {
  /** Entries that an address earns back each second; 0 and below limit nothing. */
  readonly perSecond: number;
  /** Entries that a new address may make at once; below 1 five seconds' worth. */
  readonly burst: number;
  /** How long a quiet address is remembered; 0 and below is an hour. */
  readonly idleSeconds: number;
}

/** Admissions between two looks for addresses to forget. */
const SWEEP_EVERY = 1_024;
const HOUR_SECONDS = 3_600;
/** Addresses that are remembered; beyond it the one that was quiet longest is forgotten. */
const MAX_ADDRESSES = 20_000;

interface Bucket {
  tokens: number;
  atMs: bigint;
}

export class RejectionLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #burst: number;
  readonly #idleMs: bigint;
  #admissions = 0;

  constructor(
    private readonly limits: RejectionLimits,
    private readonly maxAddresses = MAX_ADDRESSES,
  ) {
    this.#burst = limits.burst < 1 ? Math.max(1, 5 * limits.perSecond) : limits.burst;
    this.#idleMs = BigInt(Math.round((limits.idleSeconds > 0 ? limits.idleSeconds : HOUR_SECONDS) * 1_000));
  }

  /** Takes a token of `address`, if there is one. An entry without an address is never limited. */
  admit(address: string, nowMs: bigint): boolean {
    const {perSecond} = this.limits;
    if (perSecond <= 0 || address === "") return true;
    // Senders choose their address, and how long it is.
    const key = hexOf(sha256(utf8(address)));
    const bucket = this.#buckets.get(key) ?? {tokens: this.#burst, atMs: nowMs};
    const elapsedSeconds = Number(nowMs - bucket.atMs) / 1_000;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + Math.max(0, elapsedSeconds) * perSecond);
    bucket.atMs = nowMs;
    // A Map keeps insertion order: taking the key out first makes it the youngest.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.maxAddresses) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (++this.#admissions % SWEEP_EVERY === 0) this.#sweep(nowMs);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  #sweep(nowMs: bigint): void {
    for (const [key, {atMs}] of this.#buckets) if (nowMs - atMs > this.#idleMs) this.#buckets.delete(key);
  }
}
