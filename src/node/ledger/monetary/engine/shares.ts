/**
 * Who receives what is issued.
 * Source: spec/bft-ledger.md 7.3; vectors/qbind/seigniorage.json.
 */
import {WHOLE_BPS} from "./rates.js";

/** Parts in basis points; the treasury has what they leave of 10,000. */
export interface SplitBps {
  readonly validatorsBps: number;
  readonly insuranceBps: number;
  readonly communityBps: number;
}

export interface SplitDust {
  readonly validatorsDust: bigint;
  readonly treasuryDust: bigint;
  readonly insuranceDust: bigint;
  readonly communityDust: bigint;
}

/** Each part rounded down; what does not divide is the treasury's. */
export function splitIssuance(totalDust: bigint, {validatorsBps, insuranceBps, communityBps}: SplitBps): SplitDust {
  const part = (bps: number): bigint => (totalDust * BigInt(bps)) / WHOLE_BPS;
  const [validatorsDust, insuranceDust, communityDust] = [part(validatorsBps), part(insuranceBps), part(communityBps)];
  const treasuryDust = totalDust - validatorsDust - insuranceDust - communityDust;
  return {validatorsDust, treasuryDust, insuranceDust, communityDust};
}

/**
 * Shares of `totalDust` by weight, each rounded down, in the order of `weights`.
 * @param rest index of whoever has what does not divide
 */
export function shareOut(totalDust: bigint, weights: readonly bigint[], rest: number): bigint[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  if (whole === 0n) return weights.map(() => 0n);
  const shares = weights.map((weight) => (totalDust * weight) / whole);
  shares[rest]! += totalDust - shares.reduce((sum, share) => sum + share, 0n);
  return shares;
}

/** Index of the largest weight, the first of equals. */
export const largestOf = (weights: readonly bigint[]): number =>
  weights.reduce((best, weight, i) => (weight > weights[best]! ? i : best), 0);
