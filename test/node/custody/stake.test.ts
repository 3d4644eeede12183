/** Money behind a client's key, from the command line to custodians, over a real node of the ledger. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {quorumKeyOf} from "../../../src/codecs/chain/quorum-stake.js";
import {packProgram} from "../../../src/codecs/quorum/program-package.js";
import {cardFile} from "../../../src/codecs/quorum/strict/roster.js";
import {freePorts} from "../../../src/commands/devnet/free-ports.js";
import type {QsdmError} from "../../../src/errors.js";
import type {StrictClient} from "../../../src/node/custody/client.js";
import {Party} from "../../../src/node/custody/party.js";
import {lightChainOf} from "../../../src/node/light/genesis.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {DEFAULT_STAKE_OPTIONS, type QuorumLedgerOptions} from "../../../src/node/quorum-ledger.js";
import {loadPartySuite} from "../../../src/node/quorum-strict.js";
import {type Desk, deskOf, keystoreOf} from "../../commands/against-node.js";
import {testAccount} from "../../support/accounts.js";
import {eventually, initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../../support/node.js";
import {StrictQuorum} from "../../support/strict-quorum.js";

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
    node = await runTestNode(await initTestNode({...genesis, params: {...genesis.params, unbondWindowSeconds: 10}}));
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

const PRICED = packProgram(compile("input x\nmul a = x x\noutput a"), {
  policy: {budgetPerIdentity: 100n, maxEvalsPerMinute: 100n, minStake: 200_000_000n},
});

describe("a program that asks for 2 CELL", () => {
  let node: RunningNode;
  let quorum: StrictQuorum;
  let desk: Desk;
  let client: StrictClient;
  let ledger: QuorumLedgerOptions;
  beforeAll(async () => {
    const genesis = nodeGenesis([owner, other]);
    node = await runTestNode(await initTestNode(genesis));
    quorum = await StrictQuorum.create({n: 3, k: 2});
    desk = deskOf(node.node.url, await keystoreOf("owner"), {
      "/client.key": `${hexOf(quorum.keys.clients[0]!)}\n`,
    });
    const [closed] = await freePorts(1);
    ledger = {
      ...DEFAULT_STAKE_OPTIONS,
      // Stakes change from one moment to the next here.
      keepMs: 100,
      nodes: [`http://127.0.0.1:${closed}`, node.node.url],
      chain: lightChainOf(genesis),
      save: async () => undefined,
    };
    for (const place of [0, 1, 2]) await quorum.startCustodian(place, ledger);
    await quorum.startCoordinator();
    await quorum.settled(3);
    client = await quorum.client(0);
    await client.deploy(PRICED, new Map());
    for (const place of [0, 1]) {
      const operator = await quorum.operator(place);
      await operator.approve(PRICED, BigInt(Date.now() + 86_400_000));
      operator.close();
    }
  });
  afterAll(async () => {
    client.close();
    await quorum.stop();
    await node.stop();
  });

  const once = (): Promise<string> =>
    client.evaluate(PRICED, new Map([["x", 3n]])).then(
      ({outputs}) => `${outputs.get("a")}`,
      (error: QsdmError) => error.code,
    );
  const comesTo = (wanted: string) => eventually(async () => (await once()) === wanted);
  const staked = async (line: string): Promise<void> => {
    expect(JSON.parse((await desk.qsdm(`quorum stake ${line} ${SIGNING}`)).out)).toMatchObject({ok: true});
  };

  test("is evaluated once the ledger has them locked, and no more once they were released", async () => {
    await comesTo("STAKE_TOO_LOW");
    await staked("add --key /client.key --amount 1.5");
    expect(await once()).toBe("STAKE_TOO_LOW");
    await staked("add --key /client.key --amount 0.5");
    await comesTo("9");
    const figures = await quorum.custodians[0]!.registry.metrics();
    expect(figures).toMatch(/^qsdm_quorum_stake_reads_total\{outcome="proven"\} [1-9]/m);
    expect(figures).toMatch(/^qsdm_quorum_stake_clients 1$/m);
    expect(figures).toMatch(/^qsdm_quorum_ledger_height [1-9]/m);
    await staked("release --key /client.key --amount 0.1");
    await comesTo("STAKE_TOO_LOW");
  });

  test("goes on without a custodian that has no proof, and ends with STAKE_UNPROVEN where too few have one", async () => {
    await staked("add --key /client.key --amount 1");
    await comesTo("9");
    for (const place of [2, 1]) {
      await quorum.stopCustodian(place);
      await quorum.startCustodian(place);
      await quorum.settled(3);
      await comesTo(place === 2 ? "9" : "STAKE_UNPROVEN");
    }
  });
});
