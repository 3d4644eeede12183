/** Constants of one chain, fixed at genesis. Windows are given in seconds and turned into heights once, here. */
import type {DeviceTrustParams, MonetaryGenesis} from "../../../codecs/chain/genesis.js";
import type {Rules} from "./rules.js";

/** What a genesis fixes for the life of the chain. */
export interface ChainParams {
  /** Signed into every envelope and header, so that nothing replays on another chain. */
  readonly chainId: string;
  readonly rules: Rules;
  /** Target time between blocks; emission and every window derive from it. */
  readonly blockTimeSeconds: number;
  readonly mining: MiningParams;
  readonly enrollment: EnrollmentParams;
  readonly slashing: SlashingParams;
  readonly fees: FeeParams;
  readonly limits: BlockLimits;
  readonly validators: ValidatorParams;
  /** Which confidential-computing devices count; none where no root is pinned. */
  readonly deviceTrust: DeviceTrustParams;
  /** Null where mining alone issues. */
  readonly monetary: MonetaryParams | null;
}

export interface MonetaryParams extends MonetaryGenesis {
  /** Of 365 days, rounded down: what yearly rates are divided by. */
  readonly epochsPerYear: bigint;
}

export interface MiningParams {
  /** Entries of the proof-of-work table, 32 bytes each: 2^26 on mainnet and testnet, 2^16 on dev networks. */
  readonly dagEntries: number;
  readonly initialDifficulty: bigint;
  readonly minDifficulty: bigint;
  readonly retargetIntervalBlocks: bigint;
  /** Largest factor by which one retarget changes the difficulty. */
  readonly retargetClamp: bigint;
  /** Proofs in a mean block that the retarget aims at. */
  readonly targetProofsPerBlock: number;
  readonly blocksPerEpoch: bigint;
  /** Proofs may quote a header at most this many blocks below the tip. */
  readonly graceBlocks: bigint;
  /** From this height on proofs are version 2 and carry an attestation. */
  readonly forkV2Height: bigint;
  /** From this height on the walk uses the tensor mix, unless the community moved it: the state has the last word. */
  readonly forkTensorHeight: bigint;
  readonly freshnessWindowSeconds: number;
  readonly futureSkewSeconds: number;
}

export interface EnrollmentParams {
  readonly bondDust: bigint;
  readonly unbondWindowSeconds: number;
}

export interface SlashingParams {
  /** Most that one proven offence can take from a bond. */
  readonly capDust: bigint;
  /** Share of the taken stake that the reporter receives, in basis points, at most 5,000; the rest is burned. */
  readonly rewardBps: number;
  /** A bond that falls below this is revoked at once. 0 disables. */
  readonly autoRevokeMinStakeDust: bigint;
}

export interface ValidatorParams {
  /** Stake behind one unit of voting power, and so the least to vote; 0 where the validators of genesis vote for ever. */
  readonly stakeDust: bigint;
  /** At each multiple of this height it is looked at who votes from the next block on. */
  readonly epochBlocks: bigint;
  /** How long the stake of one who left can still be taken. */
  readonly unbondSeconds: number;
  /** Most who vote at once: those with the most stake. */
  readonly max: number;
}

export interface FeeParams {
  /** What every included transaction pays at least; one of more than `GAS_PER_BASE_FEE` pays more in proportion. */
  readonly baseFeeDust: bigint;
  /** Least that the base fee falls to. */
  readonly floorDust: bigint;
  /** A block of twice the target raises the base fee by the n-th part of it; 0 where it stays at the floor. */
  readonly changeDenominator: number;
  /** Share of a block's gas at which the base fee stays as it is, in basis points. */
  readonly targetBps: number;
  /** Share of each fee that is burned, in basis points; the proposer receives the rest. */
  readonly burnBps: number;
}

export interface BlockLimits {
  readonly maxTransactions: number;
  readonly maxProofs: number;
  readonly maxBytes: number;
  /** Gas of the transactions together. */
  readonly maxGas: bigint;
  /** New records of the state that fill a block; 0 where they cost nothing. */
  readonly maxRecords: bigint;
}

/** Whether it is looked at after the block at `height` who votes from the next one on. */
export const chainEpochEnds = ({validators: {stakeDust, epochBlocks}}: ChainParams, height: bigint): boolean =>
  stakeDust > 0n && height > 0n && height % epochBlocks === 0n;

/** Blocks that make up `seconds`, rounded up so that a window is never shorter than promised. */
export const blocksIn = (params: Pick<ChainParams, "blockTimeSeconds">, seconds: number): bigint =>
  BigInt(Math.ceil(seconds / params.blockTimeSeconds));
