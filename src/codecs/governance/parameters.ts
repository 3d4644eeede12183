/**
 * The parameters that authorities can vote on, in the reference's order.
 * Source: mining protocol, section 23. Vectors: payloads.vectors.json.
 */
import {U64_MAX} from "../amount.js";

export interface GovernedParameter {
  readonly name: string;
  readonly min: bigint;
  readonly max: bigint;
  readonly default: bigint;
  readonly unit: string;
  readonly description: string;
}

/** Furthest ahead that a change may take effect, in blocks. */
export const MAX_ACTIVATION_DELAY_BLOCKS = 86_400n;

export const GOVERNED_PARAMETERS: readonly GovernedParameter[] = [
  {
    name: "reward_bps",
    min: 0n,
    max: 5_000n,
    default: 0n,
    unit: "bps",
    description: "Slasher reward share, in basis points of forfeited stake. Mirrors SlashApplier.RewardBPS.",
  },
  {
    name: "auto_revoke_min_stake_dust",
    min: 100_000_000n,
    max: 1_000_000_000n,
    default: 1_000_000_000n,
    unit: "dust",
    description:
      "Stake threshold (in dust) below which a post-slash record is auto-revoked into the unbond " +
      "window. Bounded between 1 CELL and MIN_ENROLL_STAKE.",
  },
  {
    name: "fork_v2_tc_height",
    min: 0n,
    max: U64_MAX,
    default: U64_MAX,
    unit: "block_height",
    description:
      "Block height at which the Tensor-Core PoW mixin (MINING_PROTOCOL_V2 §4) activates. " +
      "math.MaxUint64 disables the mixin; 0 activates it from genesis; N > 0 activates at block N. Read " +
      "by v2wiring at boot + after every Promote and pushed into pkg/mining via SetForkV2TCHeight.",
  },
];

/** Votes that carry a change among `authorities`: more than half of them. */
export const authorityThreshold = (authorities: number): number =>
  authorities <= 0 ? 0 : Math.floor(authorities / 2) + 1;
