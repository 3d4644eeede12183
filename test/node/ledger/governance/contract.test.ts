import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {U64_MAX} from "../../../../src/codecs/amount.js";
import {type Change, encodeChange, formatProposal, parseProposal} from "../../../../src/codecs/governance/change.js";
import {AUTHORITY_SET, GOVERNANCE_CONTRACT, PARAM_SET} from "../../../../src/codecs/governance/payloads.js";
import {contractsOf} from "../../../../src/node/contracts.js";
import type {GovernanceStep} from "../../../../src/node/ledger/governance/proposals.js";
import {AUTHORITIES_MAX, OPEN_PROPOSALS_MAX} from "../../../../src/node/ledger/governance/proposals.js";
import {accountAt} from "../../../../src/node/ledger/monetary/supply.js";
import {COMPAT_RULES, STRICT_RULES} from "../../../../src/node/ledger/params/rules.js";
import {viewOf} from "../../../../src/node/view.js";
import {contentOf, signed, TEST_CHAIN_ID, type TestAccount, testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";

const [ann, ben, cat, eve] = ["ann", "ben", "cat", "eve"].map(testAccount) as [
  TestAccount,
  TestAccount,
  TestAccount,
  TestAccount,
];
const FUNDS = 100_000_000_000n;
const sorted = (who: readonly TestAccount[]) => who.map(({address}) => address).sort();

const setTo = (param: string, value: bigint): Change => ({kind: PARAM_SET, param, value});
const authority = (op: "add" | "remove", {address}: Pick<TestAccount, "address">): Change => ({
  kind: AUTHORITY_SET,
  op,
  address,
});

/** A chain that `authorities` govern, with blocks of one vote each. */
async function governed(authorities: readonly TestAccount[] = [ann, ben, cat], directory = scratchDirectory()) {
  const base = testGenesis([ann, ben, cat, eve].map(({address}) => ({to: address, amountDust: FUNDS})));
  const genesis = {...base, authorities: sorted(authorities)};
  const {chain, intake, store} = await openTestChain(directory, genesis, {contracts: contractsOf(STRICT_RULES)});
  const told: GovernanceStep[] = [];
  chain.subscribe(({events}) => {
    for (const event of events) if (event.type === "governance-step") told.push(event);
  });
  const nonce = ({address}: TestAccount) => accountAt(chain.state, address).nonce;
  /** Puts a transaction into a block of its own; the code of its refusal, or "applied". */
  const send = async (who: TestAccount, payload: Uint8Array, tipDust = 1n) => {
    const {txId} = await intake.submit(
      signed(
        who,
        contentOf(who, {nonce: nonce(who), contract: GOVERNANCE_CONTRACT, payload, maxFeeDust: FUNDS / 10n, tipDust}),
      ),
    );
    await extend(intake);
    const {outcome, code, feeDust} = store.receipt(txId)!;
    return {result: outcome === "applied" ? outcome : code, feeDust};
  };
  const vote = async (who: TestAccount, change: Change, effectiveHeight: bigint) =>
    (await send(who, encodeChange({change, effectiveHeight}))).result;
  const until = async (height: bigint) => {
    while (chain.tip.height < height) await extend(intake);
  };
  const view = () => viewOf(chain).governance();
  return {chain, intake, store, told, send, vote, until, view, steps: () => told.map(({step}) => step)};
}

describe("a parameter", () => {
  test("changes at the height that most authorities voted for, and the blocks from there on run under it", async () => {
    const {chain, send, vote, until, view, told} = await governed();
    const change = setTo("base_fee_dust", 5_000n);
    expect(await vote(ann, change, 5n)).toBe("applied");
    expect(view()).toMatchObject({pending: [], proposals: [{proposer: ann.address, voters: [ann.address]}]});
    expect(await vote(ben, change, 5n)).toBe("applied");
    expect(view().pending).toMatchObject([{param: "base_fee_dust", value: 5_000n, effectiveHeight: 5n}]);
    await until(3n);
    expect(chain.nextBlock(0n).params.fees.baseFeeDust).toBe(1_000n);
    await until(4n);
    expect(chain.nextBlock(0n).params.fees.baseFeeDust).toBe(5_000n);
    expect(view()).toMatchObject({pending: [], proposals: []});
    expect(view().active.get("base_fee_dust")).toBe(5_000n);
    expect(told.map(({step, priorValue}) => [step, priorValue])).toEqual([
      ["voted", null],
      ["voted", null],
      ["staged", null],
      ["activated", 1_000n],
    ]);
    expect((await send(eve, encodeChange({change, effectiveHeight: 9n}), 0n)).feeDust).toBe(5_000n);
  });

  for (const [name, value, of] of [
    ["reward_bps", 1_234n, ({slashing}) => slashing.rewardBps],
    ["auto_revoke_min_stake_dust", 200_000_000n, ({slashing}) => slashing.autoRevokeMinStakeDust],
    ["fork_v2_tc_height", 77n, ({mining}) => mining.forkTensorHeight],
    ["base_fee_dust", 0n, ({fees}) => fees.baseFeeDust],
    ["fee_burn_bps", 10_000n, ({fees}) => fees.burnBps],
    ["base_fee_change_denominator", 0n, ({fees}) => fees.changeDenominator],
    ["block_gas_target_bps", 1_000n, ({fees}) => fees.targetBps],
    ["max_block_gas", 25_000_000n, ({limits}) => limits.maxGas],
    ["max_block_records", 512n, ({limits}) => limits.maxRecords],
  ] as const satisfies readonly (readonly [string, bigint, (params: ReturnType<typeof paramsOf>) => number | bigint])[])
    test(`${name} is one that the rules read from the state`, async () => {
      const {chain, vote} = await governed([ann]);
      expect(await vote(ann, setTo(name, value), 2n)).toBe("applied");
      expect(BigInt(of(chain.nextBlock(0n).params))).toBe(value);
    });

  test("is changed on every validator alike, also after a restart with the votes half cast", async () => {
    const directory = scratchDirectory();
    const first = await governed(undefined, directory);
    const change = setTo("fee_burn_bps", 1n);
    await first.vote(ann, change, 4n);
    first.store.close();
    const again = await governed(undefined, directory);
    expect(again.view().proposals).toMatchObject([{voters: [ann.address]}]);
    await again.vote(cat, change, 4n);
    await again.until(3n);
    const straight = await governed();
    await straight.vote(ann, change, 4n);
    await straight.vote(cat, change, 4n);
    await straight.until(3n);
    expect(again.chain.tip.stateRoot).toBe(straight.chain.tip.stateRoot);
    expect(straight.view().active.get("fee_burn_bps")).toBe(1n);
  });

  test("keeps what it was when the votes come short", async () => {
    const {vote, until, view, steps} = await governed();
    await vote(ann, setTo("reward_bps", 9n), 3n);
    await until(3n);
    expect(view()).toMatchObject({proposals: []});
    expect(view().active.get("reward_bps")).toBe(2_500n);
    expect(steps()).toEqual(["voted", "abandoned"]);
  });

  test("of two proposals that race takes the one that had its votes later", async () => {
    const {vote, until, view, told} = await governed();
    const [low, high] = [setTo("reward_bps", 1n), setTo("reward_bps", 2n)];
    await vote(ann, low, 9n);
    await vote(ben, high, 9n);
    await vote(cat, low, 9n);
    expect(view().pending).toMatchObject([{value: 1n}]);
    await vote(cat, high, 9n);
    expect(view().pending).toMatchObject([{value: 2n}]);
    expect(told.at(-1)).toMatchObject({step: "superseded", priorValue: 1n});
    await until(9n);
    expect(view().active.get("reward_bps")).toBe(2n);
  });
});
const paramsOf = (running: Awaited<ReturnType<typeof governed>>) => running.chain.nextBlock(0n).params;

describe("authorities", () => {
  test("admit another, who counts from that height on", async () => {
    const {vote, until, view} = await governed([ann, ben]);
    await vote(ann, authority("add", eve), 4n);
    await vote(ben, authority("add", eve), 4n);
    await until(3n);
    expect(await vote(eve, setTo("reward_bps", 1n), 9n)).toBe("applied");
    expect(view().authorities).toEqual(sorted([ann, ben, eve]));
    await vote(ben, setTo("reward_bps", 1n), 9n);
    expect(view().pending).toHaveLength(1);
    await until(9n);
    expect(view().active.get("reward_bps")).toBe(1n);
  });

  test("lose their open votes when they leave, and what is left may then be enough", async () => {
    const {vote, until, view, told} = await governed();
    await vote(cat, setTo("reward_bps", 1n), 20n);
    await vote(ann, setTo("fee_burn_bps", 1n), 20n);
    await vote(ann, authority("remove", cat), 6n);
    await vote(ben, authority("remove", cat), 6n);
    await until(5n);
    expect(view().authorities).toEqual(sorted([ann, ben]));
    expect(view().proposals.map(formatProposal)).toEqual(["20/param-set/fee_burn_bps/1"]);
    expect(told.at(-1)).toMatchObject({step: "abandoned", reason: "no_votes"});
    expect(await vote(cat, setTo("fee_burn_bps", 1n), 20n)).toBe("GOV_UNAUTHORIZED");
    expect(await vote(ben, setTo("fee_burn_bps", 1n), 20n)).toBe("applied");
    expect(view().pending).toHaveLength(1);
  });

  test("of two that leave, one alone carries what it has voted for", async () => {
    const {vote, until, view} = await governed([ann, ben]);
    await vote(ann, setTo("reward_bps", 1n), 9n);
    await vote(ann, authority("remove", ben), 4n);
    await vote(ben, authority("remove", ben), 4n);
    await until(4n);
    expect(view()).toMatchObject({authorities: [ann.address], pending: [{param: "reward_bps", submittedAtHeight: 3n}]});
  });

  test("are never none, whatever was staged", async () => {
    const {vote, until, view, told} = await governed([ann, ben]);
    for (const who of [ann, ben]) {
      await vote(ann, authority("remove", who), 8n);
      await vote(ben, authority("remove", who), 8n);
    }
    await until(8n);
    expect(view().authorities).toHaveLength(1);
    expect(told.at(-1)).toMatchObject({step: "abandoned", reason: "authority_would_empty"});
  });
});

describe("a proposal's name", () => {
  test("is read back as the proposal", () => {
    const change = fc.oneof(
      fc.record({
        kind: fc.constant(PARAM_SET),
        param: fc.constantFrom("reward_bps", "x"),
        value: fc.bigInt(0n, U64_MAX),
      }),
      fc.record({
        kind: fc.constant(AUTHORITY_SET),
        op: fc.constantFrom("add", "remove"),
        address: fc.constant(ann.address),
      }),
    );
    fc.assert(
      fc.property(fc.record({change, effectiveHeight: fc.bigInt(0n, U64_MAX)}), (proposed) => {
        expect(parseProposal(formatProposal(proposed))).toEqual(proposed);
      }),
    );
  });

  for (const text of [
    "",
    "7",
    "7/param-set/reward_bps",
    "7/param-set/reward_bps/01",
    "7/param-set/reward_bps/1/2",
    "x/param-set/reward_bps/1",
    "7/other/reward_bps/1",
    "18446744073709551616/param-set/reward_bps/1",
  ])
    test(`is not "${text}"`, () => {
      expect(() => parseProposal(text)).toThrow(expect.objectContaining({code: "PROPOSAL_INVALID"}));
    });
});

describe("a vote is refused, and its fee stays paid,", () => {
  const change = setTo("reward_bps", 1n);
  const at = (height: bigint, what: Change = change) => encodeChange({change: what, effectiveHeight: height});
  const text = (json: string) => new TextEncoder().encode(json);
  for (const [name, who, payload, code] of [
    ["of one who is no authority", eve, at(9n), "GOV_UNAUTHORIZED"],
    ["for a height that is past", ann, at(1n), "GOV_EFFECTIVE_HEIGHT_IN_PAST"],
    ["for the block that it is in", ann, at(3n), "GOV_EFFECTIVE_HEIGHT_IN_PAST"],
    ["for more than three days ahead", ann, at(86_404n), "GOV_EFFECTIVE_HEIGHT_TOO_FAR"],
    ["for an authority that is none", ann, at(9n, authority("remove", eve)), "GOV_AUTHORITY_NOT_PRESENT"],
    ["for an authority that is one", ann, at(9n, authority("add", ben)), "GOV_AUTHORITY_ALREADY_PRESENT"],
    ["for one that could never vote", ann, at(9n, authority("add", {address: "me"})), "GOV_ADDRESS_INVALID"],
    ["for a fork that would be behind", ann, at(9n, setTo("fork_v2_tc_height", 8n)), "GOV_FORK_PASSED"],
    ["when it is none", ann, text("{}"), "GOV_DECODE_FAILED"],
    [
      "when its spelling is not canonical",
      ann,
      text('{"kind":"param-set", "param":"reward_bps","value":1,"effective_height":9}'),
      "GOV_DECODE_FAILED",
    ],
    ...(
      [
        ["max_block_gas", 0n],
        ["max_block_gas", 24_999_999n],
        ["max_block_gas", 4_000_000_001n],
        ["max_block_records", 511n],
        ["max_block_records", 4_000_000_001n],
        ["fee_burn_bps", 10_001n],
        ["reward_bps", 5_001n],
        ["base_fee_dust", 100_000_001n],
        ["auto_revoke_min_stake_dust", 0n],
        ["validator_epoch_blocks", 0n],
      ] as const
    ).map(
      ([param, value]) =>
        [
          `for ${param} ${value}`,
          ann,
          text(`{"kind":"param-set","param":"${param}","value":${value},"effective_height":9}`),
          "GOV_DECODE_FAILED",
        ] as const,
    ),
  ] as const)
    test(name, async () => {
      const {intake, send, view} = await governed();
      await extend(intake);
      await extend(intake);
      const {result, feeDust} = await send(who, payload).catch((error) => ({result: error.code, feeDust: 1n}));
      expect(result).toBe(code);
      expect(feeDust).toBeGreaterThan(0n);
      expect(view().proposals).toEqual([]);
    });

  test("where nobody governs", async () => {
    expect(await (await governed([])).vote(ann, change, 9n)).toBe("GOV_NOT_CONFIGURED");
  });

  test("the second time, and once there are enough", async () => {
    const {vote, view} = await governed();
    await vote(ann, change, 9n);
    expect(await vote(ann, change, 9n)).toBe("GOV_DUPLICATE_VOTE");
    expect(view().pending).toEqual([]);
    await vote(ben, change, 9n);
    expect(await vote(cat, change, 9n)).toBe("GOV_ALREADY_STAGED");
    expect(view().proposals[0]!.voters).toEqual([ann.address, ben.address]);
  });

  test("of another chain", async () => {
    const {intake} = await governed();
    const content = contentOf(ann, {contract: GOVERNANCE_CONTRACT, payload: at(9n)});
    await expect(intake.submit(signed(ann, {...content, chainId: "elsewhere"}))).rejects.toMatchObject({
      code: "CHAIN_MISMATCH",
    });
    expect(TEST_CHAIN_ID).not.toBe("elsewhere");
  });

  test("when too many proposals of its authority wait already", async () => {
    const {vote, view} = await governed();
    for (let i = 0; i < OPEN_PROPOSALS_MAX; i++) await vote(ann, setTo("reward_bps", BigInt(i)), 900n);
    expect(await vote(ann, setTo("reward_bps", 99n), 900n)).toBe("GOV_PROPOSALS_FULL");
    expect(view().proposals).toHaveLength(OPEN_PROPOSALS_MAX);
    expect(await vote(ben, setTo("reward_bps", 99n), 900n)).toBe("applied");
  });

  test("for the last authority to leave", async () => {
    expect(await (await governed([ann])).vote(ann, authority("remove", ann), 9n)).toBe("GOV_AUTHORITY_WOULD_EMPTY");
  });

  test("for more authorities than there is room for", async () => {
    const others = Array.from({length: AUTHORITIES_MAX - 1}, (_, i) => ({
      ...eve,
      address: i.toString(16).padStart(64, "0"),
    }));
    expect(await (await governed([ann, ...others])).vote(ann, authority("add", eve), 9n)).toBe("GOV_AUTHORITIES_FULL");
  });
});

test("a fork that another change brought forward is not moved once it is past", async () => {
  const {vote, until, view, told} = await governed([ann]);
  await vote(ann, setTo("fork_v2_tc_height", 50n), 20n);
  await vote(ann, setTo("fork_v2_tc_height", 6n), 5n);
  expect(view().pending).toMatchObject([{value: 6n}]);
  await until(7n);
  expect(view().active.get("fork_v2_tc_height")).toBe(6n);
  expect(await vote(ann, setTo("fork_v2_tc_height", 50n), 20n)).toBe("GOV_FORK_PASSED");
  expect(told.filter(({step}) => step === "activated")).toHaveLength(1);
});

test("a compat chain goes on with a vote that is longer than any that it would write", async () => {
  const base = testGenesis([{to: ann.address, amountDust: FUNDS}]);
  const genesis = {...base, params: {...base.params, rules: "compat" as const}, authorities: [ann.address]};
  const {chain, intake, store} = await openTestChain(scratchDirectory(), genesis, {
    contracts: contractsOf(COMPAT_RULES),
  });
  const json = `{"kind":"param-set","param":"reward_bps","value":7,"effective_height":9${" ".repeat(5_000)}}`;
  const payload = new TextEncoder().encode(json);
  const content = contentOf(ann, {contract: GOVERNANCE_CONTRACT, payload, maxFeeDust: FUNDS / 10n});
  const {txId} = await intake.submit(signed(ann, content));
  await extend(intake);
  expect(store.receipt(txId)).toMatchObject({outcome: "applied"});
  expect(viewOf(chain).governance().pending).toMatchObject([{param: "reward_bps", value: 7n}]);
  await store.close();
});
