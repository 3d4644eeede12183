/** Issuance by stake, on a real chain. Expected amounts are the specification's formulas (bft-ledger.md 7), by hand. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {U64_MAX} from "../../../../src/codecs/amount.js";
import type {GenesisParams, MonetaryGenesis} from "../../../../src/codecs/chain/genesis.js";
import {transfer} from "../../../../src/codecs/chain/payloads.js";
import {validatorIdOf} from "../../../../src/codecs/chain/validator-payloads.js";
import {genesisState} from "../../../../src/node/ledger/chain/genesis.js";
import {MINING_CAP_DUST} from "../../../../src/node/ledger/monetary/emission.js";
import {PHASE_TERMS} from "../../../../src/node/ledger/monetary/engine/phases.js";
import {limitStep, targetRate} from "../../../../src/node/ledger/monetary/engine/rates.js";
import {rewardOf} from "../../../../src/node/ledger/monetary/engine/reward.js";
import {shareOut, splitIssuance} from "../../../../src/node/ledger/monetary/engine/shares.js";
import {epochFeesOf, monetaryOf, stepMonetary} from "../../../../src/node/ledger/monetary/engine/step.js";
import {accountAt, countDust, expectedDust, mint, supplyOf} from "../../../../src/node/ledger/monetary/supply.js";
import {chainParamsOf} from "../../../../src/node/ledger/params/networks.js";
import {EPOCH_KEY, epochFees, stakes} from "../../../../src/node/ledger/state/stores.js";
import {contentOf, mlDsa44, signed, testAccount} from "../../../support/accounts.js";
import {
  extend,
  openTestChain,
  STAKE_DUST,
  scratchDirectory,
  testGenesis,
  VALIDATOR_ACCOUNT,
} from "../../../support/chain.js";

const alice = testAccount("alice");
const [TREASURY, INSURANCE, COMMUNITY] = ["aa", "bb", "cc"].map((each) => each.repeat(32)) as [string, string, string];
const TERMS: MonetaryGenesis = {
  mode: "active",
  epochBlocks: 4n,
  validatorsBps: 8_200,
  insuranceBps: 400,
  communityBps: 200,
  treasury: TREASURY,
  insurance: INSURANCE,
  community: COMMUNITY,
};
const founded = (terms: Partial<MonetaryGenesis> = {}, params: Partial<GenesisParams> = {}) => {
  const base = testGenesis([{to: alice.address, amountDust: 10n * STAKE_DUST}]);
  return {...base, params: {...base.params, ...params, monetary: {...TERMS, ...terms}}};
};

describe("a chain that pays by stake", () => {
  const opened = async (terms: Partial<MonetaryGenesis> = {}) => openTestChain(scratchDirectory(), founded(terms));
  const pay = (nonce: bigint) =>
    signed(alice, contentOf(alice, {nonce, payload: transfer.encode({to: TREASURY, amountDust: 1n, memo: ""})}));

  test("issues with the last block of an epoch, and no block before", async () => {
    const {chain, intake} = await opened();
    await extend(intake);
    await extend(intake);
    expect(monetaryOf(chain.state)).toBeNull();
    await extend(intake);
    // 100 CELL at 7.75 % a year of 7,884,000 epochs: 98.3 dust. 82 %, 4 % and 2 % of 98, and the rest.
    expect(monetaryOf(chain.state)).toMatchObject({
      ...{epoch: 0n, rateBps: 775n, issuedDust: 98n, phase: "bootstrap", phaseReason: "too-early"},
      ...{validatorsDust: 80n, treasuryDust: 14n, insuranceDust: 3n, communityDust: 1n},
      ...{stakedDust: STAKE_DUST, circulatingDust: 11n * STAKE_DUST, stakeRatioBps: 909n, coverageBps: 0n},
    });
    const balances = [VALIDATOR_ACCOUNT.address, TREASURY, INSURANCE, COMMUNITY].map(
      (each) => accountAt(chain.state, each).balanceDust,
    );
    expect(balances).toEqual([80n, 14n, 3n, 1n]);
    expect(supplyOf(chain.state).minedDust).toBe(98n);
  });

  test("lowers the rate by what fees pay, one step in an epoch", async () => {
    const {chain, intake} = await opened();
    for (let i = 0; i < 3; i++) await extend(intake);
    await intake.submit(pay(0n));
    await extend(intake);
    const {feeDust} = {feeDust: epochFeesOf(chain.state)};
    expect(feeDust).toBeGreaterThanOrEqual(1_000n);
    for (let i = 0; i < 3; i++) await extend(intake);
    const ended = monetaryOf(chain.state)!;
    // The average moves by 7 % of the fees; they pay for most of the yield, so the rate falls by all of 25 points.
    expect(ended).toMatchObject({
      epoch: 1n,
      feesDust: feeDust,
      averageFeesDust: (700n * feeDust) / 10_000n,
      rateBps: 750n,
    });
    expect(ended.averageDeviationDust).toBe((700n * feeDust) / 10_000n);
    expect(epochFeesOf(chain.state)).toBe(0n);
    const {balancesDust, bondsDust} = countDust(chain.state);
    expect(balancesDust + bondsDust).toBe(expectedDust(supplyOf(chain.state)));
  });

  test("reckons the same in shadow mode, and pays nobody", async () => {
    const {chain, intake} = await opened({mode: "shadow"});
    for (let i = 0; i < 3; i++) await extend(intake);
    expect(monetaryOf(chain.state)).toMatchObject({issuedDust: 98n, validatorsDust: 80n});
    expect(supplyOf(chain.state).minedDust).toBe(0n);
    expect(accountAt(chain.state, TREASURY).balanceDust).toBe(0n);
  });

  test("is the same chain after a restart", async () => {
    const directory = scratchDirectory();
    const {chain, intake, store} = await openTestChain(directory, founded());
    for (let i = 0; i < 5; i++) await extend(intake);
    const {tip} = chain;
    await store.close();
    const again = await openTestChain(directory, founded());
    expect(again.chain.tip).toEqual(tip);
    expect(monetaryOf(again.chain.state)).toEqual(monetaryOf(chain.state));
  });
});

test("where stake is paid, blocks pay nothing; where the engine only reckons, they do", () => {
  const reward = (terms: Partial<MonetaryGenesis>) => rewardOf(1n, chainParamsOf(founded(terms)));
  expect(reward({mode: "active"})).toBe(0n);
  expect(reward({mode: "shadow"})).toBe(rewardOf(1n, {...chainParamsOf(founded()), monetary: null}));
  expect(reward({mode: "shadow"})).toBeGreaterThan(0n);
});

describe("one epoch's end", () => {
  const ended = (change: (state: ReturnType<typeof genesisState>) => void, genesis = founded()) => {
    const state = genesisState(genesis);
    change(state);
    stepMonetary(state, {height: 3n, params: chainParamsOf(genesis)}, 0n);
    return {state, record: monetaryOf(state)!};
  };
  const ID = validatorIdOf(testGenesis([]).validators[0]!.publicKey);

  test("pays no more than is left below the cap", () => {
    const {record, state} = ended((now) => mint(now, alice.address, MINING_CAP_DUST - 50n));
    expect(record.issuedDust).toBe(50n);
    expect(supplyOf(state).minedDust).toBe(MINING_CAP_DUST);
  });

  test.each([
    ["sits in jail", {jailedUntilHeight: 9n}],
    ["leaves", {maturesAtHeight: 9n}],
  ])("pays nobody who %s", (_what, change) => {
    const {record, state} = ended((now) => now.put(stakes, ID, {...now.get(stakes, ID)!, ...change}));
    expect(record).toMatchObject({stakedDust: 0n, issuedDust: 0n, treasuryDust: 0n});
    expect(supplyOf(state).minedDust).toBe(0n);
  });

  test.each([
    ["in an epoch", 1n],
    ["at the end of one", 3n],
  ])("counts fees that were paid round and round up to the largest integer, %s", (_when, height) => {
    const genesis = founded();
    const state = genesisState(genesis);
    state.put(epochFees, EPOCH_KEY, {paidDust: U64_MAX - 1n});
    stepMonetary(state, {height, params: chainParamsOf(genesis)}, 9n);
    expect(epochFeesOf(state) || monetaryOf(state)!.feesDust).toBe(U64_MAX);
    expect(() => state.changes()).not.toThrow();
  });

  test("shares among validators by stake, what does not divide to the largest", () => {
    const base = founded();
    const second = {...base.validators[0]!, publicKey: mlDsa44.keygenFromSeed(new Uint8Array(32).fill(9)).publicKey};
    const genesis = {...base, validators: [base.validators[0]!, {...second, power: 2n, account: alice.address}]};
    const {state, record} = ended(() => {}, genesis);
    // 300 CELL: 294.9 dust issued, of which 241.08 for validators, 80.3 and 160.6 of them.
    expect(record).toMatchObject({issuedDust: 294n, validatorsDust: 241n});
    expect(accountAt(state, VALIDATOR_ACCOUNT.address).balanceDust).toBe(80n);
    expect(accountAt(state, alice.address).balanceDust).toBe(10n * STAKE_DUST + 161n);
  });
});

const dust = fc.bigInt({min: 0n, max: 10n ** 16n});
const phase = fc.constantFrom(...(["bootstrap", "transition", "mature"] as const));

test("a rate is never above its cap nor further than one step, and never a fraction", () => {
  fc.assert(
    fc.property(dust, dust, phase, fc.bigInt({min: 0n, max: 2_000n}), (fees, staked, name, before) => {
      const terms = PHASE_TERMS[name];
      const {rateBps} = targetRate(fees, staked, terms);
      expect(rateBps >= 0n && rateBps <= terms.capBps).toBe(true);
      const limited = limitStep(rateBps, before, terms.maxStepBps);
      const apart = limited > before ? limited - before : before - limited;
      expect(apart <= terms.maxStepBps).toBe(true);
    }),
  );
});

test("no dust is lost or made when issuance is split and shared", () => {
  const parts = fc.tuple(fc.nat(4_000), fc.nat(3_000), fc.nat(3_000));
  fc.assert(
    fc.property(dust, parts, fc.array(dust, {minLength: 1, maxLength: 8}), (total, [v, i, c], weights) => {
      const split = splitIssuance(total, {validatorsBps: v, insuranceBps: i, communityBps: c});
      const {validatorsDust, treasuryDust, insuranceDust, communityDust} = split;
      expect(validatorsDust + treasuryDust + insuranceDust + communityDust).toBe(total);
      const shares = shareOut(total, weights, 0);
      const whole = weights.some((weight) => weight > 0n) ? total : 0n;
      expect(shares.reduce((sum, share) => sum + share, 0n)).toBe(whole);
      expect(shares.every((share) => share >= 0n)).toBe(true);
    }),
  );
});
