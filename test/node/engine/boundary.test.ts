/** The last block of an epoch and those that close it, as a validator can come to know of them: late, or out of order. */
import {afterEach, expect, test} from "vitest";
import type {Block} from "../../../src/codecs/chain/block.js";
import {epochRow} from "../../../src/codecs/chain/epoch.js";
import {JOIN_CONTRACT, validatorJoin, votingKeyClaim} from "../../../src/codecs/chain/validator-payloads.js";
import {compactOf} from "../../../src/codecs/consensus/compact-block.js";
import {encodeMessage, proposalContent} from "../../../src/codecs/consensus/messages.js";
import type {Certified} from "../../../src/codecs/network/sync.js";
import type {Chain} from "../../../src/node/chain.js";
import {checkFinality} from "../../../src/node/consensus/finality/proof.js";
import {voteBytes} from "../../../src/node/consensus/votes/certificate.js";
import {contractsOf} from "../../../src/node/contracts.js";
import {FinalityDesk} from "../../../src/node/finality.js";
import {STRICT_RULES} from "../../../src/node/ledger/params/rules.js";
import {contentOf, mlDsa44, signed, TEST_CHAIN_ID, testAccount} from "../../support/accounts.js";
import {openTestChain, STAKE_DUST, scratchDirectory} from "../../support/chain.js";
import {genesisGround} from "../../support/finality.js";
import {eventually} from "../../support/node.js";
import {honest, serving} from "../../support/sync.js";
import {Cluster, keysOf, peerOf} from "./cluster.js";

const alice = testAccount("alice");
let cluster: Cluster;
afterEach(() => cluster.stop());

/** Votes of validators 1 to 3 of four. */
function certified(block: Block, id: string): Certified {
  const {epoch, height, view} = block.header;
  const content = {epoch, height, view, blockId: id};
  const bytes = voteBytes({chainId: TEST_CHAIN_ID, ...content});
  const votes = [1, 2, 3].map((each) => ({
    validator: each,
    signature: mlDsa44.sign(keysOf(each).secretKey, bytes),
  }));
  return {block, certificate: {...content, votes}};
}

/**
 * Block 1, in which a fifth validator joins and with which the epoch ends, and three that close it: in the views after
 * it, and in view 6, as if the certificate of the second had reached nobody in time.
 */
async function script() {
  cluster = new Cluster(4, [{to: alice.address, amountDust: 5n * STAKE_DUST}], {validatorEpochBlocks: 1n});
  const {chain, intake, store} = await openTestChain(scratchDirectory(), cluster.genesis, {
    contracts: contractsOf(STRICT_RULES),
  });
  const {publicKey, secretKey} = keysOf(4);
  const possession = mlDsa44.sign(secretKey, votingKeyClaim(TEST_CHAIN_ID, alice.address, publicKey));
  const payload = validatorJoin.encode({publicKey, amountDust: STAKE_DUST, possession});
  await intake.submit(signed(alice, contentOf(alice, {contract: JOIN_CONTRACT, payload})));
  const timeMs = cluster.genesis.timeMs + 1_000n;
  const empty = {timeMs, transactions: [], proofs: [], batches: []};
  const build = (candidate: Parameters<Chain["build"]>[0], parentId: string, view: bigint): Certified => {
    const {block, parent} = chain.build(candidate, {parentId, view});
    return certified(block, parent.id);
  };
  const batches = [{round: 1n, creator: 0, batchId: "00".repeat(32)}];
  const last = build({timeMs, ...intake.offered(() => false), batches}, chain.genesisId, 1n);
  const first = build(empty, last.certificate.blockId, 2n);
  const second = build(empty, first.certificate.blockId, 3n);
  const late = build(empty, first.certificate.blockId, 6n);
  store.close();
  return {last, first, second, late};
}

/** A proposal of validator 3, which leads view 3. */
function proposed({block}: Certified, {certificate: justify}: Certified, blockId: string): Uint8Array {
  const {epoch, height, view} = block.header;
  const content = proposalContent.encode({chainId: TEST_CHAIN_ID, epoch, height, view, blockId});
  const signature = mlDsa44.sign(keysOf(3).secretKey, content);
  return encodeMessage({
    type: "proposal",
    proposal: {block: compactOf(block, []), justify, timeouts: null, validator: 3, signature},
  });
}

test.each([
  ["with its block", false],
  ["after its block", true],
])("a certificate that comes late, %s, ends the epoch, and what is kept proves it", async (_when, isKnown) => {
  const {last, first, second, late} = await script();
  await serving(
    cluster.network,
    "a".repeat(64),
    honest(() => [last, first]),
  );
  const member = await cluster.start(0);
  await eventually(async () => member.engine.newest().length === 2);
  const bytes = proposed(second, first, second.certificate.blockId);
  if (isKnown) cluster.network.deliver(peerOf(3), peerOf(0), "consensus", bytes);
  await serving(
    cluster.network,
    "b".repeat(64),
    honest(() => [last, first, late]),
  );
  await eventually(async () => member.engine.newest().at(-1)?.block.header.view === 6n);
  expect(member.chain.tip.height).toBe(0n);
  await serving(
    cluster.network,
    "c".repeat(64),
    honest(() => [last, first, second]),
  );
  await eventually(async () => member.chain.committee.epoch === 1n);
  const {store, chain} = member;
  const closing = store.epoch(1n)?.closing.map(({certificate}) => certificate.blockId);
  expect(closing).toEqual([first, second].map(({certificate}) => certificate.blockId));
  // Many views can be given up before, and nobody may fail to write down what ended them.
  const row = store.epoch(1n)!;
  const long = {...row, closing: Array.from({length: 300}, () => row.closing[0]!)};
  expect(epochRow.decode(epochRow.encode(long)).closing).toHaveLength(300);
  const desk = new FinalityDesk({genesis: cluster.genesis, store, chain, newest: () => []});
  const {id} = checkFinality(await desk.prove(1n), genesisGround(cluster.genesis, mlDsa44.verify));
  expect(id).toBe(last.certificate.blockId);
});

test("a validator that waits for the end of an epoch asks whether it came: who knows may have no vote any more", async () => {
  const {last, first, second} = await script();
  let known = [last, first];
  await serving(
    cluster.network,
    "a".repeat(64),
    honest(() => known),
  );
  const member = await cluster.start(0);
  await eventually(async () => member.engine.newest().length === 2);
  await new Promise((resolve) => setTimeout(resolve, 100));
  // Nobody comes, goes or says anything.
  known = [last, first, second];
  await eventually(async () => member.chain.committee.epoch === 1n);
});
