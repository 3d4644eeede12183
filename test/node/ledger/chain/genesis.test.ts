import {describe, expect, test} from "vitest";
import {CLOSING_PROPOSER} from "../../../../src/codecs/chain/block.js";
import type {Genesis, GenesisParams, MonetaryGenesis} from "../../../../src/codecs/chain/genesis.js";
import {checkGenesis} from "../../../../src/node/ledger/chain/check-genesis.js";
import {genesisState} from "../../../../src/node/ledger/chain/genesis.js";
import {NETWORK_PARAMS} from "../../../../src/node/ledger/params/networks.js";
import {testGenesis} from "../../../support/chain.js";

const good = testGenesis([]);
const withParams = (change: Partial<GenesisParams>): Genesis => ({...good, params: {...good.params, ...change}});

const REFERENCE = {driver: "1", firmware: "1", measurements: [{index: 1, digests: [new Uint8Array(48)]}]};
const withTrust = (change: Partial<GenesisParams["deviceTrust"]>): Genesis =>
  withParams({deviceTrust: {...good.params.deviceTrust, ...change}});

const GRANT = {to: "aa".repeat(32), amountDust: 5n, cliffHeight: 0n, endHeight: 8n};
const granting = (change: Partial<typeof GRANT>): Genesis => ({...good, vestings: [{...GRANT, ...change}]});

const MONETARY: MonetaryGenesis = {
  ...{mode: "active", epochBlocks: 60n, validatorsBps: 8_200, insuranceBps: 400, communityBps: 200},
  ...{treasury: "aa".repeat(32), insurance: "bb".repeat(32), community: "cc".repeat(32)},
};
const issuing = (change: Partial<MonetaryGenesis>, params: Partial<GenesisParams> = {}): Genesis =>
  withParams({monetary: {...MONETARY, ...change}, ...params});

test("a chain that issues by stake can run", () => expect(() => checkGenesis(issuing({}))).not.toThrow());

test("a monetary epoch can be as long as a stake stays locked", () =>
  expect(() => checkGenesis(issuing({epochBlocks: 1_000n}, {validatorUnbondSeconds: 1_000}))).not.toThrow());

test.each(Object.entries(NETWORK_PARAMS))("the parameters of %s make a chain", (_name, params) => {
  expect(() => checkGenesis({...good, params})).not.toThrow();
});

describe("a genesis is refused", () => {
  test.each<[string, string, Genesis]>([
    ["with a block time that does not divide the halving", "EMISSION_BLOCK_TIME", withParams({blockTimeSeconds: 7})],
    ["with more burned than paid", "GENESIS_INVALID", withParams({feeBurnBps: 10_001})],
    ["with more than half for the reporter", "GENESIS_INVALID", withParams({slashRewardBps: 5_001})],
    [
      "with a validator whose fees are nobody's",
      "GENESIS_INVALID",
      {...good, validators: [{...good.validators[0]!, account: CLOSING_PROPOSER}]},
    ],
    ["with epochs of no blocks", "GENESIS_INVALID", withParams({blocksPerEpoch: 0n})],
    ["with blocks that hold nothing", "GENESIS_INVALID", withParams({maxTransactions: 0})],
    ["with more transactions than a block can carry", "GENESIS_INVALID", withParams({maxTransactions: 10_001})],
    ["with more proofs than a block can carry", "GENESIS_INVALID", withParams({maxProofs: 1_001})],
    ["with a table of one entry", "GENESIS_INVALID", withParams({dagEntries: 1})],
    ["without difficulty", "GENESIS_INVALID", withParams({initialDifficulty: 0n})],
    [
      "that starts below its own least difficulty",
      "GENESIS_INVALID",
      withParams({initialDifficulty: 1n, minDifficulty: 2n}),
    ],
    ["that aims at no proofs", "GENESIS_INVALID", withParams({targetProofsPerBlock: 0})],
    [
      "that aims at more proofs than a block takes",
      "GENESIS_INVALID",
      withParams({targetProofsPerBlock: 9, maxProofs: 8}),
    ],
    [
      "whose blocks the largest batch to strangers does not fit",
      "GENESIS_INVALID",
      withParams({maxBlockRecords: 511n}),
    ],
    [
      "that prices records by compat rules",
      "GENESIS_INVALID",
      {...good, params: {...NETWORK_PARAMS.compat, maxBlockRecords: 560n}},
    ],
    ["with a table above 2 GiB", "GENESIS_INVALID", withParams({dagEntries: 2 ** 26 + 1})],
    [
      "with epochs that are over before a proof may be late",
      "GENESIS_INVALID",
      withParams({blocksPerEpoch: 60n, graceBlocks: 60n}),
    ],
    ["that is strict and begins with version 1 proofs", "GENESIS_INVALID", withParams({forkV2Height: 1n})],
    ["without validators", "GENESIS_INVALID", {...good, validators: []}],
    [
      "with a validator that nobody would hear",
      "GENESIS_INVALID",
      {...good, validators: [...good.validators, ...good.validators]},
    ],
    ["with a validator without power", "GENESIS_INVALID", {...good, validators: [{...good.validators[0]!, power: 0n}]}],
    ["with one authority twice", "GENESIS_INVALID", {...good, authorities: ["aa".repeat(32), "aa".repeat(32)]}],
    ["with authorities in no order", "GENESIS_INVALID", {...good, authorities: ["bb".repeat(32), "aa".repeat(32)]}],
    ["with a time that the store cannot keep", "GENESIS_INVALID", {...good, timeMs: 1n << 63n}],
    ["with a root that is no certificate", "DEVICE_ROOTS_INVALID", withTrust({roots: [Uint8Array.of(1)]})],
    ["with a floor that no version can be held against", "GENESIS_INVALID", withTrust({minDriver: "r550"})],
    ["with two references for one software", "GENESIS_INVALID", withTrust({references: [REFERENCE, REFERENCE]})],
    ["with a reference of nothing", "GENESIS_INVALID", withTrust({references: [{...REFERENCE, measurements: []}]})],
    ["that grants nothing", "GENESIS_INVALID", granting({amountDust: 0n})],
    ["that grants at once", "GENESIS_INVALID", granting({endHeight: 0n})],
    ["whose grant ends before its cliff", "GENESIS_INVALID", granting({cliffHeight: 9n})],
    ["whose grant ends after all time", "GENESIS_INVALID", granting({endHeight: 1n << 63n})],
    ["that grants twice to one account", "GENESIS_INVALID", {...good, vestings: [GRANT, GRANT]}],
    ["that sets aside more than the treasury", "SUPPLY_CAP", granting({amountDust: 10n ** 15n})],
    ["that issues by stake and has none", "GENESIS_INVALID", issuing({}, {validatorStakeDust: 0n})],
    ["with monetary epochs of no blocks", "GENESIS_INVALID", issuing({epochBlocks: 0n})],
    [
      "with monetary epochs of more than a year",
      "GENESIS_INVALID",
      issuing({epochBlocks: 31_536_001n}, {validatorUnbondSeconds: 40_000_000}),
    ],
    [
      "with monetary epochs that a stake need not stay for",
      "GENESIS_INVALID",
      issuing({epochBlocks: 1_001n}, {validatorUnbondSeconds: 1_000}),
    ],
    ["that issues more than all of it", "GENESIS_INVALID", issuing({validatorsBps: 9_401})],
    ["whose treasury is its insurance", "GENESIS_INVALID", issuing({insurance: MONETARY.treasury})],
    [
      "that gives away more than the treasury",
      "SUPPLY_CAP",
      {...good, allocations: [{to: "ab".repeat(32), amountDust: 10n ** 15n + 1n}]},
    ],
  ])("%s", (_what, code, genesis) => {
    expect(() => genesisState(genesis)).toThrowError(expect.objectContaining({code}));
  });
});
