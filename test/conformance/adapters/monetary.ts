/** `monetary-*.json` and `seigniorage.json`: QBIND's engine, recorded in doubles and answered in integers. */
import type {Phase} from "../../../src/codecs/chain/monetary.js";
import {decideEpoch, epochAt} from "../../../src/node/ledger/monetary/engine/decide.js";
import {adviceFor, nextPhase, type Outlook, PHASE_TERMS} from "../../../src/node/ledger/monetary/engine/phases.js";
import {
  averageFees,
  coverageOf,
  issuanceOf,
  limitStep,
  stakeRatioOf,
  targetRate,
} from "../../../src/node/ledger/monetary/engine/rates.js";
import {shareOut, splitIssuance} from "../../../src/node/ledger/monetary/engine/shares.js";
import {type Adapters, byOperation, type Input, Ours, type Output} from "../case.js";

/** Ten minutes each. */
const EPOCHS_PER_YEAR = 52_560n;

const phaseOf = (input: Input): Phase => input.text("phase") as Phase;
const ratio = (input: Input, name: string): bigint => BigInt(Math.round(input.number(name) * 10_000));
const double = (value: number): Ours =>
  new Ours(value, (recorded) => typeof recorded === "number" && Math.abs(recorded - value) < 1e-9);

const ADVICE = {stay: "Stay", advance: "Advance", "hold-back": "HoldBack"} as const;
const outlook = (input: Input, coverageBps: bigint): Outlook => ({
  days: input.big("daysSinceLaunch"),
  bondedBps: ratio(input, "bondedRatio"),
  coverageBps,
  volatilityBps: ratio(input, "feeVolatility"),
});

function decision(input: Input): Output {
  const phase = phaseOf(input);
  const terms = PHASE_TERMS[phase];
  const [fees, staked] = [input.big("smoothedAnnualFeeRevenue"), input.big("totalStakedTokens")];
  const {rateBps, floorApplied, capApplied} = targetRate(fees, staked, terms);
  return {
    ...{floorApplied, capApplied},
    recommendedRInfBps: Number(rateBps),
    // Doubles, of which the reference's own text says that they inform only: ours has no rate but the one above.
    effectiveRTargetAnnual: double((Number(terms.baseBps) * 155) / 1e6),
    recommendedRInfAnnual: new Ours(
      Number(rateBps) / 1e4,
      (recorded) => Math.abs(Number(recorded) * 1e4 - Number(rateBps)) <= 0.5 + 1e-9,
    ),
    recommendation: ADVICE[adviceFor(phase, outlook(input, ratio(input, "feeCoverageRatio")))],
  };
}

const REASONS = {
  final: () => "None",
  "too-early": () => "TimeGateNotMet",
  "economy-not-ready": () => "EconomicGatesNotMet",
  advanced: (to: Phase) => (to === "mature" ? "AdvancedTransitionToMature" : "AdvancedBootstrapToTransition"),
} as const;

function transition(input: Input): Output {
  const {phase, reason} = nextPhase({
    phase: phaseOf(input),
    epoch: input.big("epochIndex"),
    epochsPerYear: EPOCHS_PER_YEAR,
    coverageBps: input.big("feeCoverageBps"),
    stakeRatioBps: input.big("stakeRatioBps"),
  });
  return {nextPhase: phase, reason: REASONS[reason](phase)};
}

function epochForHeight(input: Input): Output {
  const blocks = input.big("blocksPerEpoch");
  // No chain of ours can have epochs of no blocks; the reference stays in its first one.
  const epoch = blocks === 0n ? 0n : epochAt(input.big("height"), blocks);
  return {epoch: Number(epoch), isBoundary: epoch !== input.big("lastEpoch")};
}

const bps = (value: bigint): Output => ({bps: Number(value)});

const averageOf = (
  input: Input,
  averageDust: string,
  feesDust: string,
  {lambdaBps, isFirst}: {lambdaBps: bigint; isFirst: boolean},
) => averageFees(input.big(feesDust), input.big(averageDust), {lambdaBps, isFirst});

const arithmetic = byOperation(
  {
    emaStep: (input) => {
      const terms = {lambdaBps: input.big("lambdaBps"), isFirst: false};
      return {ema: averageOf(input, "prevEma", "fees", terms).toString()};
    },
    computeEmaFeeRevenue: (input) => {
      const {lambdaBps} = PHASE_TERMS[phaseOf(input)];
      const isFirst = input.big("epochIndex") === 0n;
      const average = averageOf(input, "previousEma", "rawEpochFees", {lambdaBps, isFirst});
      return {
        emaFeesPerEpoch: average.toString(),
        smoothedAnnualFeeRevenue: (average * input.big("epochsPerYear")).toString(),
      };
    },
    clampInflationRateChange: (input) =>
      bps(
        limitStep(
          input.big("boundedBps"),
          input.has("prevBps") ? input.big("prevBps") : null,
          input.big("maxDeltaBps"),
        ),
      ),
    computeStakeRatioBps: (input) => bps(stakeRatioOf(input.big("stakedSupply"), input.big("circulatingSupply"))),
    computeFeeCoverageRatioBps: (input) => {
      // The reference takes a rate below one basis point for none.
      const baseBps = BigInt(Math.floor(input.number("rTargetAnnual") * 10_000 + 1e-9));
      return bps(coverageOf(input.big("smoothedAnnualFeeRevenue"), {stakedDust: input.big("stakedSupply"), baseBps}));
    },
    computePhaseTransition: transition,
    epochForHeight,
  },
  "fn",
);

function epochStep(input: Input): Output {
  const result = decideEpoch({
    epoch: input.big("epochIndex"),
    epochsPerYear: input.big("epochsPerYear"),
    feesDust: input.big("rawEpochFees"),
    stakedDust: input.big("stakedSupply"),
    circulatingDust: input.big("circulatingSupply"),
    phase: phaseOf(input),
    averageFeesDust: input.big("previousEma"),
    rateBps: input.has("prevRInfAnnualBps") ? input.big("prevRInfAnnualBps") : null,
  });
  const phase = phaseOf(input);
  return {
    capApplied: result.capApplied,
    floorApplied: result.floorApplied,
    emaFeesPerEpoch: result.averageFeesDust.toString(),
    smoothedAnnualFeeRevenue: result.annualFeesDust.toString(),
    epochIssuance: result.issuanceDust.toString(),
    feeCoverageRatioBps: Number(result.coverageBps),
    stakeRatioBps: Number(result.stakeRatioBps),
    rInfAnnualBps: Number(result.rateBps),
    phasePrev: phase,
    phase: result.phase,
    phaseTransitionApplied: result.phaseReason === "advanced",
    recommendation: ADVICE[adviceFor(phase, outlook(input, result.coverageBps))],
  };
}

const splitOf = (input: Input, totalDust: bigint) => {
  const split = input.object("split");
  return splitIssuance(totalDust, {
    validatorsBps: split.number("validatorsBps"),
    insuranceBps: split.number("insuranceBps"),
    communityBps: split.number("communityBps"),
  });
};

const named = ({validatorsDust, treasuryDust, insuranceDust, communityDust}: ReturnType<typeof splitIssuance>) => ({
  toValidators: validatorsDust.toString(),
  toTreasury: treasuryDust.toString(),
  toInsurance: insuranceDust.toString(),
  toCommunity: communityDust.toString(),
});

/** The reference gives what does not divide to whoever is listed last, and ours to whoever has the most stake. */
function rewardsOf(totalDust: bigint, stakes: readonly Input[]) {
  const weights = stakes.map((stake) => stake.big("stake"));
  return stakes.map((stake, i) => ({
    validatorId: stake.number("validatorId"),
    reward: shareOut(totalDust, weights, weights.length - 1)[i]!,
  }));
}

function validatorRewards(input: Input): Output {
  const stakes = input.objects("stakes");
  if (stakes.reduce((sum, stake) => sum + stake.big("stake"), 0n) !== input.big("expectedStakedSupply")) return null;
  const rewards = rewardsOf(input.big("total"), stakes);
  return {
    rewards: rewards.map(({validatorId, reward}) => ({validatorId, reward: reward.toString()})),
    totalDistributed: rewards.reduce((sum, {reward}) => sum + reward, 0n).toString(),
  };
}

function wholeEpoch(input: Input): Output {
  const mode = input.text("mode");
  const isPaid = mode === "active" && !input.has("failCreditTo");
  const issuance = issuanceOf(input.big("stakedSupply"), input.big("rInfAnnualBps"), input.big("epochsPerYear"));
  const totalDust = mode === "off" ? 0n : issuance;
  const split = splitOf(input, totalDust);
  const accounts = input.object("accounts");
  const paid: [string, bigint][] = [
    [accounts.text("treasury"), split.treasuryDust],
    [accounts.text("insurance"), split.insuranceDust],
    [accounts.text("community"), split.communityDust],
    ...rewardsOf(split.validatorsDust, input.objects("stakes")).map(({validatorId, reward}): [string, bigint] => [
      validatorId.toString(16).padStart(2, "0") + "aa".repeat(31),
      reward,
    ]),
  ];
  return {
    balancesUpdated: isPaid,
    credits: isPaid ? paid.map(([account, dust]) => ({account, amount: dust.toString(), ok: true})) : [],
    ...named(split),
    totalIssuance: totalDust.toString(),
  };
}

const seigniorage = byOperation(
  {
    computeSeigniorageSplit: (input) => named(splitOf(input, input.big("totalIssuance"))),
    computeEpochIssuance: (input) => ({
      issuance: issuanceOf(
        input.big("stakedSupply"),
        input.big("rInfAnnualBps"),
        input.big("epochsPerYear"),
      ).toString(),
    }),
    computeValidatorRewards: validatorRewards,
    processEpochSeigniorage: wholeEpoch,
  },
  "fn",
);

export const monetaryAdapters: Adapters = {
  "monetary-arithmetic": arithmetic,
  "monetary-decision": decision,
  "monetary-epochs": (input) => ({steps: input.objects("steps").map(epochStep)}),
  seigniorage,
};
