/** Money behind a client's key, from the command line to custodians, over a real node of the ledger. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {quorumKeyOf} from "../../../src/codecs/chain/quorum-stake.js";
import {cardFile} from "../../../src/codecs/quorum/strict/roster.js";
import {Party} from "../../../src/node/custody/party.js";
import {loadPartySuite} from "../../../src/node/quorum-strict.js";
import {type Desk, deskOf, keystoreOf} from "../../commands/against-node.js";
import {testAccount} from "../../support/accounts.js";
import {eventually, initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../../support/node.js";

const [owner, other] = [testAccount("owner"), testAccount("other")];
const seed = new Uint8Array(32).fill(5);
const card = new Party(seed, await loadPartySuite()).card("alice");
const KEY = quorumKeyOf(card.signingKey);
const FILES = {"/alice.key": `${hexOf(seed)}\n`, "/alice.card": cardFile.encode(card)};
const SIGNING = "--passphrase-file /pass --yes --wait --json";

describe("qsdm quorum stake", () => {
  let node: RunningNode;
  let desk: Desk;
  beforeAll(async () => {
    const genesis = nodeGenesis([owner, other]);
    node = await runTestNode(await initTestNode({...genesis, params: {...genesis.params, unbondWindowSeconds: 40}}));
    desk = deskOf(node.node.url, await keystoreOf("owner"), FILES);
  });
  afterAll(() => node.stop());

  const said = async (line: string, by = desk) => JSON.parse((await by.qsdm(line)).out);
  const shown = (dust: string) =>
    eventually(async () => {
      const {data} = await said(`quorum stake show ${KEY} --json`);
      return data.stake_dust === dust && data;
    });

  test("locks, shows, adds to and releases what is behind a key", async () => {
    expect((await desk.qsdm("quorum stake show --card /alice.card")).out).toBe(`${KEY}\t0\t0\t0\t-\n`);
    expect(await said(`quorum stake release ${KEY} ${SIGNING}`)).toMatchObject({error: {code: "QUORUM_STAKE_UNKNOWN"}});
    const first = await said(`quorum stake add --key /alice.key --amount 2 ${SIGNING}`);
    expect(first).toMatchObject({ok: true, data: {key: KEY, added_dust: "200000000", stake_dust: "200000000"}});
    await shown("200000000");
    expect(await said(`quorum stake add --key /alice.key --amount 0.5 ${SIGNING}`)).toMatchObject({
      data: {stake_dust: "250000000"},
    });
    expect(await shown("250000000")).toMatchObject({owner: owner.address, releasing_dust: "0", stake_cell: "2.5"});
    const released = await said(`quorum stake release --key /alice.key --amount 1 ${SIGNING}`);
    expect(released).toMatchObject({data: {released_dust: "100000000", stake_dust: "150000000"}});
    const left = await shown("150000000");
    expect(left).toMatchObject({releasing_dust: "100000000"});
    expect(BigInt(left.returned_at_height)).toBeGreaterThanOrEqual(BigInt(released.data.earliest_return_height));
    // All that is left, by the digest.
    expect(await said(`quorum stake release ${KEY} ${SIGNING}`)).toMatchObject({data: {released_dust: "150000000"}});
    await shown("0");
    // Everything is back once its time is over, and nothing is kept of it.
    await eventually(async () => (await said(`quorum stake show ${KEY} --json`)).data.owner === null);
    expect((await node.client.supply()).supply.bondsDust).toBe(
      (await node.client.stakes()).stakes.reduce((sum, {stakeDust}) => sum + stakeDust, 0n),
    );
  });

  test("refuses what the ledger would refuse, before it costs a fee", async () => {
    await said(`quorum stake add --key /alice.key --amount 1 ${SIGNING}`);
    await shown("100000000");
    const stranger = deskOf(node.node.url, await keystoreOf("other"), FILES);
    for (const line of ["add --key /alice.key --amount 1", "release --card /alice.card"])
      expect(await said(`quorum stake ${line} ${SIGNING}`, stranger)).toMatchObject({
        error: {code: "QUORUM_STAKE_NOT_OWNER"},
      });
    const refused = async (line: string) => (await said(`quorum stake ${line} ${SIGNING}`)).error.code;
    expect(await refused("add --key /alice.key --amount 0")).toBe("QUORUM_STAKE_ZERO");
    expect(await refused("add --key /alice.key --amount 49")).toBe("INSUFFICIENT_BALANCE");
    expect(await refused(`release ${KEY} --amount 0`)).toBe("QUORUM_STAKE_ZERO");
    expect(await refused(`release ${KEY} --amount 1.5`)).toBe("QUORUM_STAKE_EXCEEDED");
  });

  test.each([
    ["nobody", "", "CLIENT_REQUIRED"],
    ["somebody twice", `${KEY} --card /alice.card`, "CLIENT_REQUIRED"],
    ["no digest", "alice", "DIGEST_INVALID"],
  ])("names %s: a usage error", async (_what, named, code) => {
    const {status, out} = await desk.qsdm(`quorum stake show ${named} --json`);
    expect([status, JSON.parse(out).error.code]).toEqual([2, code]);
  });
});
