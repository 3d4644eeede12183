/**
 * Bounds on how many peers one neighbourhood may hold, so that whoever owns a few cannot surround a node. Source:
 * bft-ledger 10.5; vectors `p2p-peers`, kinds diversity and antiEclipse.
 */
import type {Locate} from "./prefix.js";

export interface DiversityRules {
  /** Peers in one near neighbourhood, */
  readonly maxNear: number;
  /** and in one wide one. */
  readonly maxWide: number;
  /** Near neighbourhoods that the peers which this node chose should be in. */
  readonly minBuckets: number;
  /** Largest share of chosen peers in one near neighbourhood, in 1/10,000. */
  readonly maxFractionBps: number;
  /**
   * Chosen peers from which on the share counts. The reference counts it from the second peer, where any share is a
   * half, and so can never leave its first peer.
   */
  readonly fractionFrom: number;
}

/** Of a main network. */
export const STRICT_DIVERSITY: DiversityRules = {
  maxNear: 2,
  maxWide: 8,
  minBuckets: 4,
  maxFractionBps: 2_500,
  fractionFrom: 4,
};

export type DiversityRefusal = "prefix24" | "prefix16" | "max_fraction";

export interface Placed {
  readonly host: string;
  /** Whether this node chose it. */
  readonly outbound: boolean;
}

const count = <T>(map: Map<T, number>, key: T): number => map.get(key) ?? 0;

export class Diversity {
  readonly #near = new Map<string, number>();
  readonly #wide = new Map<string, number>();
  readonly #chosen = new Map<string, number>();

  constructor(
    private readonly rules: DiversityRules,
    private readonly locate: Locate,
    peers: Iterable<Placed> = [],
  ) {
    for (const peer of peers) this.add(peer);
  }

  /** Why one more peer there is one too many, or null. */
  refusal({host, outbound}: Placed): DiversityRefusal | null {
    const place = this.locate(host);
    const {maxNear, maxWide, maxFractionBps, fractionFrom} = this.rules;
    if (place && count(this.#near, place.near) >= maxNear) return "prefix24";
    if (place && count(this.#wide, place.wide) >= maxWide) return "prefix16";
    const after = this.outboundTotal + 1;
    if (!outbound || after <= fractionFrom) return null;
    const share = ((place ? count(this.#chosen, place.near) : 0) + 1) * 10_000;
    return Math.floor(share / after) > maxFractionBps ? "max_fraction" : null;
  }

  add({host, outbound}: Placed): void {
    const place = this.locate(host);
    if (!place) return;
    this.#near.set(place.near, count(this.#near, place.near) + 1);
    this.#wide.set(place.wide, count(this.#wide, place.wide) + 1);
    if (outbound) this.#chosen.set(place.near, count(this.#chosen, place.near) + 1);
  }

  get outboundTotal(): number {
    return [...this.#chosen.values()].reduce((sum, each) => sum + each, 0);
  }
  /** Near neighbourhoods that chosen peers are in, */
  get distinctBuckets(): number {
    return this.#chosen.size;
  }
  /** and the largest share of one of them, in 1/10,000. */
  get maxFractionBps(): number {
    const total = this.outboundTotal;
    return total === 0 ? 0 : Math.floor((Math.max(...this.#chosen.values()) * 10_000) / total);
  }
  get wideNeighbourhoods(): number {
    return this.#wide.size;
  }
  /** Whether the chosen peers are too much alike. */
  get violated(): boolean {
    const {minBuckets, maxFractionBps} = this.rules;
    return this.distinctBuckets < minBuckets || this.maxFractionBps > maxFractionBps;
  }
}
