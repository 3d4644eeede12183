/** Events of a real node: what is told of enrollments, proofs, slashes and refusals, and that a restart changes nothing. */
import {expect, onTestFinished, test} from "vitest";
import type {StreamEvent} from "../../../../src/codecs/api/events.js";
import {TOPICS} from "../../../../src/codecs/api/events.js";
import {hexOf, utf8} from "../../../../src/codecs/bytes.js";
import {encodeProof, type Proof, proofIdOf, readProofCompat} from "../../../../src/codecs/mining/proof.js";
import type {Client} from "../../../../src/node/api/client.js";
import {Journal, LOCAL_EVENTS_MAX} from "../../../../src/node/api/events/journal.js";
import {lastSeqOf, seqOf} from "../../../../src/node/ledger/chain/event-numbers.js";
import {genesisBlock} from "../../../../src/node/ledger/chain/genesis.js";
import {enrollContract} from "../../../../src/node/ledger/enrollment/contract.js";
import {testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";
import {eventually, initTestNode, mineOne, nodeGenesis, type RunningNode, runTestNode} from "../../../support/node.js";
import {enrollmentPayload, signedEnrollment, signedSlash, signedUnenrollment} from "../../../support/proofs.js";

const owner = testAccount("owner");
const watcher = testAccount("watcher");
const nodeKey = testAccount("rig key");
const RIG = {nodeId: "rig-1", nodeKey, owner};

/** Every event after `after` up to the tip of now. */
async function eventsOf(client: Client, {after = 0n, topics = null as string | null} = {}): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  const abort = new AbortController();
  let head = 0n;
  for await (const message of client.events({topics, after, lastEventId: null}, abort.signal)) {
    if (message.type === "start") head = message.start.headSeq;
    if (message.type === "event" && message.event.seq <= head) events.push(message.event);
    // Blocks come at a steady pace, so a block above the head ends the replay.
    if (message.type === "event" && message.event.seq > head) break;
  }
  return events;
}

const bodies = <T extends StreamEvent["topic"]>(events: readonly StreamEvent[], topic: T) =>
  events.filter((event) => event.topic === topic).map(({body}) => body) as Extract<StreamEvent, {topic: T}>["body"][];

async function start(dataDir: string, change: Parameters<typeof runTestNode>[1] = {}): Promise<RunningNode> {
  const running = await runTestNode(dataDir, {pace: {intervalMs: 250, minIntervalMs: 50}, ...change});
  onTestFinished(() => running.stop());
  return running;
}

test("a story is told whole, and told again with the same numbers after a restart", async () => {
  const dataDir = await initTestNode(nodeGenesis([owner, watcher]));
  const first = await start(dataDir, {pace: {intervalMs: 1_500, minIntervalMs: 50}});
  const {client} = first;
  const enroll = (nodeId: string, nonce: bigint, gpuUuid: string) =>
    client.enroll({
      body: signedEnrollment(owner, nonce, enrollmentPayload(owner, {nodeId, node: nodeKey, gpuUuid})),
    });
  await enroll("rig-1", 0n, "GPU-rig-1");
  await enroll("rig-2", 1n, "GPU-rig-2");
  await eventually(() => client.enrollment({nodeId: "rig-2"}));
  const [a, b] = [await mineOne(client, RIG), await mineOne(client, {...RIG, start: 2})];
  expect(await client.submitProof({body: encodeProof(a)})).toMatchObject({accepted: true});
  expect(await client.submitProof({body: encodeProof(b)})).toMatchObject({rejectReason: "duplicate"});
  const spoofed = withArch(await mineOne(client, {...RIG, nodeId: "rig-2", start: 3}), "abacus");
  expect(await client.submitProof({body: encodeProof(spoofed)})).toMatchObject({rejectReason: "attestation"});
  const {txId} = await client.slash({body: signedSlash(watcher, {nonce: 0n, nodeId: "rig-1", pair: [a, b]})});
  await client.unenroll({body: signedUnenrollment(owner, {nonce: 2n, nodeId: "rig-2"})});
  await eventually(() => client.slashReceipt({txId}));
  await eventually(async () => (await client.enrollment({nodeId: "rig-2"})).phase === "pending_unbond");

  const told = await eventsOf(client);
  expect(told.map(({seq}) => seq)).toEqual([...told].map(({seq}) => seq).sort((x, y) => (x < y ? -1 : 1)));
  expect(bodies(told, "blocks").map(({height}) => height)).toEqual(bodies(told, "blocks").map((_, i) => BigInt(i + 1)));
  // What only this node saw is told with the next block that becomes final, which can be one before the proof's own.
  const proofs = [...bodies(told, "proofs")].sort((x, y) => (x.event < y.event ? -1 : 1));
  expect(proofs.map(({event, reason, nodeId, proofHeight}) => [event, reason, nodeId, proofHeight])).toEqual([
    ["proof_included", "", "rig-1", a.height],
    ["proof_refused", "duplicate", "rig-1", b.height],
  ]);
  expect(proofs.map(({proof}) => hexOf(proofIdOf(readProofCompat(utf8(proof)))))).toEqual(
    [a, b].map((proof) => hexOf(proofIdOf(proof))),
  );
  expect(bodies(told, "slashes")).toMatchObject([
    {txId, outcome: "applied", nodeId: "rig-1", slasher: watcher.address},
  ]);
  expect(
    bodies(told, "enrollments").map(({event, nodeId, prevPhase, phase}) => [event, nodeId, prevPhase, phase]),
  ).toEqual([
    ["new", "rig-1", null, "active"],
    ["new", "rig-2", null, "active"],
    ["transition", "rig-1", "active", "revoked"],
    ["transition", "rig-2", "active", "pending_unbond"],
  ]);
  expect(bodies(told, "rejections")).toMatchObject([{kind: "archspoof_unknown_arch", logSeq: 1n}]);

  const last = told.at(-1)!.seq;
  await first.stop();
  const second = await start(dataDir);
  expect((await eventsOf(second.client)).filter(({seq}) => seq <= last)).toEqual(told);
  const middle = told[3]!.seq;
  expect((await eventsOf(second.client, {after: middle})).filter(({seq}) => seq <= last)).toEqual(told.slice(4));
});

/** The same proof claiming another GPU; its signature no longer holds, but the claim is looked at first. */
const withArch = (proof: Proof, gpuArch: string): Proof => ({
  ...proof,
  attestation: {...proof.attestation, gpuArch},
});

test("a proof that its node did not sign is nobody's, and not told", async () => {
  const {client} = await start(await initTestNode(nodeGenesis([owner])));
  await client.enroll({
    body: signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey})),
  });
  await eventually(() => client.enrollment({nodeId: "rig-1"}));
  const framed = await mineOne(client, {...RIG, nodeKey: testAccount("somebody else")});
  expect(await client.submitProof({body: encodeProof(framed)})).toMatchObject({rejectReason: "attestation"});
  const {chainTip} = await client.status();
  await eventually(async () => (await client.status()).chainTip > chainTip + 1n);
  expect(bodies(await eventsOf(client), "proofs")).toEqual([]);
});

test("only the newest blocks' events are kept, and the node says from where", async () => {
  const dataDir = await initTestNode(nodeGenesis([owner]));
  const first = await start(dataDir, {eventBlocksKept: 3, pace: {intervalMs: 20, minIntervalMs: 20}});
  await eventually(async () => (await first.client.status()).chainTip >= 8n);
  await first.stop();
  // A node that keeps more from now on must not promise what is gone already.
  const second = await start(dataDir, {eventBlocksKept: 1_000});
  const abort = new AbortController();
  const early = second.client.events({topics: null, after: seqOf(1n, 0), lastEventId: null}, abort.signal);
  await expect(early.next()).rejects.toMatchObject({code: "EVENTS_PRUNED", details: {http_status: 410}});
  const kept = bodies(await eventsOf(second.client), "blocks").map(({height}) => height);
  expect(kept[0]).toBeGreaterThan(5n);
  expect(kept).toEqual(kept.map((_, i) => kept[0]! + BigInt(i)));
});

test("two nodes with the same blocks give the same events the same numbers", async () => {
  const genesis = testGenesis([{to: owner.address, amountDust: 5_000_000_000n}]);
  const enrollment = signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey}));
  const logs = [];
  for (const noise of [false, true]) {
    const journal = new Journal();
    const {intake, store} = await openTestChain(scratchDirectory(), genesis, {contracts: [enrollContract], journal});
    const refused = {proof: encodedOnce, nodeId: "rig-9", reason: "duplicate", detail: ""};
    if (noise) journal.noteRefusedProof(refused);
    await intake.submit(enrollment);
    await extend(intake);
    await extend(intake);
    logs.push(store.events({after: 0n, upTo: lastSeqOf(9n), topics: TOPICS, limit: 100}).events);
    store.close();
  }
  const [quiet, noisy] = logs;
  expect(quiet!.map(({topic}) => topic)).toEqual(["blocks", "enrollments", "blocks"]);
  expect(noisy!.filter(({topic}) => topic !== "proofs")).toEqual(quiet);
  expect(noisy).toHaveLength(quiet!.length + 1);
});

const encodedOnce: Proof = {
  version: 2,
  epoch: 0n,
  height: 1n,
  headerHash: new Uint8Array(32),
  minerAddr: "ab".repeat(32),
  batchRoot: new Uint8Array(32),
  batchCount: 1,
  nonce: new Uint8Array(16),
  mixDigest: new Uint8Array(32),
  attestation: {type: "", bundle: "", gpuArch: "", claimedHashrateHps: 0n, nonce: new Uint8Array(32), issuedAt: 0n},
};

test("one block takes a bounded part of what a node alone saw, of one node and of all", async () => {
  const journal = new Journal();
  const {block, id} = genesisBlock(testGenesis([]));
  const {chain, store} = await openTestChain(scratchDirectory(), testGenesis([]));
  for (let i = 0; i < 100; i++)
    for (const nodeId of ["a", "b"]) journal.noteRefusedProof({proof: encodedOnce, nodeId, reason: "", detail: ""});
  const result = {state: chain.state.fork(), proofs: [], events: [], receipts: []} as never;
  const settled = {id, header: block.header, result};
  expect(journal.entries(settled).filter(({topic}) => topic === "proofs")).toHaveLength(
    2 * LOCAL_EVENTS_MAX.refusedProofsOfOneNode,
  );
  expect(journal.entries(settled).map(({topic}) => topic)).toEqual(["blocks"]);
  store.close();
});
