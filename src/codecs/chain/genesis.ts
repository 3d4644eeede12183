/**
 * Genesis: everything a chain is started from, as one record whose digest the first header names as its parent. Two
 * nodes with the same genesis digest cannot disagree about a constant.
 */
import {address} from "../address.js";
import {hexOf, utf8} from "../bytes.js";
import {blob, type FieldValue, fixed, list, nullable, record, text, u32, u64, word} from "../cbor/record.js";
import {sha3} from "../hash.js";
import {ML_DSA_44} from "../suite.js";
import {chainIdField} from "./envelope.js";

/**
 * Which confidential-computing devices the chain believes; none where no root is pinned. Bytes and versions as their
 * makers write them: the rules read them.
 */
const deviceTrust = record("device-trust", {
  /** DER certificates. */
  roots: list(blob({min: 1, max: 16_384}), 16),
  /** Oldest firmware and driver that count; empty asks for nothing. */
  minFirmware: text({maxBytes: 64}),
  minDriver: text({maxBytes: 64}),
  /** What a GPU measures when its software is right, by driver and firmware. */
  references: list(
    record("reference", {
      driver: text({minBytes: 1, maxBytes: 32}),
      firmware: text({minBytes: 1, maxBytes: 32}),
      measurements: list(record("measurement", {index: u32, digests: list(blob({min: 1, max: 64}), 16)}), 255),
    }),
    256,
  ),
});
export type DeviceTrustParams = FieldValue<typeof deviceTrust>;

/** Issuance by stake, computed at the end of each of its epochs. */
const monetary = record("monetary", {
  /** In `shadow` the engine reckons and mining pays; in `active` the engine pays and mining does not. */
  mode: word("shadow", "active"),
  epochBlocks: u64,
  /** Parts of what is issued, in basis points; the treasury has the rest. */
  validatorsBps: u32,
  insuranceBps: u32,
  communityBps: u32,
  treasury: address,
  insurance: address,
  community: address,
});
export type MonetaryGenesis = FieldValue<typeof monetary>;

export const genesisParams = record("params", {
  rules: word("strict", "compat"),
  blockTimeSeconds: u32,
  dagEntries: u32,
  initialDifficulty: u64,
  minDifficulty: u64,
  retargetIntervalBlocks: u64,
  retargetClamp: u64,
  targetProofsPerBlock: u32,
  blocksPerEpoch: u64,
  graceBlocks: u64,
  forkV2Height: u64,
  forkTensorHeight: u64,
  freshnessWindowSeconds: u32,
  futureSkewSeconds: u32,
  bondDust: u64,
  unbondWindowSeconds: u32,
  slashCapDust: u64,
  slashRewardBps: u32,
  autoRevokeMinStakeDust: u64,
  /** Least that the base fee can be, and where it begins. */
  baseFeeDust: u64,
  /** Largest part of itself by which the base fee moves in one block of twice the target, as 1/n; 0 where it stands still. */
  baseFeeChangeDenominator: u32,
  /** Share of `maxBlockGas` at which the base fee stays as it is, in basis points. */
  blockGasTargetBps: u32,
  feeBurnBps: u32,
  maxTransactions: u32,
  maxProofs: u32,
  maxBlockBytes: u32,
  maxBlockGas: u64,
  /** New records of the state that fill a block: each costs the n-th part of `maxBlockGas`; 0 where they cost nothing. */
  maxBlockRecords: u64,
  /** Stake behind one unit of voting power; 0 where the validators of genesis vote for ever. */
  validatorStakeDust: u64,
  validatorEpochBlocks: u64,
  validatorUnbondSeconds: u32,
  validatorsMax: u32,
  deviceTrust,
  /** Null where mining alone issues, and nothing is reckoned. */
  monetary: nullable(monetary),
});
export type GenesisParams = FieldValue<typeof genesisParams>;

export const genesis = record("qsdm/genesis/v1", {
  chainId: chainIdField,
  /** What the network calls itself, for people. */
  network: text({minBytes: 1, maxBytes: 64}),
  timeMs: u64,
  params: genesisParams,
  /** Balances at height 0, taken from the treasury's share. */
  allocations: list(record("allocation", {to: address, amountDust: u64}), 10_000),
  /** What accounts receive over time, set aside from the treasury's share. */
  vestings: list(
    record("vesting-grant", {
      to: address,
      amountDust: u64,
      /** Before this height nothing can be claimed. */
      cliffHeight: u64,
      /** From this height on all can; from height 0 to here it grows by the block. */
      endHeight: u64,
    }),
    1_000,
  ),
  /** Who votes from height 1 on. */
  validators: list(
    record("validator", {publicKey: fixed(ML_DSA_44.publicKeyBytes), power: u64, account: address}),
    1_000,
  ),
  /** Who votes on governed parameters and on authorities from height 1 on; without any, nobody ever does. */
  authorities: list(address, 64),
});
export type Genesis = FieldValue<typeof genesis>;

const GENESIS_TAG = utf8("qsdm/genesisid/v1\0");

/** Digest that identifies a chain: 64 hex digits. */
export const genesisIdOf = (value: Genesis): string => hexOf(sha3(GENESIS_TAG, genesis.encode(value)));
