/** `qsdm gov` and `qsdm gov-helper`, against a node that runs. The bytes of gov-helper are held to QSDM's by its vectors. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import type {ProposalListView, ProposalView} from "../../src/codecs/api/proposals.js";
import type {OwnStatus} from "../../src/codecs/api/status.js";
import {textOf} from "../../src/codecs/bytes.js";
import {encodeChange, type Proposed} from "../../src/codecs/governance/change.js";
import {GOVERNANCE_CONTRACT} from "../../src/codecs/governance/payloads.js";
import {orderVote} from "../../src/commands/gov/order.js";
import {orderRetire} from "../../src/commands/gov/retire-order.js";
import {contentOf, signed, testAccount} from "../support/accounts.js";
import {eventually, initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";
import {type Desk, deskOf, keystoreOf} from "./against-node.js";

const ALICE = "a1".repeat(32);
const BOB = "b2".repeat(32);
const CARL = "c3".repeat(32);
const terms = {chainId: "qsdm-test", height: 100n} as OwnStatus;
const proposed: Proposed = {change: {kind: "param-set", param: "reward_bps", value: 500n}, effectiveHeight: 200n};
const ID = "200/param-set/reward_bps/500";
const open: ProposalView = {
  ...{id: ID, kind: "param-set", param: "reward_bps", value: 500n, op: null, address: null, effectiveHeight: 200n},
  ...{
    proposer: BOB,
    proposedAtHeight: 90n,
    stagedAtHeight: null,
    voters: [BOB],
    votesNeeded: 2,
    memo: "",
    submesh: null,
    weight: null,
  },
};
const context = (change: Partial<ProposalListView> = {}) => ({
  client: {
    proposals: async () => ({
      ...{height: 100n, authorities: [ALICE, BOB, CARL], proposals: [], totalWeight: 100n},
      ...change,
    }),
  },
  terms,
  sender: ALICE,
});

describe("a vote", () => {
  test("that is the first one proposes, in the bytes of QSDM's payload", async () => {
    const {payload, summary, announcement, question} = await orderVote(proposed, {memo: "why"}, context());
    expect(textOf(payload)).toBe(
      '{"kind":"param-set","param":"reward_bps","value":500,"effective_height":200,"memo":"why"}',
    );
    expect(summary).toEqual({proposal: ID, effective_height: 200n, votes: 1, votes_needed: 2});
    expect(announcement[0]).toBe(`propose ${ID} on qsdm-test: set reward_bps to 500 from height 200 on`);
    expect(question).toBeNull();
  });

  test("that is enough says so and asks", async () => {
    const {summary, announcement, question} = await orderVote(proposed, {known: true}, context({proposals: [open]}));
    expect(summary).toMatchObject({votes: 2, votes_needed: 2});
    expect(announcement[1]).toBe("vote 2, which is enough: it will happen");
    expect(question).toContain("Vote?");
  });

  test.each<[string, Proposed, Partial<ProposalListView>, boolean, string]>([
    ["on a chain that nobody governs", proposed, {authorities: []}, false, "GOV_NOT_CONFIGURED"],
    ["of one who is no authority", proposed, {authorities: [BOB]}, false, "GOV_UNAUTHORIZED"],
    ["for what nobody proposed", proposed, {}, true, "GOV_PROPOSAL_UNKNOWN"],
    ["the second time", proposed, {proposals: [{...open, voters: [BOB, ALICE]}]}, true, "GOV_DUPLICATE_VOTE"],
    ["for what is staged", proposed, {proposals: [{...open, stagedAtHeight: 91n}]}, true, "GOV_ALREADY_STAGED"],
    ["for the next block", {...proposed, effectiveHeight: 101n}, {}, false, "GOV_EFFECTIVE_HEIGHT_IN_PAST"],
    ["for far ahead", {...proposed, effectiveHeight: 86_501n}, {}, false, "GOV_EFFECTIVE_HEIGHT_TOO_FAR"],
    [
      "beyond the bounds",
      {...proposed, change: {kind: "param-set", param: "reward_bps", value: 5_001n}},
      {},
      false,
      "GOVERNANCE_INVALID",
    ],
    [
      "for one that could never vote",
      {...proposed, change: {kind: "authority-set", op: "add", address: "me"}},
      {},
      false,
      "GOV_ADDRESS_INVALID",
    ],
  ])("%s is refused before it costs a fee", async (_name, what, change, known, code) => {
    await expect(orderVote(what, {known}, context(change))).rejects.toMatchObject({code});
  });
});

describe("a vote for a submesh to go", () => {
  const RETIRE: Proposed = {change: {kind: "submesh-retire", submesh: "eu-fast"}, effectiveHeight: 200n};
  const NAME = "200/submesh-retire/eu-fast";
  const retire: ProposalView = {
    ...{...open, id: NAME, kind: "submesh-retire", param: null, value: null, submesh: "eu-fast"},
    ...{voters: [], votesNeeded: 0, weight: 30n},
  };
  const weighed = (weight: bigint, change: Partial<ProposalListView> = {}) => {
    const {client, ...rest} = context(change);
    const reputation = async () => ({height: 100n, address: ALICE, weight, totalWeight: 100n});
    return {...rest, client: {...client, reputation}};
  };

  test("says what it weighs, and when that is enough", async () => {
    const first = await orderRetire(RETIRE, {}, weighed(20n));
    expect(textOf(first.payload)).toBe('{"kind":"submesh-retire","submesh":"eu-fast","effective_height":200}');
    expect(first.announcement).toEqual([
      `propose ${NAME} on qsdm-test: retire submesh eu-fast for good from height 200 on`,
      "this vote weighs 20, together 20, of 51 that it takes",
    ]);
    const last = await orderRetire(RETIRE, {known: true}, weighed(21n, {proposals: [retire]}));
    expect(last.summary).toEqual({
      ...{proposal: NAME, effective_height: 200n, weight: 21n, votes: 51n, votes_needed: 51n},
    });
    expect(last.announcement[1]).toContain("which is enough");
  });

  test.each<[string, bigint, Partial<ProposalListView>, boolean, string]>([
    ["of one who did nothing for the chain", 0n, {}, false, "GOV_NO_REPUTATION"],
    ["for what nobody proposed", 9n, {}, true, "GOV_PROPOSAL_UNKNOWN"],
    ["for what is staged", 9n, {proposals: [{...retire, stagedAtHeight: 91n}]}, true, "GOV_ALREADY_STAGED"],
    ["for a height that is past", 9n, {height: 200n}, false, "GOV_EFFECTIVE_HEIGHT_IN_PAST"],
  ])("%s is refused before it costs a fee", async (_name, weight, change, known, code) => {
    await expect(orderRetire(RETIRE, {known}, weighed(weight, change))).rejects.toMatchObject({code});
  });
});

describe("on a chain that two govern", () => {
  const ann = testAccount("ann");
  const ben = testAccount("ben");
  let node: RunningNode;
  let anns: Desk;
  let bens: Desk;
  beforeAll(async () => {
    const genesis = {...nodeGenesis([ann, ben]), authorities: [ann.address, ben.address].sort()};
    node = await runTestNode(await initTestNode(genesis));
    anns = deskOf(node.node.url, await keystoreOf("ann"));
    bens = deskOf(node.node.url, await keystoreOf("ben"));
  });
  afterAll(() => node.stop());
  const codeOf = (ran: {out: string}): string => JSON.parse(ran.out).error.code;
  const SIGNED = "--passphrase-file /pass";

  test("a parameter is proposed, voted for, and then pays fees at its new value", async () => {
    const first = await anns.qsdm(
      `gov propose-param --param base_fee_dust --value 2000 --in-blocks 5000 --memo dearer --wait --json ${SIGNED}`,
    );
    expect(first.status, first.err).toBe(0);
    const id: string = JSON.parse(first.out).data.proposal;
    expect((await anns.qsdm("gov status")).out).toBe(`${id}\topen\t1\t2\t${ann.address}\tdearer\n`);
    const second = await bens.qsdm(`gov vote ${id} --wait ${SIGNED}`);
    expect(second.status, second.err).toBe(0);
    expect(second.err).toContain("vote 2, which is enough: it will happen");
    expect((await anns.qsdm(`gov status ${id}`)).out).toContain("\tstaged\t2\t2\t");
    const [height] = id.split("/");
    const row = (await anns.qsdm("gov params base_fee_dust")).out;
    expect(row).toBe(`base_fee_dust\t1000\t2000\t${height}\t0\t100000000\tdust\n`);
    expect((await anns.qsdm("gov-helper params --remote")).out).toContain(`\t1000\t2000\t${height}\n`);
    const voters = (await anns.qsdm("gov status --authorities")).out;
    expect(voters).toBe(`${[ann.address, ben.address].sort().join("\n")}\n`);
    const again = await bens.qsdm(`gov vote ${id} --json ${SIGNED}`);
    expect([again.status, codeOf(again)]).toEqual([3, "GOV_DUPLICATE_VOTE"]);
  });

  test("and then every fee is paid at its new value", async () => {
    const {height} = (await node.client.status()).qsdm!;
    const change = {kind: "param-set", param: "base_fee_dust", value: 1_500n} as const;
    const payload = encodeChange({change, effectiveHeight: height + 30n});
    for (const who of [ann, ben]) {
      const {nextFree, nonce} = await node.client.nonce({sender: who.address});
      const content = contentOf(who, {nonce: nextFree ?? nonce, contract: GOVERNANCE_CONTRACT, payload});
      await node.client.submit({body: signed(who, content)});
    }
    await eventually(async () => (await node.client.status()).qsdm!.baseFeeDust === 1_500n);
    expect((await anns.qsdm("gov params base_fee_dust")).out).toMatch(/^base_fee_dust\t1500\t-\t-\t/);
    expect((await anns.qsdm("gov status")).out).toBe("");
  });

  test("submeshes that went are listed, and nothing else with them", async () => {
    expect((await anns.qsdm("gov status --retired")).out).toBe("");
    const both = await anns.qsdm("gov status --retired --authorities --json");
    expect([both.status, codeOf(both)]).toEqual([2, "FLAG_CONFLICT"]);
  });

  test("a payload of gov-helper is a vote once it is signed", async () => {
    const payload = (
      await anns.qsdm(`gov-helper propose-authority --op remove --address ${ben.address} --effective-height 5000`)
    ).out;
    const files = {"/payload": payload.trim(), "/terms": (await anns.qsdm(`tx terms ${ann.address}`)).out};
    const tx = await anns.qsdm("tx build --terms /terms --contract qsdm/gov/v1 --payload-file /payload --hex", {files});
    const envelope = await anns.qsdm(`tx sign - --hex ${SIGNED}`, {input: tx.out});
    const sent = await anns.qsdm("tx send - --wait", {input: envelope.out});
    expect(sent.status, sent.err).toBe(0);
    const {proposals} = await node.client.proposals();
    expect(proposals).toMatchObject([
      {kind: "authority-set", op: "remove", address: ben.address, voters: [ann.address]},
    ]);
  });

  test.each([
    ["gov params no_such", 3, "PARAMETER_NOT_FOUND"],
    ["gov vote nonsense", 3, "PROPOSAL_INVALID"],
    ["gov propose-param --param reward_bps --value 1", 2, "FLAG_MISSING"],
    ["gov propose-param --param reward_bps --value 1 --in-blocks 9 --effective-height 9", 2, "FLAG_CONFLICT"],
    ["gov propose-authority --op add --address me --in-blocks 9", 3, "GOV_ADDRESS_INVALID"],
    ["gov propose-retire eu-fast --in-blocks 9", 3, "GOV_NO_REPUTATION"],
    ["gov vote 200/submesh-retire/a/b", 3, "PROPOSAL_INVALID"],
    ["gov-helper propose-retire a/b --effective-height 9", 3, "GOVERNANCE_INVALID"],
    ["gov-helper inspect", 2, "PAYLOAD_SOURCE"],
    ["gov-helper inspect --payload-hex 0x", 3, "HEX_INVALID"],
    ["gov-helper propose-param --param reward_bps --value 5001 --effective-height 9", 3, "GOVERNANCE_INVALID"],
  ])("%s is refused", async (line, status, code) => {
    const ran = await anns.qsdm(
      `${line} --json${line.startsWith("gov-helper") || line.startsWith("gov params") ? "" : ` ${SIGNED}`}`,
    );
    expect([ran.status, codeOf(ran)]).toEqual([status, code]);
  });
});

describe("gov-helper inspect", () => {
  const desk = deskOf("http://127.0.0.1:1", new Uint8Array());
  const shown = async (payload: string) => {
    const ran = await desk.qsdm("gov-helper inspect --payload-file - --json", {input: `${payload}\n`});
    return JSON.parse(ran.out).data;
  };

  test("says what a chain would refuse, and why", async () => {
    const good = '{"kind":"param-set","param":"max_block_gas","value":25000000,"effective_height":9}';
    expect(await shown(good)).toMatchObject({
      param: "max_block_gas",
      valid: true,
      refusal: null,
      registered: {unit: "gas"},
    });
    expect(await shown(good.replace("25000000", "1"))).toMatchObject({
      value: "1",
      valid: false,
      refusal: expect.stringContaining("out of registered bounds"),
    });
    expect(await shown('{"kind":"authority-set","op":"drop","address":"a","effective_height":9}')).toMatchObject({
      op: "drop",
      valid: false,
      registered: null,
    });
  });
});
