/**
 * The difficulty as chain state, one record for each interval, and the block at which it changes.
 *
 * The retarget compares two times: what the interval's blocks would have taken had they held the proofs that the chain
 * aims at, and what that many proofs really took by the times in the headers. Blocks keep a pace of their own here, so
 * their number says nothing about the hash rate; the proofs in them do.
 * Source: QSDM mining protocol, section 4.3; docs/decisions/0008-retarget.md.
 */
import {U64_MAX} from "../../../codecs/amount.js";
import type {Genesis} from "../../../codecs/chain/genesis.js";
import {InvariantError} from "../../../errors.js";
import type {BlockContext} from "../chain/contract.js";
import type {ChainParams} from "../params/chain-params.js";
import type {State} from "../state/state.js";
import {type Difficulty, difficulties, heightKey} from "../state/stores.js";
import {isRetargetHeight, retarget} from "./target.js";

type Params = Pick<ChainParams, "blockTimeSeconds" | "mining" | "rules">;

/** First height of the interval that `height` is in. */
function intervalStart(height: bigint, {rules, mining}: Omit<Params, "blockTimeSeconds">): bigint {
  return rules.difficulty === "constant" ? 0n : height - (height % mining.retargetIntervalBlocks);
}

function intervalAt(state: State, height: bigint, params: Omit<Params, "blockTimeSeconds">): Difficulty {
  const interval = state.get(difficulties, heightKey(intervalStart(height, params)));
  if (!interval) throw new InvariantError(`the chain has no difficulty for height ${height}`);
  return interval;
}

/** What a proof that quotes the header at `height`, at or below the tip, has to meet. */
export const difficultyAt = (state: State, height: bigint, params: Omit<Params, "blockTimeSeconds">): bigint =>
  intervalAt(state, height, params).value;

/**
 * Attempts per second that stand behind the proofs of this interval and the last one; null where nothing is counted.
 * There were at least as many: a rig has one proof for a height, however fast it is.
 */
export function hashrateAt(
  state: State,
  {height, timeMs}: Pick<BlockContext, "height" | "timeMs">,
  params: Omit<Params, "blockTimeSeconds">,
): bigint | null {
  if (params.rules.difficulty === "constant") return null;
  const start = intervalStart(height, params);
  const interval = intervalAt(state, start, params);
  const last = start === 0n ? null : intervalAt(state, start - 1n, params);
  const attempts = interval.proofs * interval.value + (last ? last.proofs * last.value : 0n);
  const elapsedMs = timeMs - (last ?? interval).sinceMs;
  return elapsedMs > 0n ? (attempts * 1_000n) / elapsedMs : null;
}

/** The first interval, as `genesis` starts it. */
export function startDifficulty(state: State, {params, timeMs}: Pick<Genesis, "params" | "timeMs">): void {
  state.put(difficulties, heightKey(0n), {value: params.initialDifficulty, sinceMs: timeMs, proofs: 0n});
}

/** Counts the proofs of a block, and begins a new interval where one is due. */
export function stepDifficulty(
  state: State,
  {height, timeMs, params}: Pick<BlockContext, "height" | "timeMs" | "params">,
  proofCount: number,
): void {
  if (params.rules.difficulty === "constant") return;
  const start = intervalStart(height - 1n, params);
  const before = intervalAt(state, start, params);
  // A genesis is written long before its first block: the first interval counts from there.
  const interval =
    height === 1n ? {...before, sinceMs: timeMs} : {...before, proofs: before.proofs + BigInt(proofCount)};
  if (interval.sinceMs !== before.sinceMs || interval.proofs !== before.proofs)
    state.put(difficulties, heightKey(start), interval);
  if (!isRetargetHeight(height, params.mining.retargetIntervalBlocks)) return;
  state.put(difficulties, heightKey(height), {
    value: nextDifficulty(interval, timeMs, params),
    sinceMs: timeMs,
    proofs: 0n,
  });
}

/** The difficulty after `interval`, which ended at `endMs`. */
export function nextDifficulty({value, sinceMs, proofs}: Difficulty, endMs: bigint, params: Params): bigint {
  const {retargetIntervalBlocks, retargetClamp, minDifficulty, targetProofsPerBlock} = params.mining;
  const elapsedMs = endMs - sinceMs;
  // Intervals of one block: the first has nothing to measure.
  if (elapsedMs <= 0n) return value;
  const wanted = retargetIntervalBlocks * BigInt(targetProofsPerBlock);
  const blockTimeMs = BigInt(params.blockTimeSeconds) * 1_000n;
  // No proof at all is slower than any pace: far enough for the clamp.
  const slowest = retargetIntervalBlocks * blockTimeMs * retargetClamp;
  const paceMs = proofs === 0n ? slowest : (elapsedMs * wanted) / proofs;
  const next = retarget({
    intervalBlocks: retargetIntervalBlocks,
    blockTime: blockTimeMs,
    clampFactor: retargetClamp,
    minDifficulty,
    currentDifficulty: value,
    startTime: 0n,
    // Beyond the clamp on either side, which keeps both clear of the rule's 64-bit arithmetic.
    endTime: paceMs < 1n ? 1n : paceMs > slowest ? slowest : paceMs,
  });
  return next > U64_MAX ? U64_MAX : next;
}
