/**
 * How often a miner's claims could not be true, over a window of its newest proofs, and what share of a reward that
 * would leave it. Advice: rewards are consensus, and what one node has happened to see is not.
 * Source: QSDM mining protocol, section 22.1.
 */
import type {Verdict} from "./check.js";

export type VerdictClass = "match" | "mismatch_major" | "mismatch_minor" | "unknown_sku" | "skipped";

/** The class that counts for a window. */
export const classOf = ({kind, mismatches}: Verdict): VerdictClass => {
  if (kind !== "mismatch") return kind;
  return mismatches.some(({severity}) => severity === "major") ? "mismatch_major" : "mismatch_minor";
};

/** Values outside of what makes sense fall back to the usual ones. */
export interface PenaltySettings {
  /** Verdicts, 10 at least. */
  readonly windowSize: number;
  /** Share of major mismatches from which on the multiplier counts, above 0 and at most 100. */
  readonly thresholdPct: number;
  /** Above 0 and at most 1. */
  readonly multiplier: number;
  /** Verdicts below which nobody is judged, 1 at least. */
  readonly minObservations: number;
}

export const DEFAULT_PENALTY: PenaltySettings = {
  windowSize: 1_000,
  thresholdPct: 10,
  multiplier: 0.75,
  minObservations: 50,
};

export const resolvePenalty = (asked: PenaltySettings): PenaltySettings => ({
  windowSize: asked.windowSize >= 10 ? asked.windowSize : DEFAULT_PENALTY.windowSize,
  thresholdPct: asked.thresholdPct > 0 && asked.thresholdPct <= 100 ? asked.thresholdPct : DEFAULT_PENALTY.thresholdPct,
  multiplier: asked.multiplier > 0 && asked.multiplier <= 1 ? asked.multiplier : DEFAULT_PENALTY.multiplier,
  minObservations: asked.minObservations >= 1 ? asked.minObservations : DEFAULT_PENALTY.minObservations,
});

export interface PenaltySnapshot {
  readonly minerAddr: string;
  readonly windowSize: number;
  readonly windowFilled: number;
  /** Major ones. */
  readonly mismatchCount: number;
  readonly unknownSkuCount: number;
  readonly matchCount: number;
  readonly mismatchPct: number;
  readonly thresholdPct: number;
  readonly overThreshold: boolean;
  readonly belowMinObservations: boolean;
  readonly multiplier: number;
  /** Unix seconds; 0 for a miner that was never seen. */
  readonly lastObservedAt: bigint;
}

interface Window {
  readonly classes: VerdictClass[];
  lastObservedAt: bigint;
}

export class PenaltyWindows {
  readonly settings: PenaltySettings;
  readonly #windows = new Map<string, Window>();

  /** @param maxMiners addresses that are remembered; beyond it the one that was quiet longest is forgotten */
  constructor(
    asked: PenaltySettings = DEFAULT_PENALTY,
    private readonly maxMiners = 10_000,
  ) {
    this.settings = resolvePenalty(asked);
  }

  observe(minerAddr: string, verdict: VerdictClass, nowSeconds: bigint): void {
    const window = this.#windows.get(minerAddr) ?? {classes: [], lastObservedAt: 0n};
    window.classes.push(verdict);
    if (window.classes.length > this.settings.windowSize) window.classes.shift();
    window.lastObservedAt = nowSeconds;
    // A Map keeps insertion order: taking the key out first makes it the youngest.
    this.#windows.delete(minerAddr);
    this.#windows.set(minerAddr, window);
    if (this.#windows.size > this.maxMiners) this.#windows.delete(this.#windows.keys().next().value!);
  }

  snapshot(minerAddr: string): PenaltySnapshot {
    const {windowSize, thresholdPct, multiplier, minObservations} = this.settings;
    const window = this.#windows.get(minerAddr);
    const classes = window?.classes ?? [];
    const count = (wanted: VerdictClass): number => classes.filter((each) => each === wanted).length;
    const mismatchCount = count("mismatch_major");
    const mismatchPct = classes.length === 0 ? 0 : (100 * mismatchCount) / classes.length;
    const below = classes.length < minObservations;
    const overThreshold = !below && mismatchPct >= thresholdPct;
    return {
      minerAddr,
      windowSize,
      windowFilled: classes.length,
      mismatchCount,
      unknownSkuCount: count("unknown_sku"),
      matchCount: count("match"),
      mismatchPct,
      thresholdPct,
      overThreshold,
      // The reference says of a miner that it never saw that it has seen enough.
      belowMinObservations: window !== undefined && below,
      multiplier: overThreshold ? multiplier : 1,
      lastObservedAt: window?.lastObservedAt ?? 0n,
    };
  }

  /** Miners that are remembered. */
  get size(): number {
    return this.#windows.size;
  }
}
