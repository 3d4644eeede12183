/**
 * The three phases of issuance by stake: what each aims at, and when one gives way to the next. All rates are in basis
 * points.
 * Source: spec/bft-ledger.md 7.1 and 7.2.
 */
import type {Advice, Phase, PhaseReason} from "../../../../codecs/chain/monetary.js";

export interface PhaseTerms {
  /** Yearly issuance for the staked, before the premium and before what fees already pay. */
  readonly baseBps: bigint;
  readonly floorBps: bigint;
  readonly capBps: bigint;
  /** Weight of the newest epoch's fees in their moving average. */
  readonly lambdaBps: bigint;
  /** Most that the rate moves in one epoch. */
  readonly maxStepBps: bigint;
}

export const PHASE_TERMS: Readonly<Record<Phase, PhaseTerms>> = {
  bootstrap: {baseBps: 500n, floorBps: 0n, capBps: 1_200n, lambdaBps: 700n, maxStepBps: 25n},
  transition: {baseBps: 400n, floorBps: 0n, capBps: 1_000n, lambdaBps: 300n, maxStepBps: 10n},
  mature: {baseBps: 300n, floorBps: 100n, capBps: 800n, lambdaBps: 150n, maxStepBps: 5n},
};

/** What has to hold before a phase ends. */
interface Gate {
  readonly next: Phase;
  readonly years: bigint;
  readonly coverageBps: bigint;
  readonly stakeRatioBps: bigint;
}

const GATES: Readonly<Partial<Record<Phase, Gate>>> = {
  bootstrap: {next: "transition", years: 3n, coverageBps: 2_000n, stakeRatioBps: 3_000n},
  transition: {next: "mature", years: 7n, coverageBps: 5_000n, stakeRatioBps: 4_000n},
};

/** What the chain has come to. */
export interface Standing {
  readonly phase: Phase;
  readonly epoch: bigint;
  readonly epochsPerYear: bigint;
  readonly coverageBps: bigint;
  readonly stakeRatioBps: bigint;
}

/** The phase of the next epoch: one step at a time, never back. */
export function nextPhase({phase, epoch, epochsPerYear, coverageBps, stakeRatioBps}: Standing): {
  phase: Phase;
  reason: PhaseReason;
} {
  const gate = GATES[phase];
  if (!gate) return {phase, reason: "final"};
  if (epoch < gate.years * epochsPerYear) return {phase, reason: "too-early"};
  if (coverageBps < gate.coverageBps || stakeRatioBps < gate.stakeRatioBps) return {phase, reason: "economy-not-ready"};
  return {phase: gate.next, reason: "advanced"};
}

/** What a person would look at; ratios are in basis points. */
export interface Outlook {
  readonly days: bigint;
  readonly bondedBps: bigint;
  readonly coverageBps: bigint;
  /** Mean distance of an epoch's fees from their average, over that average. */
  readonly volatilityBps: bigint;
}

const ADVISED: Readonly<Partial<Record<Phase, Outlook>>> = {
  bootstrap: {days: 1_095n, bondedBps: 5_000n, coverageBps: 3_000n, volatilityBps: 20_000n},
  transition: {days: 2_555n, bondedBps: 5_000n, coverageBps: 6_000n, volatilityBps: 15_000n},
};

/** What to do about the phase, for people: nothing follows from it. */
export function adviceFor(phase: Phase, {days, bondedBps, coverageBps, volatilityBps}: Outlook): Advice {
  const wanted = ADVISED[phase];
  if (!wanted || days < wanted.days) return "stay";
  const ready =
    bondedBps >= wanted.bondedBps && coverageBps >= wanted.coverageBps && volatilityBps <= wanted.volatilityBps;
  return ready ? "advance" : "hold-back";
}
