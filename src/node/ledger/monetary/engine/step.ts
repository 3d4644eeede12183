/**
 * The engine at work: fees are counted in each block, and the last block of an epoch decides what it comes to and, in
 * active mode, pays it (docs/decisions/0081-monetary-engine.md).
 */
import {U64_MAX} from "../../../../codecs/amount.js";
import {validatorIdOf} from "../../../../codecs/chain/validator-payloads.js";
import type {LedgerEvent} from "../../chain/events.js";
import type {ChainParams, MonetaryParams} from "../../params/chain-params.js";
import type {State} from "../../state/state.js";
import {EPOCH_KEY, epochFees, type MonetaryRecord, monetary, stakes} from "../../state/stores.js";
import {votersOf} from "../../validators/election.js";
import {isCandidate} from "../../validators/stake.js";
import {MINING_CAP_DUST} from "../emission.js";
import {expectedDust, mint, supplyOf} from "../supply.js";
import {decideEpoch, epochAt} from "./decide.js";
import {type Outlook, PHASE_TERMS} from "./phases.js";
import {averageFees, WHOLE_BPS} from "./rates.js";
import {largestOf, shareOut, splitIssuance} from "./shares.js";

/** What the last epoch looks like to whoever decides about phases; days are counted in epochs. */
export function outlookOf(
  {epoch, stakeRatioBps, coverageBps, averageFeesDust, averageDeviationDust}: MonetaryRecord,
  {epochsPerYear}: Pick<MonetaryParams, "epochsPerYear">,
): Outlook {
  return {
    days: (epoch * 365n) / epochsPerYear,
    bondedBps: stakeRatioBps,
    coverageBps,
    volatilityBps: averageFeesDust === 0n ? 0n : (averageDeviationDust * WHOLE_BPS) / averageFeesDust,
  };
}

/** What the last epoch came to; `null` before the first has ended. */
export const monetaryOf = (state: State): MonetaryRecord | null => state.get(monetary, EPOCH_KEY) ?? null;

/** Fees paid since the epoch began. */
export const epochFeesOf = (state: State): bigint => state.get(epochFees, EPOCH_KEY)?.paidDust ?? 0n;

/** Where nothing burns, whoever proposes gets its own fees back and can pay them again: they have no bound. */
const countedFees = (feesDust: bigint): bigint => (feesDust < U64_MAX ? feesDust : U64_MAX);

interface Staked {
  readonly owner: string;
  readonly stakeDust: bigint;
}

/** Who is paid: those who vote and neither leave nor sit in jail, in order of id. */
function stakedIn(state: State, params: ChainParams): readonly Staked[] {
  return votersOf(state)
    .map(({publicKey}) => validatorIdOf(publicKey))
    .sort()
    .flatMap((id) => {
      const stake = state.get(stakes, id);
      return stake && isCandidate(stake, params) ? [{owner: stake.owner, stakeDust: stake.stakeDust}] : [];
    });
}

/**
 * Counts the fees of the block at `height`, and ends the epoch with it where it is the last of one.
 * @param feesDust all that its transactions paid, burned or not
 */
export function stepMonetary(
  state: State,
  {height, params}: {height: bigint; params: ChainParams},
  feesDust: bigint,
): LedgerEvent[] {
  const terms = params.monetary;
  if (terms === null) return [];
  const paidDust = countedFees(epochFeesOf(state) + feesDust);
  const epoch = epochAt(height, terms.epochBlocks);
  if (epoch === epochAt(height + 1n, terms.epochBlocks)) {
    if (feesDust > 0n) state.put(epochFees, EPOCH_KEY, {paidDust});
    return [];
  }
  state.remove(epochFees, EPOCH_KEY);
  const staked = stakedIn(state, params);
  const record = recordOf(state, {epoch, terms, feesDust: paidDust, staked});
  state.put(monetary, EPOCH_KEY, record);
  if (terms.mode === "active") pay(state, record, {terms, staked});
  return [{type: "epoch-decided", record, isPaid: terms.mode === "active"}];
}

interface Ended {
  readonly epoch: bigint;
  readonly terms: MonetaryParams;
  readonly feesDust: bigint;
  readonly staked: readonly Staked[];
}

function recordOf(state: State, {epoch, terms, feesDust, staked}: Ended): MonetaryRecord {
  const before = monetaryOf(state);
  const phase = before?.phase ?? "bootstrap";
  const books = supplyOf(state);
  const stakedDust = staked.reduce((sum, {stakeDust}) => sum + stakeDust, 0n);
  const circulatingDust = expectedDust(books);
  const {
    annualFeesDust: _,
    issuanceDust,
    ...decided
  } = decideEpoch({
    epoch,
    epochsPerYear: terms.epochsPerYear,
    feesDust,
    stakedDust,
    circulatingDust,
    phase,
    averageFeesDust: before?.averageFeesDust ?? 0n,
    rateBps: before?.rateBps ?? null,
  });
  // The cap of the currency stands above every rate.
  const leftDust = MINING_CAP_DUST - books.minedDust;
  const issuedDust = staked.length === 0 ? 0n : issuanceDust < leftDust ? issuanceDust : leftDust;
  return {
    ...{epoch, feesDust, stakedDust, circulatingDust, issuedDust},
    ...decided,
    ...splitIssuance(issuedDust, terms),
    averageDeviationDust: deviationOf(feesDust, before, PHASE_TERMS[phase].lambdaBps),
  };
}

/** Averaged as the fees are; the first epoch has nothing to be far from. */
function deviationOf(feesDust: bigint, before: MonetaryRecord | null, lambdaBps: bigint): bigint {
  if (before === null) return 0n;
  const {averageFeesDust, averageDeviationDust} = before;
  const apart = feesDust > averageFeesDust ? feesDust - averageFeesDust : averageFeesDust - feesDust;
  return averageFees(apart, averageDeviationDust, {lambdaBps, isFirst: false});
}

function pay(
  state: State,
  {treasuryDust, insuranceDust, communityDust, validatorsDust}: MonetaryRecord,
  {terms, staked}: {terms: MonetaryParams; staked: readonly Staked[]},
): void {
  mint(state, terms.treasury, treasuryDust);
  mint(state, terms.insurance, insuranceDust);
  mint(state, terms.community, communityDust);
  const weights = staked.map(({stakeDust}) => stakeDust);
  const shares = shareOut(validatorsDust, weights, largestOf(weights));
  for (const [i, {owner}] of staked.entries()) mint(state, owner, shares[i]!);
}
