/** Limits on what one address may cost, in verifications of one signature rather than in requests. */

export interface RateLimitOptions {
  /** Units that an address earns back each second. */
  readonly unitsPerSecond: number;
  /** Units that an idle address may spend at once. */
  readonly burstUnits: number;
  /** Addresses that are remembered; beyond it the one that was quiet longest is forgotten. */
  readonly maxAddresses: number;
}

export const DEFAULT_RATE_LIMIT: RateLimitOptions = {unitsPerSecond: 200, burstUnits: 1_000, maxAddresses: 20_000};

/**
 * Generic cell rate algorithm (ITU-T I.371): one number per address, the time at which it would be back to idle.
 */
export class RateLimiter {
  readonly #idleAtMs = new Map<string, number>();
  readonly #msPerUnit: number;
  readonly #toleranceMs: number;

  constructor(private readonly options: RateLimitOptions) {
    this.#msPerUnit = 1_000 / options.unitsPerSecond;
    this.#toleranceMs = options.burstUnits * this.#msPerUnit;
  }

  /** Charges `units` to `address` and returns 0, or returns the milliseconds to wait and charges nothing. */
  take(address: string, units: number, nowMs: number): number {
    const idleAt = Math.max(this.#idleAtMs.get(address) ?? 0, nowMs) + units * this.#msPerUnit;
    const waitMs = idleAt - nowMs - this.#toleranceMs;
    if (waitMs > 0) return waitMs;
    // A Map keeps insertion order: taking the key out first makes it the youngest.
    this.#idleAtMs.delete(address);
    this.#idleAtMs.set(address, idleAt);
    if (this.#idleAtMs.size > this.options.maxAddresses) this.#idleAtMs.delete(this.#idleAtMs.keys().next().value!);
    return 0;
  }

  /** Takes back a charge of `units`. An address that was forgotten since has nothing to get. */
  giveBack(address: string, units: number): void {
    const idleAt = this.#idleAtMs.get(address);
    if (idleAt !== undefined) this.#idleAtMs.set(address, idleAt - units * this.#msPerUnit);
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#idleAtMs.size;
  }
}

/**
 * The block of addresses that share a limit: an IPv4 address, or the /64 of an IPv6 address, since one host owns all
 * of that.
 */
export function addressBlock(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  if (mapped) return mapped[1]!;
  if (!ip.includes(":")) return ip;
  const [head = "", tail] = ip.replace(/%.*$/, "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(Math.max(gap, 0)).fill("0"), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
