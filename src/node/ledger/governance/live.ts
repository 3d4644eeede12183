/** Parameters that the state has the last word on, and who may change them. */
import type {Genesis} from "../../../codecs/chain/genesis.js";
import {
  AUTO_REVOKE_MIN_STAKE,
  BASE_FEE,
  BASE_FEE_CHANGE_DENOMINATOR,
  BLOCK_GAS_TARGET_BPS,
  CHAIN_PARAMETERS,
  FEE_BURN_BPS,
  GOVERNED_PARAMETERS,
  type GovernedParameter,
  MAX_BLOCK_GAS,
  MAX_BLOCK_RECORDS,
  REWARD_BPS,
  TENSOR_FORK_HEIGHT,
} from "../../../codecs/governance/parameters.js";
import {baseFeeIn} from "../monetary/base-fee.js";
import type {ChainParams} from "../params/chain-params.js";
import type {Rules} from "../params/rules.js";
import type {State} from "../state/state.js";
import {authorities, params} from "../state/stores.js";

/** What a chain's authorities can change. */
export const governedBy = ({parameterVotes}: Pick<Rules, "parameterVotes">): readonly GovernedParameter[] =>
  parameterVotes === "threshold" ? CHAIN_PARAMETERS : GOVERNED_PARAMETERS;

/** Puts what genesis says of governed parameters and authorities into the state. */
export function startGovernance(state: State, {params: given, authorities: addresses}: Genesis): void {
  const values = {
    [REWARD_BPS]: BigInt(given.slashRewardBps),
    [AUTO_REVOKE_MIN_STAKE]: given.autoRevokeMinStakeDust,
    [TENSOR_FORK_HEIGHT]: given.forkTensorHeight,
    [BASE_FEE]: given.baseFeeDust,
    [BASE_FEE_CHANGE_DENOMINATOR]: BigInt(given.baseFeeChangeDenominator),
    [BLOCK_GAS_TARGET_BPS]: BigInt(given.blockGasTargetBps),
    [FEE_BURN_BPS]: BigInt(given.feeBurnBps),
    [MAX_BLOCK_GAS]: given.maxBlockGas,
    [MAX_BLOCK_RECORDS]: given.maxBlockRecords,
  };
  for (const [name, value] of Object.entries(values)) state.put(params, name, {value});
  for (const address of addresses) state.put(authorities, address, {sinceHeight: 0n});
}

/** `params` of genesis with the values that hold in `state`: what the next block runs under. */
export function liveParams(genesis: ChainParams, state: State): ChainParams {
  const governed = (name: string): bigint => state.get(params, name)!.value;
  const floorDust = governed(BASE_FEE);
  return {
    ...genesis,
    mining: {...genesis.mining, forkTensorHeight: governed(TENSOR_FORK_HEIGHT)},
    slashing: {
      ...genesis.slashing,
      rewardBps: Number(governed(REWARD_BPS)),
      autoRevokeMinStakeDust: governed(AUTO_REVOKE_MIN_STAKE),
    },
    fees: {
      baseFeeDust: baseFeeIn(state, floorDust),
      floorDust,
      changeDenominator: Number(governed(BASE_FEE_CHANGE_DENOMINATOR)),
      targetBps: Number(governed(BLOCK_GAS_TARGET_BPS)),
      burnBps: Number(governed(FEE_BURN_BPS)),
    },
    limits: {...genesis.limits, maxGas: governed(MAX_BLOCK_GAS), maxRecords: governed(MAX_BLOCK_RECORDS)},
  };
}
