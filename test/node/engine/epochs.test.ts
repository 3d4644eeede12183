/** Who votes changes while a chain runs: validators join, leave and are put out, with real keys and real disks. */
import {afterEach, describe, expect, test} from "vitest";
import {blockIdOf} from "../../../src/codecs/chain/block.js";
import {framesIn} from "../../../src/codecs/chain/chain-file.js";
import {
  JOIN_CONTRACT,
  LEAVE_CONTRACT,
  validatorIdOf,
  validatorJoin,
  validatorLeave,
  votingKeyClaim,
} from "../../../src/codecs/chain/validator-payloads.js";
import {encodeMessage} from "../../../src/codecs/consensus/messages.js";
import {promise} from "../../../src/codecs/consensus/promise.js";
import {checkpointOf} from "../../../src/node/consensus/light/light.js";
import {voteBytes} from "../../../src/node/consensus/votes/certificate.js";
import {contractsOf} from "../../../src/node/contracts.js";
import {FinalityDesk} from "../../../src/node/finality.js";
import {countDust, expectedDust, supplyOf} from "../../../src/node/ledger/monetary/supply.js";
import {STRICT_RULES} from "../../../src/node/ledger/params/rules.js";
import {hashEach} from "../../../src/node/ledger/state/hashing.js";
import {stakes} from "../../../src/node/ledger/state/stores.js";
import {lightChainOf} from "../../../src/node/light/genesis.js";
import type {LightSource} from "../../../src/node/light/source.js";
import {syncLight} from "../../../src/node/light/sync.js";
import {rememberValid} from "../../../src/node/signature-cache.js";
import {exportChain} from "../../../src/node/upkeep/export.js";
import {importChain} from "../../../src/node/upkeep/import.js";
import {verifyStore} from "../../../src/node/upkeep/verify.js";
import {contentOf, mlDsa44, signed, TEST_CHAIN_ID, testAccount} from "../../support/accounts.js";
import {openTestChain, STAKE_DUST, scratchDirectory} from "../../support/chain.js";
import {eventually} from "../../support/node.js";
import {Cluster, keysOf, type Member, peerOf} from "./cluster.js";

const alice = testAccount("alice");
const PARAMS = {validatorEpochBlocks: 5n, validatorUnbondSeconds: 10};
let cluster: Cluster;
afterEach(() => cluster.stop());

const idOf = (i: number): string => validatorIdOf(keysOf(i).publicKey);

async function started(count: number): Promise<Member[]> {
  cluster = new Cluster(count, [{to: alice.address, amountDust: 5n * STAKE_DUST}], PARAMS);
  return Promise.all(Array.from({length: count}, (_, i) => cluster.start(i)));
}

const call = (nonce: bigint, contract: string, payload: Uint8Array): Uint8Array =>
  signed(alice, contentOf(alice, {nonce, contract, payload}));

function join(i: number, nonce: bigint, amountDust = STAKE_DUST): Uint8Array {
  const {publicKey, secretKey} = keysOf(i);
  const possession = mlDsa44.sign(secretKey, votingKeyClaim(TEST_CHAIN_ID, alice.address, publicKey));
  return call(nonce, JOIN_CONTRACT, validatorJoin.encode({publicKey, amountDust, possession}));
}

/** What every member says, and that their books balance. */
function checkAgreement(members: readonly Member[]): void {
  const lowest = members.map(({chain}) => chain.tip.height).reduce((a, b) => (a < b ? a : b));
  for (let at = 0n; at <= lowest; at++)
    expect(new Set(members.map(({store}) => blockIdOf(store.header(at)!))).size, `height ${at}`).toBe(1);
  for (const {failures, chain} of members) {
    expect(failures).toEqual([]);
    const {balancesDust, bondsDust} = countDust(chain.state);
    expect(balancesDust + bondsDust).toBe(expectedDust(supplyOf(chain.state)));
    expect(chain.held).toEqual({balancesDust, bondsDust});
  }
}

/** A light client that has the genesis alone comes to the tip of `member`, and has every block before it proved. */
async function checkLight({store, chain, engine}: Member, epoch: bigint): Promise<void> {
  const desk = new FinalityDesk({genesis: cluster.genesis, store, chain, newest: () => engine.newest()});
  const source: LightSource = {
    name: "member",
    tip: async () => chain.tip.height,
    finality: (height) => desk.prove(height),
    epoch: (number) => desk.proveEpoch(number),
    state: (name, key) => desk.proveState(name, key),
  };
  const verify = rememberValid(mlDsa44.verify);
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const ports = {sources: [source], verify, sleep, told: () => {}, entered: async () => {}};
  const {chain: reached} = await syncLight(lightChainOf(cluster.genesis), ports);
  const {height, blockId, epoch: last} = reached.checkpoints.at(-1)!;
  expect([last, blockId]).toEqual([epoch, blockIdOf(store.header(height)!)]);
  for (let at = 1n; at <= height; at++)
    expect(checkpointOf(reached, await desk.prove(at), verify).blockId).toBe(blockIdOf(store.header(at)!));
}

/** What `member` has stored holds, and a file of it makes the same chain, through every change of epoch. */
async function checkCopy({store}: Member): Promise<void> {
  const {genesis} = cluster;
  const {signal} = new AbortController();
  const verifyVote = rememberValid(mlDsa44.verify);
  const ports = {store, genesis, verifyVote, hashAll: hashEach, signal, checked: () => {}};
  expect((await verifyStore("votes", ports)).findings).toEqual([]);
  const to = await openTestChain(scratchDirectory(), genesis, {contracts: contractsOf(STRICT_RULES)});
  const file = exportChain({from: null, to: store.head()!.header.height}, {genesis, store, wrote: () => {}});
  const replay = {chain: to.chain, verifyVote, prepareTable: async () => {}};
  const height = (
    await importChain(framesIn(file), {trustEnd: true}, {...replay, ...to, genesis, signal, took: () => {}})
  ).height;
  expect(to.chain.committee.epoch).toBe(2n);
  expect(to.chain.tip.id).toBe(blockIdOf(store.header(height)!));
  expect(to.store.epoch(1n)).toEqual(store.epoch(1n));
  to.store.close();
}

const allHave = (members: readonly Member[], size: number) =>
  eventually(async () => members.every(({chain}) => chain.committee.size === size));
const allReach = (members: readonly Member[], height: bigint) =>
  eventually(async () => members.every(({chain}) => chain.tip.height >= height));
const highest = (members: readonly Member[]): bigint =>
  members.map(({chain}) => chain.tip.height).reduce((a, b) => (a > b ? a : b));

describe("a fifth validator", () => {
  test("joins, votes, leaves and has its stake back, and a newcomer follows through both epochs", async () => {
    const members = await started(4);
    members.push(await cluster.start(4));
    await members[0]!.intake.submit(join(4, 0n));
    await allHave(members, 5);
    const [first] = members as [Member];
    expect(first.chain.committee.epoch).toBe(1n);
    expect(first.chain.origin.height % 5n).toBe(0n);
    // The four others alone would do: it is its own votes that show that it takes part.
    await eventually(() => votes(first, 4));
    await members[1]!.intake.submit(call(1n, LEAVE_CONTRACT, validatorLeave.encode({validator: idOf(4)})));
    await allHave(members, 4);
    expect(first.chain.committee.epoch).toBe(2n);
    await eventually(async () => !first.chain.state.has(stakes, idOf(4)));
    expect(first.store.uncommitted().every(({height}) => height > first.chain.origin.height)).toBe(true);
    const late = await cluster.start(5);
    await allReach([...members, late], highest(members) + 2n);
    checkAgreement([...members, late]);
    await checkLight(members[2]!, 2n);
    await checkLight(late, 2n);
    await checkCopy(late);
    expect(cluster.network.verdicts.filter(({verdict}) => verdict === "reject")).toEqual([]);
  });
});

const STEPS = ["before the last block", "after the last block", "before the first promise", "after the first promise"];

/**
 * Ends what `member` does at a step of the next change of epoch, as if its process were gone.
 * @returns lets it be: who has not got there by then is stopped in order
 */
function killAt({store, chain}: Member, step: (typeof STEPS)[number]): () => void {
  const [commit, keepPromise] = [store.commit.bind(store), store.keepPromise.bind(store)];
  const next = chain.committee.epoch + 1n;
  const around = (what: string, isHere: boolean, write: () => void): void => {
    const kill = (when: string): void => {
      if (isHere && step === `${when} the ${what}`) throw new Error("killed");
    };
    kill("before");
    write();
    kill("after");
  };
  store.commit = (row, packed) => around("last block", row.epoch !== null, () => commit(row, packed));
  store.keepPromise = (bytes, rows) =>
    around("first promise", promise.decode(bytes).safety.epoch === next, () => keepPromise(bytes, rows));
  return () => Object.assign(store, {commit, keepPromise});
}

describe("validators that are killed while an epoch ends", () => {
  test("go on in the next one from their disks, and nobody has signed twice", async () => {
    let members = await started(4);
    members.push(await cluster.start(4));
    const lives: Member[] = [];
    for (const [i, step] of STEPS.entries()) {
      const spare = members.map((member) => killAt(member, step));
      await members[i]!.intake.submit(join(4, BigInt(i)));
      // Without the first that are gone the others may or may not get there.
      await eventually(async () => members.some(({failures}) => failures.length > 0));
      await new Promise((resolve) => setTimeout(resolve, 300));
      lives.push(...members);
      for (const each of spare) each();
      await cluster.stop();
      members = await Promise.all(members.map((_, each) => cluster.start(each)));
      await allReach(members, highest(members) + 1n);
      await eventually(async () => members.every(({chain}) => chain.committee.epoch === BigInt(i + 1)));
    }
    expect(members[0]!.chain.committee.voters[4]!.power).toBe(BigInt(STEPS.length));
    checkAgreement(members);
    for (const {failures} of lives) expect(failures.map(String)).toEqual(failures.length > 0 ? ["Error: killed"] : []);
    expect([...lives, ...members].flatMap(({equivocations}) => equivocations)).toEqual([]);
    expect(cluster.network.verdicts.filter(({verdict}) => verdict === "reject")).toEqual([]);
  }, 480_000);
});

/** Whether the newest certificate has the vote of the one at `index`. */
const votes = async ({store, chain}: Member, index: number): Promise<boolean> => {
  const {certificate} = (await store.block(chain.tip.height))!;
  return certificate.votes.some(({validator}) => validator === index);
};

describe("who was away", () => {
  test("while three epochs began follows with old data, and votes where it is still elected", async () => {
    const members = await started(4);
    const [first, , , voter] = members as [Member, Member, Member, Member];
    members.push(await cluster.start(4));
    const follower = await cluster.start(5);
    await allReach([...members, follower], 1n);
    for (const each of [voter, follower]) await each.stop();
    const present = members.filter((each) => each !== voter);
    for (const epoch of [1n, 2n, 3n]) {
      await first.intake.submit(join(4, epoch - 1n));
      await eventually(async () => present.every(({chain}) => chain.committee.epoch === epoch));
    }
    const back = [await cluster.start(3), await cluster.start(5)];
    await allReach([...present, ...back], highest(present) + 2n);
    await eventually(() => votes(first, 3));
    checkAgreement([...present, ...back]);
    await checkLight(back[1]!, 3n);
  });

  test("from the first block on votes all the same once it is there", async () => {
    const members = await started(4);
    await members[0]!.intake.submit(join(4, 0n));
    await allHave(members, 5);
    members.push(await cluster.start(4));
    await eventually(() => votes(members[0]!, 4));
    checkAgreement(members);
  });
});

/** Two votes of validator `i`, of one view, for different blocks, which are nobody else's. */
function cheat(i: number, {chain}: Member): void {
  const view = chain.tip.view + 20n;
  for (const blockId of [`a${i}`.repeat(32), `b${i}`.repeat(32)]) {
    const content = {epoch: chain.committee.epoch, height: 9n, view, blockId};
    const signature = mlDsa44.sign(keysOf(i).secretKey, voteBytes({chainId: TEST_CHAIN_ID, ...content}));
    const vote = encodeMessage({type: "vote", vote: {...content, validator: i, signature}});
    for (const to of cluster.members.keys())
      if (to !== i) cluster.network.deliver("peer", peerOf(to), "consensus", vote);
  }
}

describe("when all who could be elected are in jail", () => {
  test("they vote on, and whoever stakes next votes without them", async () => {
    const members = await started(4);
    members.push(await cluster.start(4));
    const [first] = members as [Member];
    await allReach(members, 2n);
    for (const i of [0, 1, 2, 3]) cheat(i, first);
    const jailed = (): number =>
      [0, 1, 2, 3].filter((i) => first.chain.state.get(stakes, idOf(i))!.jailedUntilHeight > 0n).length;
    await eventually(async () => jailed() === 4);
    // Over elections that nobody can win.
    const {epoch} = first.chain.committee;
    await allReach(members, highest(members) + 10n);
    expect(first.chain.committee.epoch).toBe(epoch);
    await first.intake.submit(join(4, 0n));
    await allHave(members, 1);
    expect(first.chain.committee.voters[0]!.publicKey).toEqual(keysOf(4).publicKey);
    await allReach(members, highest(members) + 2n);
    checkAgreement(members);
    await checkLight(first, first.chain.committee.epoch);
  });
});

describe("a validator that votes twice", () => {
  test("loses part of its stake, its freedom and its vote, without anybody's transaction", async () => {
    const members = await started(4);
    const [first] = members as [Member];
    await allReach(members, 2n);
    cheat(3, first);
    await allHave(members, 3);
    const stake = first.chain.state.get(stakes, idOf(3))!;
    expect(stake).toMatchObject({stakeDust: (STAKE_DUST * 9_250n) / 10_000n, maturesAtHeight: 0n});
    expect(stake.jailedUntilHeight).toBeGreaterThan(first.chain.tip.height);
    expect(supplyOf(first.chain.state).burnedDust).toBe((STAKE_DUST * 750n) / 10_000n);
    // The evidence is let go of everywhere, and the same offence takes nothing again.
    await eventually(async () => members.every(({intake}) => intake.evidence.size === 0));
    checkAgreement(members);
  });
});
