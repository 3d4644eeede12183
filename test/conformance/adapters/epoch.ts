/** `epoch_fork.json`: epoch arithmetic, fork tests and the protocol's constants. */

import {U64_MAX} from "../../../src/codecs/amount.js";
import {CC_ATTESTATION} from "../../../src/codecs/mining/cc-bundle.js";
import {MAX_BATCH_CELLS, MIN_BATCH_CELLS} from "../../../src/codecs/mining/cells.js";
import {HMAC_ATTESTATION} from "../../../src/codecs/mining/hmac-bundle.js";
import {checkEpochLength, epochOf, epochStart, isForked} from "../../../src/node/ledger/mining/epoch.js";
import {QUARANTINE_BLOCKS} from "../../../src/node/ledger/mining/quarantine.js";
import {WALK_STEPS} from "../../../src/node/ledger/mining/walk.js";
import {NETWORK_PARAMS} from "../../../src/node/ledger/params/networks.js";

type Input =
  | {op: "epoch"; blocks_per_epoch: string; value: string}
  | {op: "validate"; blocks_per_epoch: string}
  | {op: "fork"; fork_height: string; height: string}
  | {op: "constants"};

export function epochFork(input: Input): unknown {
  switch (input.op) {
    case "epoch": {
      const [value, length] = [BigInt(input.value), BigInt(input.blocks_per_epoch)];
      return {
        epoch_for_height: `${epochOf(value, length)}`,
        epoch_start_height: `${epochStart(value, length)}`,
        epoch_end_height: `${BigInt.asUintN(64, epochStart(value + 1n, length) - 1n)}`,
      };
    }
    case "validate":
      checkEpochLength(BigInt(input.blocks_per_epoch));
      return {ok: true};
    case "fork": {
      const forked = isForked(BigInt(input.height), BigInt(input.fork_height));
      return {is_v2: forked, is_v2_tc: forked};
    }
    case "constants": {
      const {compat, mainnet} = NETWORK_PARAMS;
      return {
        attestation_type_cc: CC_ATTESTATION,
        attestation_type_hmac: HMAC_ATTESTATION,
        blocks_per_mining_epoch: `${compat.blocksPerEpoch}`,
        clamp_factor: Number(compat.retargetClamp),
        default_fork_v2_height: `${U64_MAX}`,
        default_fork_v2_tc_height: `${compat.forkTensorHeight}`,
        freshness_window_seconds: compat.freshnessWindowSeconds,
        grace_window: `${compat.graceBlocks}`,
        max_batch_size: MAX_BATCH_CELLS,
        min_batch_size: MIN_BATCH_CELLS,
        min_difficulty: `${compat.minDifficulty}`,
        min_enroll_stake_dust: `${compat.bondDust}`,
        num_walk_steps: WALK_STEPS,
        production_dag_size: mainnet.dagEntries,
        protocol_version: 1,
        protocol_version_v2: 2,
        quarantine_blocks: `${QUARANTINE_BLOCKS}`,
        retarget_interval: `${compat.retargetIntervalBlocks}`,
        target_block_time_seconds: `${compat.blockTimeSeconds}`,
      };
    }
  }
}
