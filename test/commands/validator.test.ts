import {describe, expect, test} from "vitest";
import type {StakeListView, StakeView} from "../../src/codecs/api/stakes.js";
import type {OwnStatus} from "../../src/codecs/api/status.js";
import {voteContent} from "../../src/codecs/chain/block.js";
import {
  validatorIdOf,
  validatorJoin,
  validatorLeave,
  votingKeyClaim,
} from "../../src/codecs/chain/validator-payloads.js";
import {type EquivocationProof, equivocation, inOrder} from "../../src/codecs/consensus/equivocation.js";
import {orderJoin} from "../../src/commands/validator/join.js";
import {orderLeave} from "../../src/commands/validator/leave.js";
import {orderReport} from "../../src/commands/validator/report.js";
import {orderUnjail} from "../../src/commands/validator/unjail.js";
import {mlDsa44} from "../support/accounts.js";

const CHAIN = "qsdm-test";
const ALICE = "a1".repeat(32);
const BOB = "b2".repeat(32);
const keys = mlDsa44.keygenFromSeed(new Uint8Array(32).fill(7));
const ID = validatorIdOf(keys.publicKey);
const terms = {chainId: CHAIN, height: 120n} as OwnStatus;
const key = {publicKey: keys.publicKey, sign: (message: Uint8Array) => mlDsa44.sign(keys.secretKey, message)};

const STAKE: StakeView = {
  ...{validator: ID, owner: ALICE, stakeDust: 100n, power: 1n, phase: "active", index: null, joinedAtHeight: 3n},
  ...{jailedUntilHeight: null, returnsAtHeight: null},
};

function context(stakes: readonly StakeView[], change: Partial<StakeListView> = {}) {
  const list: StakeListView = {
    ...{
      height: 120n,
      epoch: 0n,
      originHeight: 0n,
      nextElectionHeight: 200n,
      stakePerPowerDust: 100n,
      unbondBlocks: 500n,
    },
    ...{validatorsMax: 100, stakes, ...change},
  };
  return {client: {stakes: async () => list}, terms, sender: ALICE};
}

describe("qsdm validator join", () => {
  test("stakes one unit on the node's key, which signs for the account", async () => {
    const {payload, summary} = await orderJoin(key, null, context([]));
    const {amountDust, publicKey, possession} = validatorJoin.decode(payload);
    expect({amountDust, publicKey}).toEqual({amountDust: 100n, publicKey: keys.publicKey});
    expect(mlDsa44.verify(publicKey, votingKeyClaim(CHAIN, ALICE, publicKey), possession)).toBe(true);
    expect(summary).toEqual({validator: ID, added_dust: 100n, stake_dust: 100n, next_election_height: 200n});
  });

  test("adds to a stake", async () => {
    expect((await orderJoin(key, 30n, context([STAKE]))).summary).toMatchObject({added_dust: 30n, stake_dust: 130n});
  });

  test.each<[string, readonly StakeView[], bigint, Partial<StakeListView>, string]>([
    ["too little", [], 99n, {}, "VALIDATOR_STAKE_TOO_LOW"],
    ["somebody else's key", [{...STAKE, owner: BOB}], 100n, {}, "VALIDATOR_NOT_OWNER"],
    ["a key that is leaving", [{...STAKE, phase: "leaving"}], 100n, {}, "VALIDATOR_LEAVING"],
    ["a chain whose validators are fixed", [], 100n, {nextElectionHeight: null}, "VALIDATORS_FIXED"],
  ])("refuses %s before it costs a fee", async (_what, stakes, amount, change, code) => {
    await expect(orderJoin(key, amount, context(stakes, change))).rejects.toMatchObject({code});
  });
});

describe("qsdm validator leave and unjail", () => {
  test("take the account's only stake, and say when it returns", async () => {
    const {payload, summary} = await orderLeave(undefined, context([STAKE, {...STAKE, validator: BOB, owner: BOB}]));
    expect(validatorLeave.decode(payload)).toEqual({validator: ID});
    expect(summary).toEqual({validator: ID, stake_dust: 100n, earliest_return_height: 621n});
  });

  test.each<[string, readonly StakeView[], string | undefined, string]>([
    ["where there are several", [STAKE, {...STAKE, validator: BOB}], undefined, "VALIDATOR_AMBIGUOUS"],
    ["where there is none", [], undefined, "VALIDATOR_UNKNOWN"],
    ["of somebody else", [{...STAKE, owner: BOB}], ID, "VALIDATOR_NOT_OWNER"],
    ["that is leaving", [{...STAKE, phase: "leaving"}], ID, "VALIDATOR_LEAVING"],
  ])("refuse to choose %s", async (_what, stakes, named, code) => {
    await expect(orderLeave(named, context(stakes))).rejects.toMatchObject({code});
  });

  test("end a time in jail that is over, and no other", async () => {
    const jailed: StakeView = {...STAKE, phase: "jailed", jailedUntilHeight: 121n};
    expect((await orderUnjail(undefined, context([jailed]))).summary).toMatchObject({validator: ID});
    await expect(orderUnjail(ID, context([{...jailed, jailedUntilHeight: 122n}]))).rejects.toMatchObject({
      code: "VALIDATOR_JAILED",
    });
    await expect(orderUnjail(ID, context([STAKE]))).rejects.toMatchObject({code: "VALIDATOR_NOT_JAILED"});
  });
});

describe("qsdm validator report", () => {
  const statement = (blockId: string) => {
    const bytes = voteContent.encode({chainId: CHAIN, epoch: 0n, height: 3n, view: 7n, blockId});
    return {height: 3n, blockId, signature: key.sign(bytes)};
  };
  const {publicKey} = keys;
  const proof: EquivocationProof = inOrder({
    ...{chainId: CHAIN, kind: "vote", epoch: 0n, view: 7n, publicKey},
    ...{first: statement(BOB), second: statement(ALICE)},
  });

  test("sends evidence that holds", () => {
    const {payload, summary} = orderReport(proof, mlDsa44.verify, {terms});
    expect(payload).toEqual(equivocation.encode(proof));
    expect(summary).toMatchObject({validator: ID, kind: "double-vote", epoch: 0n, view: 7n});
  });

  test.each<[string, EquivocationProof, string]>([
    ["of another chain", {...proof, chainId: "other"}, "CHAIN_MISMATCH"],
    ["that proves nothing", {...proof, view: 8n}, "EQUIVOCATION_UNPROVEN"],
  ])("refuses evidence %s before it costs a fee", (_what, other, code) => {
    expect(() => orderReport(other, mlDsa44.verify, {terms})).toThrowError(expect.objectContaining({code}));
  });
});
