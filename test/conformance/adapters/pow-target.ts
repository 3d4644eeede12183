/** `pow_target.json`: difficulty, target, retarget, pow hash and nonce order. */
import {bytesOfHex, hexOf} from "../../../src/codecs/bytes.js";
import {advanceNonce, meetsTarget, powHash} from "../../../src/node/ledger/mining/pow.js";
import {isRetargetHeight, retarget, targetOf} from "../../../src/node/ledger/mining/target.js";
import {difficultyOf} from "../../support/difficulty.js";

type Big = string | null | undefined;
type Input =
  | {op: "target_from_difficulty"; difficulty?: Big}
  | {op: "difficulty_from_target"; target?: Big}
  | {
      op: "retarget";
      retarget_interval: string;
      target_block_time_seconds: string;
      clamp_factor: string;
      min_difficulty?: Big;
      current_difficulty?: Big;
      start_time: string;
      end_time: string;
    }
  | {op: "is_retarget_height"; height: string}
  | {op: "pow_hash"; header_hash: string; nonce: string; batch_root: string; mix_digest: string; target?: Big}
  | {op: "meets_target"; hash: string; target?: Big}
  | {op: "increment_nonce"; nonce: string};

/** An absent integer is left out, null, or the text `null`. */
const big = (text: Big): bigint | null => (text == null || text === "null" ? null : BigInt(text));
/** The interval that `is_retarget_height` was recorded with. */
const RECORDED_INTERVAL = 1_008n;

export function powTarget(input: Input): unknown {
  switch (input.op) {
    case "target_from_difficulty": {
      const target = targetOf(big(input.difficulty));
      // The recording prints the shortest hex, not 32 bytes.
      return {target: `${target}`, target_hex: target.toString(16)};
    }
    case "difficulty_from_target":
      return {difficulty: `${difficultyOf(big(input.target))}`};
    case "retarget": {
      const next = retarget({
        intervalBlocks: BigInt(input.retarget_interval),
        blockTime: BigInt(input.target_block_time_seconds),
        clampFactor: BigInt(input.clamp_factor),
        minDifficulty: big(input.min_difficulty),
        currentDifficulty: big(input.current_difficulty),
        startTime: BigInt(input.start_time),
        endTime: BigInt(input.end_time),
      });
      return {next_difficulty: `${next}`};
    }
    case "is_retarget_height":
      return {result: isRetargetHeight(BigInt(input.height), RECORDED_INTERVAL)};
    case "pow_hash": {
      const hash = powHash({
        headerHash: bytesOfHex(input.header_hash),
        nonce: bytesOfHex(input.nonce),
        batchRoot: bytesOfHex(input.batch_root),
        mixDigest: bytesOfHex(input.mix_digest),
      });
      return {hash: hexOf(hash), meets_target: meetsTarget(hash, big(input.target))};
    }
    case "meets_target":
      return {meets_target: meetsTarget(bytesOfHex(input.hash), big(input.target))};
    case "increment_nonce":
      return {nonce: hexOf(advanceNonce(bytesOfHex(input.nonce), 1n))};
  }
}
