import {describe, expect, test} from "vitest";
import {blockIdOf, CLOSING_PROPOSER, voteContent} from "../../../../src/codecs/chain/block.js";
import type {GenesisParams} from "../../../../src/codecs/chain/genesis.js";
import {
  JOIN_CONTRACT,
  LEAVE_CONTRACT,
  UNJAIL_CONTRACT,
  validatorIdOf,
  validatorJoin,
  validatorLeave,
  validatorUnjail,
  votingKeyClaim,
} from "../../../../src/codecs/chain/validator-payloads.js";
import {
  EQUIVOCATION_CONTRACT,
  type EquivocationProof,
  equivocation,
  equivocationTxIdOf,
  faultOf,
  inOrder,
} from "../../../../src/codecs/consensus/equivocation.js";
import {proposalContent} from "../../../../src/codecs/consensus/messages.js";
import {sha3} from "../../../../src/codecs/hash.js";
import {contractsOf} from "../../../../src/node/contracts.js";
import {execute} from "../../../../src/node/ledger/chain/execute.js";
import {readTransaction} from "../../../../src/node/ledger/chain/transaction.js";
import {accountAt, countDust, expectedDust, supplyOf} from "../../../../src/node/ledger/monetary/supply.js";
import {STRICT_RULES} from "../../../../src/node/ledger/params/rules.js";
import {reputations, stakes} from "../../../../src/node/ledger/state/stores.js";
import {epochOf, votersOf} from "../../../../src/node/ledger/validators/election.js";
import {contentOf, mlDsa44, signed, TEST_CHAIN_ID, type TestAccount, testAccount} from "../../../support/accounts.js";
import {
  extend,
  openTestChain,
  STAKE_DUST,
  scratchDirectory,
  testGenesis,
  VALIDATOR_ACCOUNT,
} from "../../../support/chain.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
const FUNDS = 10n * STAKE_DUST;
const keys = (name: string) => mlDsa44.keygenFromSeed(sha3(new TextEncoder().encode(`voter ${name}`)));
const mine = keys("mine");
const ID = validatorIdOf(mine.publicKey);

async function opened(params: Partial<GenesisParams> = {}) {
  const base = testGenesis([
    {to: alice.address, amountDust: FUNDS},
    {to: bob.address, amountDust: FUNDS},
    {to: VALIDATOR_ACCOUNT.address, amountDust: FUNDS},
  ]);
  const genesis = {...base, params: {...base.params, validatorUnbondSeconds: 200, ...params}};
  const {chain, intake, store} = await openTestChain(scratchDirectory(), genesis, {
    contracts: contractsOf(STRICT_RULES),
  });
  const nonces = new Map<string, bigint>();
  /** Puts one call into a block of its own, and says what became of it. */
  const run = async (who: TestAccount, contract: string, payload: Uint8Array) => {
    const nonce = nonces.get(who.address) ?? 0n;
    nonces.set(who.address, nonce + 1n);
    const {txId} = await intake.submit(signed(who, contentOf(who, {nonce, contract, payload})));
    await extend(intake);
    const {balancesDust, bondsDust} = countDust(chain.state);
    expect(balancesDust + bondsDust).toBe(expectedDust(supplyOf(chain.state)));
    expect(chain.held).toEqual({balancesDust, bondsDust});
    const {outcome, code, slash} = store.receipt(txId)!;
    return outcome === "applied" ? {slash} : code;
  };
  return {chain, intake, store, run};
}

const join = (who: TestAccount, amountDust = STAKE_DUST, {publicKey, secretKey} = mine): Uint8Array =>
  validatorJoin.encode({
    publicKey,
    amountDust,
    possession: mlDsa44.sign(secretKey, votingKeyClaim(TEST_CHAIN_ID, who.address, publicKey)),
  });
const named = (validator = ID): Uint8Array => validatorLeave.encode({validator});
const unjail = (validator = ID): Uint8Array => validatorUnjail.encode({validator});

function doubleVote({
  kind = "vote",
  view = 7n,
  chainId = TEST_CHAIN_ID,
  voter = mine,
}: Partial<Pick<EquivocationProof, "kind" | "view" | "chainId">> & {voter?: typeof mine} = {}): EquivocationProof {
  const content = kind === "vote" ? voteContent : proposalContent;
  const statement = (blockId: string) => {
    const bytes = content.encode({chainId, epoch: 0n, height: 3n, view, blockId});
    return {height: 3n, blockId, signature: mlDsa44.sign(voter.secretKey, bytes)};
  };
  const {publicKey} = voter;
  const [first, second] = [statement("bb".repeat(32)), statement("aa".repeat(32))];
  return inOrder({chainId, kind, epoch: 0n, view, publicKey, first, second});
}
const accuse = (proof = doubleVote()): Uint8Array => equivocation.encode(proof);

describe("joining", () => {
  test("locks the stake, and more of it", async () => {
    const {chain, run} = await opened();
    expect(await run(alice, JOIN_CONTRACT, join(alice))).toEqual({slash: null});
    expect(await run(alice, JOIN_CONTRACT, join(alice, 5n))).toEqual({slash: null});
    const stake = {publicKey: mine.publicKey, owner: alice.address, stakeDust: STAKE_DUST + 5n};
    expect(chain.state.get(stakes, ID)).toMatchObject({...stake, joinedAtHeight: 1n, maturesAtHeight: 0n});
    expect(accountAt(chain.state, alice.address).balanceDust).toBe(FUNDS - STAKE_DUST - 5n - 2_000n);
  });

  test.each<[string, (run: Awaited<ReturnType<typeof opened>>["run"]) => Promise<unknown>, string]>([
    ["too little", (run) => run(alice, JOIN_CONTRACT, join(alice, STAKE_DUST - 1n)), "VALIDATOR_STAKE_TOO_LOW"],
    ["more than the account has", (run) => run(alice, JOIN_CONTRACT, join(alice, 2n * FUNDS)), "BALANCE_TOO_LOW"],
    ["a key that signed for another", (run) => run(alice, JOIN_CONTRACT, join(bob)), "VALIDATOR_KEY_UNPROVEN"],
    ["leaving what nobody staked on", (run) => run(alice, LEAVE_CONTRACT, named()), "VALIDATOR_UNKNOWN"],
    ["freeing what nobody staked on", (run) => run(alice, UNJAIL_CONTRACT, unjail()), "VALIDATOR_UNKNOWN"],
  ])("refuses %s", async (_what, act, code) => {
    const {run} = await opened();
    expect(await act(run)).toBe(code);
  });

  test("refuses somebody else's validator, and one that is leaving", async () => {
    const {run} = await opened();
    await run(alice, JOIN_CONTRACT, join(alice));
    expect(await run(bob, JOIN_CONTRACT, join(bob))).toBe("VALIDATOR_NOT_OWNER");
    expect(await run(bob, LEAVE_CONTRACT, named())).toBe("VALIDATOR_NOT_OWNER");
    expect(await run(alice, UNJAIL_CONTRACT, unjail())).toBe("VALIDATOR_NOT_JAILED");
    expect(await run(alice, LEAVE_CONTRACT, named())).toEqual({slash: null});
    expect(await run(alice, LEAVE_CONTRACT, named())).toBe("VALIDATOR_LEAVING");
    expect(await run(alice, JOIN_CONTRACT, join(alice))).toBe("VALIDATOR_LEAVING");
    expect(await run(alice, UNJAIL_CONTRACT, unjail())).toBe("VALIDATOR_LEAVING");
  });

  test("is refused at the door where the validators of genesis vote for ever", async () => {
    const {intake} = await opened({validatorStakeDust: 0n});
    const bytes = signed(alice, contentOf(alice, {contract: JOIN_CONTRACT, payload: join(alice)}));
    await expect(intake.submit(bytes)).rejects.toMatchObject({code: "VALIDATORS_FIXED"});
  });
});

describe("leaving", () => {
  test("returns the stake at the maturity height, not one block earlier", async () => {
    const {chain, intake, run} = await opened({validatorEpochBlocks: 2n, validatorUnbondSeconds: 4});
    await run(alice, JOIN_CONTRACT, join(alice));
    await run(alice, LEAVE_CONTRACT, named());
    const {maturesAtHeight} = chain.state.get(stakes, ID)!;
    expect(maturesAtHeight).toBe(6n);
    while (chain.tip.height < 5n) await extend(intake);
    expect(chain.state.has(stakes, ID)).toBe(true);
    await extend(intake);
    expect(chain.state.has(stakes, ID)).toBe(false);
    expect(accountAt(chain.state, alice.address).balanceDust).toBe(FUNDS - 2_000n);
  });

  test("returns no stake before its time where blocks come quicker than they are counted on to", async () => {
    // Four blocks of two seconds, and the chain makes one a second: it can be punished for eight seconds all the same.
    const quick = {validatorEpochBlocks: 2n, validatorUnbondSeconds: 8, blockTimeSeconds: 2};
    const {chain, intake, run} = await opened(quick);
    await run(alice, JOIN_CONTRACT, join(alice));
    await run(alice, LEAVE_CONTRACT, named());
    expect(chain.state.get(stakes, ID)!.maturesAtHeight).toBe(6n);
    while (chain.tip.height < 9n) await extend(intake);
    expect(chain.state.has(stakes, ID)).toBe(true);
    await extend(intake);
    expect(chain.state.has(stakes, ID)).toBe(false);
  });

  test("keeps the stake as long as its key votes, where nobody else can be elected", async () => {
    const {chain, intake, run} = await opened({validatorEpochBlocks: 5n, validatorUnbondSeconds: 10});
    const [only] = votersOf(chain.state);
    const voter = validatorIdOf(only!.publicKey);
    await run(alice, JOIN_CONTRACT, join(alice));
    expect(await run(VALIDATOR_ACCOUNT, LEAVE_CONTRACT, named(voter))).toEqual({slash: null});
    expect(await run(bob, EQUIVOCATION_CONTRACT, accuse())).toMatchObject({slash: {nodeId: ID}});
    const {maturesAtHeight} = chain.state.get(stakes, voter)!;
    while (chain.tip.height < maturesAtHeight) await extend(intake);
    expect(votersOf(chain.state)).toEqual([only]);
    expect(chain.state.get(stakes, voter)).toMatchObject({stakeDust: STAKE_DUST});
    // Until somebody else is there.
    await run(bob, JOIN_CONTRACT, join(bob, STAKE_DUST, keys("bob")));
    while (chain.tip.height % 5n > 0n) await extend(intake);
    expect(chain.state.has(stakes, voter)).toBe(true);
    await extend(intake);
    expect(chain.state.has(stakes, voter)).toBe(false);
    const {balancesDust, bondsDust} = countDust(chain.state);
    expect(balancesDust + bondsDust).toBe(expectedDust(supplyOf(chain.state)));
  });
});

describe("a double vote", () => {
  test("burns a share of the stake once, jails, and is not undone before its time", async () => {
    const {chain, intake, run} = await opened({validatorEpochBlocks: 100n});
    await run(alice, JOIN_CONTRACT, join(alice, 2n * STAKE_DUST));
    const burnedDust = (2n * STAKE_DUST * 750n) / 10_000n;
    const slash = {nodeId: ID, evidenceKind: "double-vote", burnedDust, slashedDust: burnedDust, rewardedDust: 0n};
    expect(await run(bob, EQUIVOCATION_CONTRACT, accuse())).toMatchObject({slash: {...slash, autoRevoked: false}});
    expect(await run(bob, EQUIVOCATION_CONTRACT, accuse())).toBe("EQUIVOCATION_PUNISHED");
    expect(await run(bob, EQUIVOCATION_CONTRACT, accuse(doubleVote({kind: "proposal"})))).toMatchObject({
      slash: {evidenceKind: "double-proposal"},
    });
    expect(chain.state.get(stakes, ID)!.jailedUntilHeight).toBe(4n + 1_000n);
    expect(await run(alice, UNJAIL_CONTRACT, unjail())).toBe("VALIDATOR_JAILED");
    expect(intake.evidence.size).toBe(0);
  });

  test("is no longer in jail when its owner asks after the time", async () => {
    const {chain, intake, run} = await opened({validatorEpochBlocks: 1n});
    await run(alice, JOIN_CONTRACT, join(alice, 2n * STAKE_DUST));
    await run(bob, EQUIVOCATION_CONTRACT, accuse());
    while (chain.tip.height < 11n) await extend(intake);
    expect(await run(alice, UNJAIL_CONTRACT, unjail())).toEqual({slash: null});
    expect(chain.state.get(stakes, ID)!.jailedUntilHeight).toBe(0n);
  });

  test("leaves too little to come back with, until more is staked", async () => {
    const {chain, intake, run} = await opened({validatorEpochBlocks: 1n});
    await run(alice, JOIN_CONTRACT, join(alice));
    expect(await run(bob, EQUIVOCATION_CONTRACT, accuse())).toMatchObject({slash: {autoRevoked: true}});
    while (chain.tip.height < 12n) await extend(intake);
    expect(await run(alice, UNJAIL_CONTRACT, unjail())).toBe("VALIDATOR_STAKE_TOO_LOW");
    await run(alice, JOIN_CONTRACT, join(alice));
    expect(await run(alice, UNJAIL_CONTRACT, unjail())).toEqual({slash: null});
  });

  test("costs its owner all reputation that it has earned", async () => {
    const {chain, run} = await opened();
    const weight = () => chain.state.get(reputations, VALIDATOR_ACCOUNT.address)?.points ?? 0n;
    // Its own key, which the genesis gave a stake.
    await run(bob, JOIN_CONTRACT, join(bob));
    expect(weight()).toBe(4_000n);
    await run(
      alice,
      EQUIVOCATION_CONTRACT,
      accuse(doubleVote({voter: mlDsa44.keygenFromSeed(sha3(Uint8Array.of(1)))})),
    );
    // What is left is of the block that punished it.
    expect(weight()).toBe(4_000n);
    await run(alice, EQUIVOCATION_CONTRACT, accuse(doubleVote({voter: keys("other")})));
    expect(weight()).toBe(8_000n);
  });

  test("of a jailed stake that has nothing left is refused: nothing would bound how often", async () => {
    const {run} = await opened({validatorStakeDust: 13n});
    await run(alice, JOIN_CONTRACT, join(alice, 13n));
    expect(await run(bob, EQUIVOCATION_CONTRACT, accuse())).toMatchObject({slash: {burnedDust: 0n}});
    expect(await run(bob, EQUIVOCATION_CONTRACT, accuse(doubleVote({view: 8n})))).toBe("VALIDATOR_STAKE_GONE");
  });

  test("leaves room for those of others to wait, however often it happens", async () => {
    const {intake} = await opened();
    const proof = doubleVote();
    for (let view = 0n; view < 100n; view++) intake.evidence.report({...proof, view});
    const {size} = intake.evidence;
    intake.evidence.report(doubleVote({voter: keys("other")}));
    expect(intake.evidence.size).toBe(size + 1);
  });

  test("that was punished by other statements before a crash does not wait again", async () => {
    const {chain, intake, store, run} = await opened();
    await run(alice, JOIN_CONTRACT, join(alice));
    intake.evidence.report(doubleVote());
    await extend(intake);
    expect(store.waiting()).toEqual([]);
    expect(chain.state.get(stakes, ID)!.stakeDust).toBeLessThan(STAKE_DUST);
    const value = accuse();
    store.keepWaiting([{kind: "evidence", id: equivocationTxIdOf(value), value}]);
    intake.resume();
    expect(store.waiting()).toEqual([]);
  });

  const {first, second} = doubleVote();
  test.each<[string, EquivocationProof, string]>([
    ["a key without stake", doubleVote({voter: keys("nobody")}), "VALIDATOR_UNKNOWN"],
    ["another chain", doubleVote({chainId: "other"}), "EQUIVOCATION_UNPROVEN"],
    ["two statements for one block", {...doubleVote(), second: first}, "EQUIVOCATION_UNPROVEN"],
    ["the other order", {...doubleVote(), first: second, second: first}, "EQUIVOCATION_UNPROVEN"],
    ["another view", {...doubleVote(), view: 8n}, "EQUIVOCATION_UNPROVEN"],
    ["votes as proposals", {...doubleVote(), kind: "proposal"}, "EQUIVOCATION_UNPROVEN"],
    [
      "a forged signature",
      {...doubleVote(), second: {...second, signature: new Uint8Array(2_420)}},
      "EQUIVOCATION_UNPROVEN",
    ],
  ])("is not shown by %s", async (_what, proof, code) => {
    const {chain, run} = await opened();
    await run(alice, JOIN_CONTRACT, join(alice));
    expect(await run(bob, EQUIVOCATION_CONTRACT, accuse(proof))).toBe(code);
    expect(chain.state.get(stakes, ID)).toMatchObject({stakeDust: STAKE_DUST, jailedUntilHeight: 0n});
  });

  test("is the same bytes whoever saw which statement first, and holds without a chain", () => {
    const proof = doubleVote();
    const other = inOrder({...proof, first: proof.second, second: proof.first});
    expect(equivocation.encode(other)).toEqual(equivocation.encode(proof));
    expect(faultOf(proof, mlDsa44.verify)).toBeNull();
  });

  test("without an envelope is refused at the door: only who builds a block carries it", async () => {
    const {intake} = await opened();
    await expect(intake.submit(accuse())).rejects.toMatchObject({code: "EVIDENCE_UNSIGNED"});
  });

  test("that proves nothing is left out of a block, and makes the block of whoever carries it none", async () => {
    const {chain, intake} = await opened();
    const proof = doubleVote({voter: keys("nobody")});
    const byId = new Map(contractsOf(STRICT_RULES).map((each) => [each.id, each]));
    const at = {contracts: byId, block: chain.nextBlock(chain.tip.timeMs + 1n), gas: 0n};
    expect(() => execute(chain.state.fork(), readTransaction(accuse(proof)), at)).toThrowError(
      expect.objectContaining({code: "VALIDATOR_UNKNOWN"}),
    );
    intake.evidence.report(proof);
    expect(intake.isEmpty(chain.tip.id)).toBe(false);
    const dropped = await extend(intake);
    expect(dropped).toMatchObject([{error: {code: "VALIDATOR_UNKNOWN"}}]);
    expect(intake.evidence.size).toBe(0);
  });
});

describe("an election", () => {
  test("takes those with the most stake, keeps who votes in place, and never leaves nobody", async () => {
    const {chain, run} = await opened({validatorEpochBlocks: 3n, validatorsMax: 2});
    const [old] = votersOf(chain.state);
    await run(alice, JOIN_CONTRACT, join(alice, 2n * STAKE_DUST));
    await run(bob, JOIN_CONTRACT, join(bob, 3n * STAKE_DUST, keys("bob")));
    expect(votersOf(chain.state)).toEqual([old]);
    await run(bob, JOIN_CONTRACT, join(bob, 5n, keys("bob")));
    const ids = [ID, validatorIdOf(keys("bob").publicKey)].sort();
    expect(votersOf(chain.state).map(({publicKey}) => validatorIdOf(publicKey))).toEqual(ids);
    expect(
      votersOf(chain.state)
        .map(({power}) => power)
        .sort(),
    ).toEqual([2n, 3n]);
    expect(epochOf(chain.state)).toEqual({number: 1n, originHeight: 3n});
  });

  test("is followed by blocks that name nobody as proposer, and by no others", async () => {
    const {chain, intake, run} = await opened({validatorEpochBlocks: 2n});
    await run(alice, JOIN_CONTRACT, join(alice, 2n * STAKE_DUST));
    const candidate = {timeMs: chain.tip.timeMs + 1n, ...intake.offered(() => false)};
    const batches = [{round: 2n, creator: 0, batchId: "00".repeat(32)}];
    const last = chain.build({...candidate, batches}, {parentId: chain.tip.id, view: 2n}).block;
    const closing = chain.build({...candidate, batches: []}, {parentId: blockIdOf(last.header), view: 3n}).block;
    expect([last.header.proposer, closing.header.proposer]).toEqual([chain.proposerOf(2n), CLOSING_PROPOSER]);
    for (const [block, proposer] of [
      [last, CLOSING_PROPOSER],
      [closing, chain.proposerOf(3n)],
    ] as const)
      expect(() => chain.execute({...block, header: {...block.header, proposer}}, null)).toThrowError(
        expect.objectContaining({code: "HEADER_INVALID"}),
      );
  });

  test("that changes nothing begins no epoch", async () => {
    const {chain, intake} = await opened({validatorEpochBlocks: 2n});
    for (let i = 0; i < 5; i++) await extend(intake);
    expect(epochOf(chain.state)).toEqual({number: 0n, originHeight: 0n});
  });
});
