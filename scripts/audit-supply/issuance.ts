/**
 * Issuance by stake, reckoned again from the specification (docs/decisions/0081-monetary-engine.md): what the end of an epoch
 * pays, and to whom.
 */
import type {MonetaryGenesis} from "../../src/codecs/chain/genesis.js";
import type {Purse} from "../../test/sim/books/purse.js";

/** Who votes and stays, in order of the voting key's digest. */
export interface Staker {
  readonly owner: string;
  readonly dust: bigint;
}

/** The money of the chain when the epoch ends. */
export interface Standing {
  readonly stakers: readonly Staker[];
  readonly circulatingDust: bigint;
  /** Below the cap of what is issued. */
  readonly leftDust: bigint;
}

/** Basis points, but for `years`, which a phase lasts at least, with the coverage and the share of stake that end it. */
interface Phase {
  readonly base: bigint;
  readonly floor: bigint;
  readonly cap: bigint;
  readonly weight: bigint;
  readonly step: bigint;
  readonly until: {readonly years: bigint; readonly coverage: bigint; readonly staked: bigint} | null;
}

const PHASES: readonly Phase[] = [
  {base: 500n, floor: 0n, cap: 1_200n, weight: 700n, step: 25n, until: {years: 3n, coverage: 2_000n, staked: 3_000n}},
  {base: 400n, floor: 0n, cap: 1_000n, weight: 300n, step: 10n, until: {years: 7n, coverage: 5_000n, staked: 4_000n}},
  {base: 300n, floor: 100n, cap: 800n, weight: 150n, step: 5n, until: null},
];
const WHOLE = 10_000n;
const YEAR_SECONDS = 31_536_000n;
const FEES_MAX = 2n ** 64n - 1n;

const roundHalfUp = (numerator: bigint, denominator: bigint): bigint =>
  (2n * numerator + denominator) / (2n * denominator);
const between = (low: bigint, value: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);

export class Issuance {
  #feesDust = 0n;
  #averageDust = 0n;
  #rate: bigint | null = null;
  #phase = 0;
  readonly #epochsPerYear: bigint;

  constructor(
    private readonly terms: MonetaryGenesis,
    blockTimeSeconds: number,
    private readonly purse: Purse,
  ) {
    this.#epochsPerYear = YEAR_SECONDS / (terms.epochBlocks * BigInt(blockTimeSeconds));
  }

  /** Counts the fees of a block, and pays where it is the last of an epoch. */
  enter(height: bigint, feesDust: bigint, standing: () => Standing): void {
    this.#feesDust = between(0n, this.#feesDust + feesDust, FEES_MAX);
    const {epochBlocks} = this.terms;
    if ((height + 1n) % epochBlocks !== 0n) return;
    const now = standing();
    const stakedDust = now.stakers.reduce((sum, {dust}) => sum + dust, 0n);
    const issuedDust =
      (stakedDust * this.#decide(height / epochBlocks, stakedDust, now)) / (this.#epochsPerYear * WHOLE);
    this.#feesDust = 0n;
    this.#pay(between(0n, issuedDust, now.leftDust), now.stakers, stakedDust);
  }

  /** The rate of the epoch that ends, and what the next one goes on from. */
  #decide(epoch: bigint, stakedDust: bigint, {circulatingDust}: Standing): bigint {
    const {base, floor, cap, weight, step, until} = PHASES[this.#phase]!;
    this.#averageDust =
      epoch === 0n && this.#averageDust === 0n
        ? this.#feesDust
        : (weight * this.#feesDust + (WHOLE - weight) * this.#averageDust) / WHOLE;
    const yearlyDust = this.#averageDust * this.#epochsPerYear;
    // The base and 55 % for post-quantum signatures, less what fees pay of it; held between floor and cap before it is rounded.
    const parts = stakedDust === 0n ? 1n : stakedDust;
    const wanted = base * 155n * parts - (stakedDust === 0n ? 0n : 1_000_000n * yearlyDust);
    const unit = 100n * parts;
    const target = wanted < 0n ? 0n : roundHalfUp(between(floor * unit, wanted, cap * unit), unit);
    const before = this.#rate ?? target;
    this.#rate = between(before > step ? before - step : 0n, target, before + step);
    const due = stakedDust * base;
    const coverage = due === 0n ? 0n : roundHalfUp(yearlyDust * WHOLE * WHOLE, due);
    const staked = circulatingDust === 0n ? 0n : (stakedDust * WHOLE) / circulatingDust;
    const isOver = until && epoch >= until.years * this.#epochsPerYear;
    if (isOver && coverage >= until.coverage && staked >= until.staked) this.#phase++;
    return this.#rate;
  }

  #pay(issuedDust: bigint, stakers: readonly Staker[], stakedDust: bigint): void {
    const {validatorsBps, insuranceBps, communityBps, treasury, insurance, community} = this.terms;
    const part = (bps: number): bigint => (issuedDust * BigInt(bps)) / WHOLE;
    const [stakersDust, insuranceDust, communityDust] = [part(validatorsBps), part(insuranceBps), part(communityBps)];
    this.purse.minedDust += issuedDust;
    this.purse.move(insurance, insuranceDust);
    this.purse.move(community, communityDust);
    this.purse.move(treasury, issuedDust - stakersDust - insuranceDust - communityDust);
    if (stakedDust === 0n) return;
    let restDust = stakersDust;
    let largest = stakers[0]!;
    for (const each of stakers) {
      const shareDust = (stakersDust * each.dust) / stakedDust;
      this.purse.move(each.owner, shareDust);
      restDust -= shareDust;
      if (each.dust > largest.dust) largest = each;
    }
    this.purse.move(largest.owner, restDust);
  }
}
