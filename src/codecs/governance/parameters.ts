/**
 * The parameters that authorities can vote on: the reference's in its order, and ours.
 * Source: mining protocol, section 23. Vectors: payloads.vectors.json. Ours: docs/decisions/0074-live-parameters.md.
 */
import {DUST_PER_CELL, U64_MAX} from "../amount.js";
import {BATCH_PAYMENTS_MAX} from "../chain/payloads.js";

export const REWARD_BPS = "reward_bps";
export const AUTO_REVOKE_MIN_STAKE = "auto_revoke_min_stake_dust";
export const TENSOR_FORK_HEIGHT = "fork_v2_tc_height";
export const BASE_FEE = "base_fee_dust";
export const BASE_FEE_CHANGE_DENOMINATOR = "base_fee_change_denominator";
export const BLOCK_GAS_TARGET_BPS = "block_gas_target_bps";
export const FEE_BURN_BPS = "fee_burn_bps";
export const MAX_BLOCK_GAS = "max_block_gas";
export const MAX_BLOCK_RECORDS = "max_block_records";

export interface GovernedParameter {
  readonly name: string;
  readonly min: bigint;
  readonly max: bigint;
  readonly default: bigint;
  readonly unit: string;
  readonly description: string;
}

/** A batch that pays as many new accounts as it can fills half a block: every transaction fits, whatever the limits are. */
export const MAX_BLOCK_RECORDS_MIN = 2n * BigInt(BATCH_PAYMENTS_MAX);

/** Furthest ahead that a change may take effect, in blocks. */
export const MAX_ACTIVATION_DELAY_BLOCKS = 86_400n;

/** Those of the reference, which are all that its tools and its chains know. */
export const GOVERNED_PARAMETERS: readonly GovernedParameter[] = [
  {
    name: REWARD_BPS,
    min: 0n,
    max: 5_000n,
    default: 0n,
    unit: "bps",
    description: "Slasher reward share, in basis points of forfeited stake. Mirrors SlashApplier.RewardBPS.",
  },
  {
    name: AUTO_REVOKE_MIN_STAKE,
    min: 100_000_000n,
    max: 1_000_000_000n,
    default: 1_000_000_000n,
    unit: "dust",
    description:
      "Stake threshold (in dust) below which a post-slash record is auto-revoked into the unbond " +
      "window. Bounded between 1 CELL and MIN_ENROLL_STAKE.",
  },
  {
    name: TENSOR_FORK_HEIGHT,
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

/** Those of a chain of our own. No value within the bounds can stop it. */
export const CHAIN_PARAMETERS: readonly GovernedParameter[] = [
  ...GOVERNED_PARAMETERS,
  {
    name: BASE_FEE,
    min: 0n,
    // More would keep the authorities themselves from taking it back.
    max: DUST_PER_CELL,
    default: 1_000n,
    unit: "dust",
    description:
      "Least that the base fee falls to. Every included transaction pays the base fee; one of more than 600,000 gas pays " +
      "more in proportion.",
  },
  {
    name: BASE_FEE_CHANGE_DENOMINATOR,
    min: 0n,
    max: 1_000n,
    default: 8n,
    unit: "",
    description:
      "A block of twice the gas target raises the base fee by the n-th part of it, an empty one lowers it as much. 0 keeps " +
      "it at base_fee_dust.",
  },
  {
    name: BLOCK_GAS_TARGET_BPS,
    min: 1_000n,
    max: 10_000n,
    default: 5_000n,
    unit: "bps",
    description: "Share of max_block_gas above which a block raises the base fee, and below which it lowers it.",
  },
  {
    name: FEE_BURN_BPS,
    min: 0n,
    max: 10_000n,
    default: 5_000n,
    unit: "bps",
    description: "Share of each fee that is burned; the proposer receives the rest.",
  },
  {
    name: MAX_BLOCK_GAS,
    // The dearest envelope has to fit.
    min: 25_000_000n,
    max: 4_000_000_000n,
    default: 400_000_000n,
    unit: "gas",
    description: "Gas of the transactions of a block together.",
  },
  {
    name: MAX_BLOCK_RECORDS,
    min: MAX_BLOCK_RECORDS_MIN,
    max: 4_000_000_000n,
    default: 560n,
    unit: "",
    description:
      "New records of the state, as accounts and streams are, that fill a block: each costs the n-th part of max_block_gas.",
  },
];

/** Votes that carry a change among `authorities`: more than half of them. */
export const authorityThreshold = (authorities: number): number =>
  authorities <= 0 ? 0 : Math.floor(authorities / 2) + 1;
