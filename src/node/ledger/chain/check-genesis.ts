/** What a genesis must be for its chain to run at all: found before the first block and not at it. */
import {hexOf} from "../../../codecs/bytes.js";
import {CLOSING_PROPOSER} from "../../../codecs/chain/block.js";
import type {Genesis, GenesisParams, MonetaryGenesis} from "../../../codecs/chain/genesis.js";
import {VALIDATORS_MAX} from "../../../codecs/consensus/messages.js";
import {MAX_BLOCK_RECORDS_MIN} from "../../../codecs/governance/parameters.js";
import {isVersion} from "../../../codecs/mining/cc-quote.js";
import {RuleError} from "../../../errors.js";
import {deviceTrustOf} from "../attestation/cc/trust.js";
import {DAG_ENTRIES_MAX} from "../mining/dag.js";
import {blocksPerHalving} from "../monetary/emission.js";
import {epochsPerYear} from "../monetary/engine/decide.js";

/** Largest reporter's share, in basis points. */
const REWARD_BPS_MAX = 5_000;
const WHOLE_BPS = 10_000;
/** The store keeps heights and times as signed 64-bit integers. */
const I64_MAX = (1n << 63n) - 1n;

const refuse = (why: string): never => {
  throw new RuleError("GENESIS_INVALID", `genesis: ${why}`, {hint: "mend the genesis before the chain is started"});
};

type NumericParam = Exclude<keyof GenesisParams, "rules" | "deviceTrust" | "monetary">;
/** Lowest and highest value of a parameter, both included. */
type Bounds = Partial<Readonly<Record<NumericParam, readonly [number | bigint, number | bigint]>>>;

const BOUNDS: Bounds = {
  dagEntries: [2, DAG_ENTRIES_MAX],
  initialDifficulty: [1n, I64_MAX],
  minDifficulty: [1n, I64_MAX],
  retargetIntervalBlocks: [1n, 1_000_000n],
  retargetClamp: [2n, 1_000n],
  targetProofsPerBlock: [1, 1_000],
  blocksPerEpoch: [1n, I64_MAX],
  graceBlocks: [0n, 10_000n],
  freshnessWindowSeconds: [1, 86_400],
  futureSkewSeconds: [0, 3_600],
  unbondWindowSeconds: [0, 10 * 366 * 86_400],
  slashRewardBps: [0, REWARD_BPS_MAX],
  baseFeeChangeDenominator: [0, 1_000],
  blockGasTargetBps: [1, WHOLE_BPS],
  feeBurnBps: [0, WHOLE_BPS],
  maxTransactions: [1, 10_000],
  maxProofs: [1, 1_000],
  maxBlockBytes: [65_536, 256 * 1024 * 1024],
  // The dearest envelope has to fit.
  maxBlockGas: [25_000_000n, I64_MAX],
  maxBlockRecords: [0n, I64_MAX],
  validatorStakeDust: [0n, I64_MAX],
  validatorEpochBlocks: [1n, 1_000_000n],
  validatorUnbondSeconds: [1, 10 * 366 * 86_400],
  validatorsMax: [1, VALIDATORS_MAX],
};

/** @throws RuleError GENESIS_INVALID, DEVICE_ROOTS_INVALID, EMISSION_BLOCK_TIME */
export function checkGenesis({params, validators, authorities, vestings, timeMs}: Genesis): void {
  blocksPerHalving(params.blockTimeSeconds);
  for (const [name, [low, high]] of Object.entries(BOUNDS)) {
    const value = params[name as NumericParam];
    if (value < low || value > high) refuse(`${name} is ${value}, want ${low} to ${high}`);
  }
  if (params.initialDifficulty < params.minDifficulty)
    refuse(`initialDifficulty ${params.initialDifficulty} is below minDifficulty ${params.minDifficulty}`);
  if (params.targetProofsPerBlock > params.maxProofs)
    refuse(`targetProofsPerBlock ${params.targetProofsPerBlock} is above maxProofs ${params.maxProofs}`);
  if (params.maxBlockRecords > 0n && params.maxBlockRecords < MAX_BLOCK_RECORDS_MIN)
    refuse(`maxBlockRecords is ${params.maxBlockRecords}, want 0 or ${MAX_BLOCK_RECORDS_MIN} at least`);
  if (params.rules === "compat" && params.maxBlockRecords > 0n)
    refuse(`maxBlockRecords is ${params.maxBlockRecords}, compat rules price no records`);
  // Proofs may be of this epoch and the last one, which is as many tables as a node keeps.
  if (params.graceBlocks >= params.blocksPerEpoch)
    refuse(`graceBlocks ${params.graceBlocks} is not below blocksPerEpoch ${params.blocksPerEpoch}`);
  // Whoever leaves votes on to the end of the epoch, and has to have something to lose for as long.
  const unbondBlocks = BigInt(Math.ceil(params.validatorUnbondSeconds / params.blockTimeSeconds));
  if (unbondBlocks < 2n * params.validatorEpochBlocks)
    refuse(
      `validatorUnbondSeconds is ${unbondBlocks} blocks, want two epochs of ${params.validatorEpochBlocks} at least`,
    );
  // A version 1 proof has no room for a challenge, and so for evidence that its node could be held to.
  if (params.rules === "strict" && params.forkV2Height !== 0n)
    refuse(`forkV2Height is ${params.forkV2Height}, strict rules take version 2 proofs from height 0 on`);
  checkDeviceTrust(params.deviceTrust);
  if (params.monetary) checkMonetary(params.monetary, params, unbondBlocks);
  if (timeMs > I64_MAX) refuse(`timeMs ${timeMs} does not fit a signed 64-bit integer`);
  if (validators.length === 0) refuse("no validator");
  if (validators.some(({power}) => power === 0n)) refuse("a validator without voting power");
  if (validators.length > params.validatorsMax)
    refuse(`${validators.length} validators, validatorsMax is ${params.validatorsMax}`);
  if (validators.some(({account}) => account === CLOSING_PROPOSER)) refuse("a validator with the account of nobody");
  if (new Set(validators.map(({publicKey}) => hexOf(publicKey))).size !== validators.length)
    refuse("two validators with one key");
  if (new Set(vestings.map(({to}) => to)).size !== vestings.length) refuse("two vestings for one account");
  for (const {to, amountDust, cliffHeight, endHeight} of vestings) {
    if (amountDust === 0n || endHeight === 0n) refuse(`nothing vests for ${to}`);
    if (cliffHeight > endHeight) refuse(`what vests for ${to} ends at height ${endHeight}, before its cliff`);
    if (endHeight > I64_MAX) refuse(`height ${endHeight} does not fit a signed 64-bit integer`);
  }
  if (authorities.some((address, i) => i > 0 && authorities[i - 1]! >= address))
    refuse("authorities that are not in order of address, each once");
}

/** An engine that has stakes to reckon with, epochs that a year is made of, and three places to pay to. */
function checkMonetary(
  {epochBlocks, validatorsBps, insuranceBps, communityBps, treasury, insurance, community}: MonetaryGenesis,
  {validatorStakeDust, blockTimeSeconds}: GenesisParams,
  unbondBlocks: bigint,
): void {
  if (validatorStakeDust === 0n) refuse("monetary needs stakes, and validatorStakeDust is 0");
  if (epochBlocks === 0n) refuse("monetary.epochBlocks is 0");
  if (epochsPerYear(epochBlocks, blockTimeSeconds) === 0n)
    refuse(`monetary.epochBlocks is ${epochBlocks}, which is longer than a year`);
  // Whoever stakes at the end of an epoch is paid for all of it, and has to be locked for as long.
  if (epochBlocks > unbondBlocks)
    refuse(`monetary.epochBlocks is ${epochBlocks}, and a stake stays locked for ${unbondBlocks} blocks`);
  if (validatorsBps + insuranceBps + communityBps > WHOLE_BPS)
    refuse(`monetary: the parts add up to more than ${WHOLE_BPS} basis points`);
  if (new Set([treasury, insurance, community]).size < 3)
    refuse("monetary: treasury, insurance and community are three accounts");
}

/** Roots that parse and floors that versions can be held against: found here, and not at the first proof. */
function checkDeviceTrust(params: GenesisParams["deviceTrust"]): void {
  deviceTrustOf(params);
  for (const floor of [params.minFirmware, params.minDriver])
    if (floor !== "" && !isVersion(floor)) refuse(`"${floor}" is no version to compare with`);
  const pairs = params.references.map(({driver, firmware}) => `driver ${driver} with firmware ${firmware}`);
  const twice = pairs.find((pair, i) => pairs.indexOf(pair) < i);
  if (twice !== undefined) refuse(`two references for ${twice}`);
  for (const {measurements} of params.references)
    if (measurements.length === 0 || measurements.some(({digests}) => digests.length === 0))
      refuse("a reference that holds nothing against a device");
}
