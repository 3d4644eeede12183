/**
 * Rates of one epoch, in exact integers: the reference's, which reckons in doubles, to the last basis point.
 * Source: spec/bft-ledger.md 7.2; vectors/qbind/monetary-*.json.
 */
import type {PhaseTerms} from "./phases.js";

export const WHOLE_BPS = 10_000n;
/** What post-quantum signatures cost validators on top: 30 % compute, 15 % bandwidth, 10 % storage. */
const PREMIUM_PERCENT = 155n;
const COVERAGE_MAX_BPS = (1n << 32n) - 1n;

/** Moving average of fees; the first epoch's are the average. @param lambdaBps above one they count as one */
export function averageFees(
  feesDust: bigint,
  averageDust: bigint,
  {lambdaBps, isFirst}: {lambdaBps: bigint; isFirst: boolean},
): bigint {
  if (isFirst && averageDust === 0n) return feesDust;
  const weight = lambdaBps < WHOLE_BPS ? lambdaBps : WHOLE_BPS;
  return (weight * feesDust + (WHOLE_BPS - weight) * averageDust) / WHOLE_BPS;
}

/** Share of what the stake is to earn that fees pay, rounded half up; 0 without stake or base rate. */
export function coverageOf(
  annualFeesDust: bigint,
  {stakedDust, baseBps}: {stakedDust: bigint; baseBps: bigint},
): bigint {
  const due = stakedDust * baseBps;
  if (due === 0n) return 0n;
  const coverage = (2n * annualFeesDust * WHOLE_BPS * WHOLE_BPS + due) / (2n * due);
  return coverage < COVERAGE_MAX_BPS ? coverage : COVERAGE_MAX_BPS;
}

/** Share of the circulating money that is staked; 0 where nothing circulates. */
export function stakeRatioOf(stakedDust: bigint, circulatingDust: bigint): bigint {
  if (circulatingDust === 0n) return 0n;
  const ratio = (stakedDust * WHOLE_BPS) / circulatingDust;
  return ratio < WHOLE_BPS ? ratio : WHOLE_BPS;
}

export interface TargetRate {
  readonly rateBps: bigint;
  readonly floorApplied: boolean;
  readonly capApplied: boolean;
}

/**
 * Yearly rate that is wanted: the base with its premium, less what fees pay. Fees that pay for all of it leave 0, floor
 * or not.
 */
export function targetRate(annualFeesDust: bigint, stakedDust: bigint, terms: PhaseTerms): TargetRate {
  // A fraction of basis points, so that nothing is rounded before floor and cap.
  const wanted = terms.baseBps * PREMIUM_PERCENT;
  const [n, d] =
    stakedDust === 0n ? [wanted, 100n] : [wanted * stakedDust - 1_000_000n * annualFeesDust, 100n * stakedDust];
  if (n < 0n) return {rateBps: 0n, floorApplied: false, capApplied: false};
  const floorApplied = n < terms.floorBps * d;
  const capApplied = (floorApplied ? terms.floorBps * d : n) > terms.capBps * d;
  if (capApplied) return {rateBps: terms.capBps, floorApplied, capApplied};
  if (floorApplied) return {rateBps: terms.floorBps, floorApplied, capApplied};
  return {rateBps: (2n * n + d) / (2n * d), floorApplied, capApplied};
}

/** `rateBps`, no further from the rate before than one step. @param previousBps `null` in the first epoch */
export function limitStep(rateBps: bigint, previousBps: bigint | null, maxStepBps: bigint): bigint {
  if (previousBps === null) return rateBps;
  const low = previousBps > maxStepBps ? previousBps - maxStepBps : 0n;
  const high = previousBps + maxStepBps;
  return rateBps < low ? low : rateBps > high ? high : rateBps;
}

/** Dust that one epoch issues on the staked at a yearly rate, rounded down. */
export const issuanceOf = (stakedDust: bigint, rateBps: bigint, epochsPerYear: bigint): bigint =>
  epochsPerYear === 0n ? 0n : (stakedDust * rateBps) / (epochsPerYear * WHOLE_BPS);
