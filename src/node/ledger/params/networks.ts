/** Parameters of the networks, and how a genesis turns into what the rules read. */
import {DUST_PER_CELL, U64_MAX} from "../../../codecs/amount.js";
import type {Genesis, GenesisParams} from "../../../codecs/chain/genesis.js";
import {epochsPerYear} from "../monetary/engine/decide.js";
import type {ChainParams} from "./chain-params.js";
import {COMPAT_RULES, STRICT_RULES} from "./rules.js";

/** Names of the parameter sets. */
export type NetworkProfile = "dev" | "testnet" | "mainnet" | "compat";

const MAINNET: GenesisParams = {
  rules: "strict",
  blockTimeSeconds: 10,
  dagEntries: 2 ** 26,
  initialDifficulty: 65_536n,
  minDifficulty: 65_536n,
  retargetIntervalBlocks: 1_008n,
  retargetClamp: 4n,
  // A block without a proof issues nothing: at a mean of 16 that is one in nine million.
  targetProofsPerBlock: 16,
  blocksPerEpoch: 60_480n,
  graceBlocks: 6n,
  forkV2Height: 0n,
  forkTensorHeight: U64_MAX,
  freshnessWindowSeconds: 60,
  futureSkewSeconds: 5,
  bondDust: 10n * DUST_PER_CELL,
  unbondWindowSeconds: 7 * 24 * 3_600,
  slashCapDust: 10n * DUST_PER_CELL,
  slashRewardBps: 0,
  autoRevokeMinStakeDust: 10n * DUST_PER_CELL,
  baseFeeDust: 1_000n,
  // As EIP-1559 has them.
  baseFeeChangeDenominator: 8,
  blockGasTargetBps: 5_000,
  feeBurnBps: 5_000,
  maxTransactions: 2_000,
  maxProofs: 500,
  maxBlockBytes: 32 * 1024 * 1024,
  maxBlockGas: 400_000_000n,
  // A record for 714,285 gas, which is to the 600,000 of the base fee as Ethereum's 25,000 for a new account to its 21,000.
  maxBlockRecords: 560n,
  validatorStakeDust: 100n * DUST_PER_CELL,
  validatorEpochBlocks: 100n,
  // Longer than anybody who follows the chain stays away without looking (spec/bft-ledger.md 9).
  validatorUnbondSeconds: 21 * 24 * 3_600,
  validatorsMax: 100,
  deviceTrust: {roots: [], minFirmware: "", minDriver: "", references: []},
  monetary: null,
};

/** Parameter sets by profile. Dev networks mine on a laptop in seconds and pay watchers a quarter. */
export const NETWORK_PARAMS: Readonly<Record<NetworkProfile, GenesisParams>> = {
  mainnet: MAINNET,
  testnet: {...MAINNET, slashRewardBps: 1_000},
  dev: {
    ...MAINNET,
    blockTimeSeconds: 1,
    dagEntries: 2 ** 16,
    initialDifficulty: 2_048n,
    minDifficulty: 256n,
    targetProofsPerBlock: 4,
    graceBlocks: 60n,
    slashRewardBps: 2_500,
  },
  // The reference knows no base fee, enrolls for nothing, and credits fees to nobody.
  compat: {
    ...MAINNET,
    rules: "compat",
    dagEntries: 1_024,
    baseFeeDust: 0n,
    baseFeeChangeDenominator: 0,
    feeBurnBps: 10_000,
    maxBlockRecords: 0n,
    // Its stake is what an account happens to hold.
    validatorStakeDust: 0n,
    // The reference waits 201,600 blocks, of 3 s each by its own reckoning, while its emission reckons with 10 s.
    unbondWindowSeconds: 201_600 * MAINNET.blockTimeSeconds,
  },
};

/** What the rules read, derived once from a genesis. */
export function chainParamsOf({chainId, params}: Genesis): ChainParams {
  return {
    chainId,
    rules: params.rules === "strict" ? STRICT_RULES : COMPAT_RULES,
    blockTimeSeconds: params.blockTimeSeconds,
    mining: {
      dagEntries: params.dagEntries,
      initialDifficulty: params.initialDifficulty,
      minDifficulty: params.minDifficulty,
      retargetIntervalBlocks: params.retargetIntervalBlocks,
      retargetClamp: params.retargetClamp,
      targetProofsPerBlock: params.targetProofsPerBlock,
      blocksPerEpoch: params.blocksPerEpoch,
      graceBlocks: params.graceBlocks,
      forkV2Height: params.forkV2Height,
      forkTensorHeight: params.forkTensorHeight,
      freshnessWindowSeconds: params.freshnessWindowSeconds,
      futureSkewSeconds: params.futureSkewSeconds,
    },
    enrollment: {bondDust: params.bondDust, unbondWindowSeconds: params.unbondWindowSeconds},
    slashing: {
      capDust: params.slashCapDust,
      rewardBps: params.slashRewardBps,
      autoRevokeMinStakeDust: params.autoRevokeMinStakeDust,
    },
    fees: {
      baseFeeDust: params.baseFeeDust,
      floorDust: params.baseFeeDust,
      changeDenominator: params.baseFeeChangeDenominator,
      targetBps: params.blockGasTargetBps,
      burnBps: params.feeBurnBps,
    },
    limits: {
      maxTransactions: params.maxTransactions,
      maxProofs: params.maxProofs,
      maxBytes: params.maxBlockBytes,
      maxGas: params.maxBlockGas,
      maxRecords: params.maxBlockRecords,
    },
    validators: {
      stakeDust: params.validatorStakeDust,
      epochBlocks: params.validatorEpochBlocks,
      unbondSeconds: params.validatorUnbondSeconds,
      max: params.validatorsMax,
    },
    deviceTrust: params.deviceTrust,
    monetary: params.monetary && {
      ...params.monetary,
      epochsPerYear: epochsPerYear(params.monetary.epochBlocks, params.blockTimeSeconds),
    },
  };
}
