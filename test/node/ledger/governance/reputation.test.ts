/** Reputation, and the votes that it weighs. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {transfer} from "../../../../src/codecs/chain/payloads.js";
import {encodeChange} from "../../../../src/codecs/governance/change.js";
import {AUTHORITY_SET, GOVERNANCE_CONTRACT, SUBMESH_RETIRE} from "../../../../src/codecs/governance/payloads.js";
import type {SlashPayload} from "../../../../src/codecs/slashing/payload.js";
import type {BlockContext} from "../../../../src/node/ledger/chain/contract.js";
import type {AcceptedProof} from "../../../../src/node/ledger/chain/run.js";
import {governanceContract} from "../../../../src/node/ledger/governance/contract.js";
import {
  decayed,
  earnReputation,
  forfeitReputation,
  totalWeight,
  weightOf,
} from "../../../../src/node/ledger/governance/reputation.js";
import {accountAt} from "../../../../src/node/ledger/monetary/supply.js";
import {chainParamsOf} from "../../../../src/node/ledger/params/networks.js";
import {COMPAT_RULES} from "../../../../src/node/ledger/params/rules.js";
import {punish} from "../../../../src/node/ledger/slashing/punish.js";
import {State} from "../../../../src/node/ledger/state/state.js";
import {retiredSubmeshes, submeshVotes} from "../../../../src/node/ledger/state/stores.js";
import {transferContract} from "../../../../src/node/ledger/transfer/contract.js";
import {viewOf} from "../../../../src/node/view.js";
import {contentOf, signed, type TestAccount, testAccount} from "../../../support/accounts.js";
import {
  extend,
  extendWith,
  openTestChain,
  scratchDirectory,
  testGenesis,
  VALIDATOR_ACCOUNT,
} from "../../../support/chain.js";
import {recordOf, testRig} from "../../../support/mining.js";

const [alice, bob, carol] = [testAccount("alice"), testAccount("bob"), testAccount("carol")];
const base = testGenesis(
  [alice, bob, carol, VALIDATOR_ACCOUNT].map(({address}) => ({to: address, amountDust: 10n ** 9n})),
);
const params = chainParamsOf(base);
/** A week of one-second blocks. */
const WEEK = 604_800n;

describe("reputation", () => {
  const A = "a".repeat(64);
  const B = "b".repeat(64);
  const earn = (state: State, height: bigint, proposer: string, proofs: readonly [string, bigint][] = []): void =>
    earnReputation(state, {height, params}, {proposer, proofs: new Map(proofs), isEmpty: false});

  test("is earned by proofs, and by a block as much as by the four proofs of a mean one", () => {
    const state = new State().fork();
    earn(state, 1n, A, [[B, 3n]]);
    const at = {height: 1n, params};
    expect([weightOf(state, A, at), weightOf(state, B, at), totalWeight(state, at)]).toEqual([4_000n, 3_000n, 7_000n]);
  });

  test("halves in a week, and is gone after many", () => {
    const state = new State().fork();
    earn(state, 1n, A);
    const weights = [WEEK - 1n, WEEK, 3n * WEEK, 70n * WEEK].map((height) => weightOf(state, A, {height, params}));
    expect(weights).toEqual([4_000n, 2_000n, 500n, 0n]);
    earn(state, 2n * WEEK, A);
    expect(weightOf(state, A, {height: 2n * WEEK, params})).toBe(5_000n);
    expect(decayed({points: 1_000n, period: 3n}, 5n)).toBe(250n);
  });

  test("is gone with an offence, and out of the total too", () => {
    const state = new State().fork();
    earn(state, 1n, A, [[B, 2n]]);
    const at = {height: WEEK, params};
    forfeitReputation(state, B, at);
    expect([weightOf(state, B, at), totalWeight(state, at)]).toEqual([0n, 2_000n]);
    forfeitReputation(state, B, at);
    expect(totalWeight(state, at)).toBe(2_000n);
  });

  test("is gone with a slash of a rig, for the rig's owner", () => {
    const state = new State().fork();
    const record = recordOf(testRig("rig-1"));
    earn(state, 1n, record.owner, [[A, 1n]]);
    const block = {height: 1n, params} as BlockContext;
    const slash = {nodeId: "rig-1", evidenceKind: "double-mining", slashAmountDust: 5n} as SlashPayload;
    punish({state, block, txId: "", content: contentOf(alice)}, record, slash);
    expect([weightOf(state, record.owner, block), totalWeight(state, block)]).toEqual([0n, 1_000n]);
  });

  test("is not earned by a block that holds nothing, nor on a chain of QSDM's rules", () => {
    const state = new State().fork();
    const nothing = {proposer: A, proofs: new Map<string, bigint>()};
    earnReputation(state, {height: 1n, params}, {...nothing, isEmpty: true});
    earnReputation(state, {height: 1n, params: {...params, rules: COMPAT_RULES}}, {...nothing, isEmpty: false});
    expect(state.changes()).toEqual([]);
  });

  test("never adds up to more than the total says", () => {
    const who = fc.constantFrom(A, B, "c".repeat(64));
    const step = fc.record({
      who,
      wait: fc.bigInt({min: 0n, max: 3n * WEEK}),
      proofs: fc.bigInt({min: 0n, max: 9n}),
      loses: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, {maxLength: 30}), (steps) => {
        const state = new State().fork();
        let height = 0n;
        for (const {who: address, wait, proofs, loses} of steps) {
          height += wait;
          if (loses) forfeitReputation(state, address, {height, params});
          else earn(state, height, address, [[A, proofs]]);
          const at = {height, params};
          const sum = [A, B, "c".repeat(64)].reduce((all, each) => all + weightOf(state, each, at), 0n);
          expect(sum <= totalWeight(state, at)).toBe(true);
        }
      }),
    );
  });
});

/** A chain of which `alice` and `bob` are authorities, which takes any proof of anybody who says so. */
async function open() {
  const contracts = [transferContract, governanceContract];
  const genesis = {...base, authorities: [alice.address, bob.address].sort()};
  const proofs = new Map<string, AcceptedProof>();
  const {chain, intake, store} = await openTestChain(scratchDirectory(), genesis, {
    contracts,
    // What stands for a proof here has no form that could be told of.
    journal: {entries: () => []},
    verifyProof: (_state, raw) => proofs.get(Buffer.from(raw).toString("hex"))!,
  });
  let serial = 0;
  /** Takes so many proofs that pay `to`. */
  const work = async ({address: to}: TestAccount, count: number): Promise<void> => {
    const offered = Array.from({length: count}, () => {
      const proofId = new Uint8Array(32);
      new DataView(proofId.buffer).setUint32(0, ++serial);
      const id = Buffer.from(proofId).toString("hex");
      proofs.set(id, {proofId, proofIdHex: id, nodeId: `rig-${serial}`, height: chain.tip.height, to});
      return {id, raw: proofId};
    });
    await extendWith(chain, {timeMs: 0n, transactions: [], proofs: offered});
  };
  const call = async (who: TestAccount, payload: Uint8Array): Promise<string> => {
    const {nonce} = accountAt(chain.state, who.address);
    const {txId} = await intake.submit(signed(who, contentOf(who, {nonce, contract: GOVERNANCE_CONTRACT, payload})));
    await extend(intake);
    const {outcome, code} = store.receipt(txId)!;
    return code ?? outcome;
  };
  const retire = (who: TestAccount, effectiveHeight: bigint, submesh = "eu-fast") =>
    call(who, encodeChange({change: {kind: SUBMESH_RETIRE, submesh}, effectiveHeight}));
  const until = async (height: bigint) => {
    while (chain.tip.height < height) await extend(intake);
  };
  return {chain, call, work, retire, until, view: () => viewOf(chain)};
}

describe("a vote for a submesh to go", () => {
  test("counts by weight, is staged by more than half of all, and retires it for good at its height", async () => {
    const {chain, work, retire, until, view} = await open();
    // Blocks 1 and 2: 40 proofs for alice, 30 for carol, and 4 worth of them for the proposer of each.
    await work(alice, 40);
    await work(carol, 30);
    expect(view().reputation(alice.address)).toEqual({weight: 40_000n, totalWeight: 78_000n});
    expect(await retire(bob, 12n)).toBe("GOV_NO_REPUTATION");
    // The block with bob's refusal earned its proposer 4,000 more; alice has 40,000 of 82,000.
    expect(await retire(alice, 12n)).toBe("applied");
    expect(view().governance().proposals).toMatchObject([{weight: 40_000n, stagedAtHeight: 0n, voters: []}]);
    expect(await retire(alice, 12n)).toBe("GOV_DUPLICATE_VOTE");
    expect(await retire(VALIDATOR_ACCOUNT, 12n)).toBe("applied");
    expect(view().governance().proposals).toMatchObject([{weight: 60_000n, stagedAtHeight: 6n}]);
    expect(await retire(carol, 12n)).toBe("GOV_ALREADY_STAGED");
    await until(10n);
    expect(view().retiredSubmeshes()).toEqual([]);
    await until(11n);
    expect(view().retiredSubmeshes()).toEqual([{submesh: "eu-fast", sinceHeight: 12n, weight: 60_000n}]);
    expect([...chain.state.keys(submeshVotes)]).toEqual([]);
    expect(await retire(carol, 40n)).toBe("GOV_SUBMESH_RETIRED");
    expect(await retire(carol, 40n, "eu-slow")).toBe("applied");
  });

  test("comes to nothing without its votes, and does not mind authorities that come and go", async () => {
    const {chain, call, work, retire, until, view} = await open();
    await work(alice, 10);
    await work(carol, 30);
    expect(await retire(alice, 9n)).toBe("applied");
    const leave = {change: {kind: AUTHORITY_SET, op: "remove", address: bob.address}, effectiveHeight: 6n} as const;
    for (const who of [alice, bob]) expect(await call(who, encodeChange(leave))).toBe("applied");
    await until(6n);
    expect(view().governance()).toMatchObject({authorities: [alice.address], proposals: [{weight: 10_000n}]});
    await until(8n);
    expect(view().governance().proposals).toEqual([]);
    expect([[...chain.state.keys(submeshVotes)], [...chain.state.keys(retiredSubmeshes)]]).toEqual([[], []]);
  });

  test("takes a thousandth of all weight to propose, and two proposals of an account wait at once", async () => {
    const {work, retire, chain} = await open();
    await work(carol, 1);
    for (let i = 0; i < 7; i++) await work(alice, 200);
    expect(await retire(carol, 90n)).toBe("GOV_NO_REPUTATION");
    for (const name of ["a", "b"]) expect(await retire(alice, 90n, name)).toBe("applied");
    expect(await retire(alice, 90n, "c")).toBe("GOV_PROPOSALS_FULL");
    expect(chain.held).toBeDefined();
  });

  test("is no vote under a name that no submesh can have", () => {
    for (const submesh of ["", "a b", "a/b", "x".repeat(65), "\u00fc"])
      expect(() => encodeChange({change: {kind: SUBMESH_RETIRE, submesh}, effectiveHeight: 9n})).toThrowError(
        expect.objectContaining({code: "GOVERNANCE_INVALID"}),
      );
  });
});

test("an ordinary payment earns its block's proposer weight", async () => {
  const {intake, chain} = await openTestChain(scratchDirectory(), base);
  await intake.submit(
    signed(alice, contentOf(alice, {payload: transfer.encode({to: bob.address, amountDust: 1n, memo: ""})})),
  );
  await extend(intake);
  expect(viewOf(chain).reputation(VALIDATOR_ACCOUNT.address)).toEqual({weight: 4_000n, totalWeight: 4_000n});
});
