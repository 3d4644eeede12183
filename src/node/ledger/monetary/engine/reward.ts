/** Which policy pays for a block. */
import type {ChainParams} from "../../params/chain-params.js";
import {blockRewardDust} from "../emission.js";

/** Dust that the proofs of the block at `height` share: by the schedule, and nothing where stake is paid instead. */
export const rewardOf = (
  height: bigint,
  {blockTimeSeconds, monetary}: Pick<ChainParams, "blockTimeSeconds" | "monetary">,
): bigint => (monetary?.mode === "active" ? 0n : blockRewardDust(height, blockTimeSeconds));
