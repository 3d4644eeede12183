import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {hexOf, utf8} from "../../../../src/codecs/bytes.js";
import {strictEnrollment} from "../../../../src/codecs/chain/payloads.js";
import {deferredBondDigest, enrollment as enrollmentCodec} from "../../../../src/codecs/enrollment.js";
import {checkEnrollment} from "../../../../src/codecs/enrollment-fields.js";
import type {BlockContext} from "../../../../src/node/ledger/chain/contract.js";
import {BlockRun} from "../../../../src/node/ledger/chain/run.js";
import {fillBonds} from "../../../../src/node/ledger/enrollment/accrue.js";
import {enrollmentTerms} from "../../../../src/node/ledger/enrollment/apply.js";
import {enrollContract} from "../../../../src/node/ledger/enrollment/contract.js";
import type {EnrollmentRecord} from "../../../../src/node/ledger/enrollment/record.js";
import {insertRecord, putRecord, revokeRecord} from "../../../../src/node/ledger/enrollment/registry.js";
import {startDifficulty} from "../../../../src/node/ledger/mining/difficulty.js";
import {blockRewardDust} from "../../../../src/node/ledger/monetary/emission.js";
import {accountAt, assertSupply, countDust, mint, supplyOf} from "../../../../src/node/ledger/monetary/supply.js";
import {chainParamsOf} from "../../../../src/node/ledger/params/networks.js";
import {COMPAT_RULES} from "../../../../src/node/ledger/params/rules.js";
import {State} from "../../../../src/node/ledger/state/state.js";
import {deferredBonds, enrollments} from "../../../../src/node/ledger/state/stores.js";
import {testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";
import {BOND_DUST, enrollmentPayload, signedEnrollment} from "../../../support/proofs.js";

const owner = testAccount("owner");
const other = testAccount("other");
const node = testAccount("rig key");
const params = chainParamsOf(testGenesis([]));

const deferred = (nodeId: string, stakeDust = 0n, account = owner.address): EnrollmentRecord => ({
  nodeId,
  owner: account,
  gpuUuid: `GPU-${nodeId}`,
  hmacKey: new Uint8Array(32),
  nodeKey: null,
  stakeDust,
  bondMode: "mining_rewards",
  requiredStakeDust: BOND_DUST,
  earnedStakeDust: stakeDust,
  enrolledAtHeight: 1n,
  revokedAtHeight: null,
  unbondMaturesAtHeight: null,
  memo: "",
});
const stateOf = (...records: readonly EnrollmentRecord[]): State => {
  const state = new State().fork();
  for (const record of records) insertRecord(state, record, params);
  return state;
};
const pay = (state: State, to: string, dust: bigint): bigint => {
  mint(state, to, dust);
  return fillBonds(state, to, dust);
};
const stakeOf = (state: State, nodeId: string) => state.get(enrollments, nodeId)?.stakeDust;

describe("a mining reward", () => {
  test("fills the bonds of its owner in order of node id, and what is left can be spent", () => {
    const state = stateOf(deferred("b", BOND_DUST - 5n), deferred("a", BOND_DUST - 3n), deferred("c"));
    expect(pay(state, owner.address, 4n)).toBe(4n);
    expect([stakeOf(state, "a"), stakeOf(state, "b")]).toEqual([BOND_DUST, BOND_DUST - 4n]);
    expect(pay(state, owner.address, BOND_DUST + 10n)).toBe(BOND_DUST + 4n);
    expect(accountAt(state, owner.address).balanceDust).toBe(6n);
    expect(["b", "c"].map((id) => stakeOf(state, id))).toEqual([BOND_DUST, BOND_DUST]);
    expect([...state.keys(deferredBonds)]).toEqual([]);
  });

  test("passes over upfront bonds, revoked ones and those of others", () => {
    const upfront = {...deferred("a", BOND_DUST / 2n), bondMode: "upfront" as const};
    const state = stateOf(upfront, deferred("b"), deferred("c", 0n, other.address));
    revokeRecord(state, state.get(enrollments, "b")!, {height: 2n, params});
    expect(pay(state, owner.address, 100n)).toBe(0n);
    expect(accountAt(state, owner.address).balanceDust).toBe(100n);
  });

  test("fills again what a slash took, and remembers the most that was locked", () => {
    const state = stateOf(deferred("a", 600n));
    putRecord(state, {...state.get(enrollments, "a")!, stakeDust: 100n});
    pay(state, owner.address, 200n);
    expect(state.get(enrollments, "a")).toMatchObject({stakeDust: 300n, earnedStakeDust: 600n});
    pay(state, owner.address, 400n);
    expect(state.get(enrollments, "a")).toMatchObject({stakeDust: 700n, earnedStakeDust: 700n});
  });

  test("is neither lost nor doubled, however many bonds there are", () => {
    const stakes = fc.array(fc.bigInt({min: 0n, max: BOND_DUST}), {maxLength: 6});
    fc.assert(
      fc.property(stakes, fc.bigInt({min: 0n, max: 7n * BOND_DUST}), (given, rewardDust) => {
        const state = stateOf(...given.map((stake, i) => deferred(`n${i}`, stake)));
        const before = countDust(state).bondsDust;
        const locked = pay(state, owner.address, rewardDust);
        const missing = given.reduce((sum, stake) => sum + BOND_DUST - stake, 0n);
        expect(locked).toBe(missing < rewardDust ? missing : rewardDust);
        expect(countDust(state)).toEqual({balancesDust: rewardDust - locked, bondsDust: before + locked});
      }),
    );
  });

  test("of a block goes into the bond in the coinbase step, and the books balance", () => {
    const state = stateOf(deferred("a"));
    startDifficulty(state, testGenesis([]));
    const block: BlockContext & {proposer: string} = {
      params,
      height: 2n,
      timeMs: 0n,
      verifySignature: () => false,
      verifyVote: () => false,
      ancestor: () => null,
      proposer: other.address,
    };
    const run = new BlockRun({state, held: countDust(state)}, block, {
      contracts: new Map(),
      verifyProof: () => ({
        proofId: new Uint8Array(32),
        proofIdHex: hexOf(new Uint8Array(32)),
        nodeId: "a",
        height: 1n,
        to: owner.address,
      }),
    });
    run.addProof(new Uint8Array(1));
    const result = run.finish();
    expect(() => run.addProof(new Uint8Array(1))).toThrowError(expect.objectContaining({code: "PROOF_LATE"}));
    const rewardDust = blockRewardDust(2n, params.blockTimeSeconds);
    expect(rewardDust).toBeGreaterThan(0n);
    expect(result.coinbase).toEqual([{to: owner.address, amountDust: rewardDust}]);
    expect(stakeOf(result.state, "a")).toBe(rewardDust);
    expect(accountAt(result.state, owner.address).balanceDust).toBe(0n);
    assertSupply(countDust(result.state), supplyOf(result.state));
  });
});

describe("an enrollment with a deferred bond", () => {
  // Found by a search over the prefix that binds the work to this owner and chain, with a hash from node:crypto.
  const WORK = 3_146_842n;
  const payload = (nodeId: string, by = owner, workNonce = WORK) =>
    enrollmentPayload(by, {nodeId, node}, {stakeDust: 0n, bondMode: "mining_rewards", workNonce});
  const genesis = testGenesis([owner, other].map((each) => ({to: each.address, amountDust: 1_000_000n})));
  const open = () => openTestChain(scratchDirectory(), genesis, {contracts: [enrollContract]});

  test("locks nothing, and lists the bond to be filled", async () => {
    const {chain, intake, store} = await open();
    const {txId} = await intake.submit(signedEnrollment(owner, 0n, payload("rig-2")));
    await extend(intake);
    expect(store.receipt(txId)).toMatchObject({outcome: "applied"});
    expect(chain.state.get(enrollments, "rig-2")).toMatchObject({
      bondMode: "mining_rewards",
      stakeDust: 0n,
      requiredStakeDust: BOND_DUST,
      earnedStakeDust: 0n,
    });
    expect([...chain.state.keys(deferredBonds)]).toEqual([`${owner.address}/rig-2`]);
  });

  test.each<[string, typeof owner, Uint8Array]>([
    ["another account's work", other, payload("rig-2", other)],
    ["work for another node id", owner, payload("rig-3")],
    ["another nonce", owner, payload("rig-2", owner, WORK - 1n)],
  ])("is refused with %s", async (_what, sender, bytes) => {
    const {intake} = await open();
    const sent = intake.submit(signedEnrollment(sender, 0n, bytes));
    await expect(sent).rejects.toMatchObject({code: "ENROLLMENT_DECODE_FAILED"});
  });

  test("is refused with a stake", async () => {
    const {intake} = await open();
    const bytes = enrollmentPayload(owner, {nodeId: "rig-2", node}, {bondMode: "mining_rewards", workNonce: WORK});
    const sent = intake.submit(signedEnrollment(owner, 0n, bytes));
    await expect(sent).rejects.toMatchObject({code: "ENROLLMENT_STAKE_MISMATCH"});
  });

  test("is refused with work that was done for another chain, or for another owner", () => {
    const {payload: inner} = strictEnrollment.decode(payload("rig-2"));
    const enrollment = enrollmentCodec.decode(inner);
    const check =
      (by: string, chainId = params.chainId) =>
      () =>
        checkEnrollment(enrollment, by, enrollmentTerms(by, {...params, chainId}));
    expect(check(owner.address)).not.toThrow();
    expect(check(owner.address, "another-chain")).toThrow("deferred bond work does not satisfy 22 leading zero bits");
    expect(check(other.address)).toThrow("deferred bond work does not satisfy 22 leading zero bits");
  });

  test("needs work over the payload alone where rules say so", () => {
    const {workPrefix} = enrollmentTerms(owner.address, {...params, rules: COMPAT_RULES});
    // The reference's smallest solution for this payload (vectors/node/enrollment_apply.json).
    const enrollment = {
      kind: "enroll",
      nodeId: "rig-0",
      gpuUuid: "GPU-00000000",
      hmacKey: utf8("0123456789abcdef0123456789abcdef"),
      stakeDust: 0n,
      bondMode: "mining_rewards",
      workNonce: 0n,
      memo: "",
    };
    const digest = deferredBondDigest(workPrefix!(enrollment), 2_190_798n);
    expect(hexOf(digest)).toBe("00000132fe43a8c555a6427124ce8224bcdaec11fd83e4b1d44bbb7c4827b9fc");
  });
});
