/**
 * What one epoch comes to: average fees, rate, phase, and what is issued.
 * Source: spec/bft-ledger.md 7.2; vectors/qbind/monetary-epochs.json.
 */
import type {Phase, PhaseReason} from "../../../../codecs/chain/monetary.js";
import {nextPhase, PHASE_TERMS} from "./phases.js";
import {averageFees, coverageOf, issuanceOf, limitStep, stakeRatioOf, targetRate} from "./rates.js";

/** Number of the epoch of `height`; block 0 begins the first. */
export const epochAt = (height: bigint, epochBlocks: bigint): bigint => height / epochBlocks;

const YEAR_SECONDS = 365n * 86_400n;

/** Epochs of `epochBlocks` in a year, rounded down. */
export const epochsPerYear = (epochBlocks: bigint, blockTimeSeconds: number): bigint =>
  YEAR_SECONDS / (epochBlocks * BigInt(blockTimeSeconds));

export interface EpochInputs {
  /** Number of the epoch that ends, from 0 on. */
  readonly epoch: bigint;
  readonly epochsPerYear: bigint;
  /** Paid in the epoch, burned or not. */
  readonly feesDust: bigint;
  readonly stakedDust: bigint;
  readonly circulatingDust: bigint;
  /** What the epoch before left. */
  readonly phase: Phase;
  readonly averageFeesDust: bigint;
  /** `null` in the first epoch. */
  readonly rateBps: bigint | null;
}

export interface EpochDecision {
  readonly averageFeesDust: bigint;
  readonly annualFeesDust: bigint;
  readonly coverageBps: bigint;
  readonly stakeRatioBps: bigint;
  readonly rateBps: bigint;
  readonly floorApplied: boolean;
  readonly capApplied: boolean;
  /** Of the next epoch. */
  readonly phase: Phase;
  readonly phaseReason: PhaseReason;
  readonly issuanceDust: bigint;
}

export function decideEpoch(inputs: EpochInputs): EpochDecision {
  const {epoch, epochsPerYear, stakedDust} = inputs;
  const terms = PHASE_TERMS[inputs.phase];
  const averageFeesDust = averageFees(inputs.feesDust, inputs.averageFeesDust, {
    lambdaBps: terms.lambdaBps,
    isFirst: epoch === 0n,
  });
  const annualFeesDust = averageFeesDust * epochsPerYear;
  const coverageBps = coverageOf(annualFeesDust, {stakedDust, baseBps: terms.baseBps});
  const stakeRatioBps = stakeRatioOf(stakedDust, inputs.circulatingDust);
  const target = targetRate(annualFeesDust, stakedDust, terms);
  const rateBps = limitStep(target.rateBps, inputs.rateBps, terms.maxStepBps);
  const {phase, reason} = nextPhase({phase: inputs.phase, epoch, epochsPerYear, coverageBps, stakeRatioBps});
  return {
    ...target,
    ...{averageFeesDust, annualFeesDust, coverageBps, stakeRatioBps, rateBps, phase},
    phaseReason: reason,
    issuanceDust: issuanceOf(stakedDust, rateBps, epochsPerYear),
  };
}
