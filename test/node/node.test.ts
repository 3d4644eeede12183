import {describe, expect, test} from "vitest";
import {hexOf} from "../../src/codecs/bytes.js";
import {encodeProof, proofIdOf} from "../../src/codecs/mining/proof.js";
import {SLASH_CONTRACT} from "../../src/codecs/slashing/payload.js";
import {DEFAULT_NODE_OPTIONS, QsdmNode} from "../../src/node/node.js";
import {contentOf, signed, signedTransfer, testAccount} from "../support/accounts.js";
import {VALIDATOR_ACCOUNT} from "../support/chain.js";
import {eventually, initTestNode, mineOne, nodeGenesis, runTestNode} from "../support/node.js";
import {enrollmentPayload, signedEnrollment, signedSlash, signedUnenrollment} from "../support/proofs.js";

const owner = testAccount("owner");
const watcher = testAccount("watcher");
const nodeKey = testAccount("rig key");
const RIG = {nodeId: "rig-1", nodeKey, owner};
const genesis = nodeGenesis([owner, watcher]);

async function scrape(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

test("an enrolled rig mines over the wire and is paid the block's reward", async () => {
  const {client, node, stop} = await runTestNode(await initTestNode(genesis));
  try {
    const enroll = enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey});
    const enrolled = await client.enroll({body: signedEnrollment(owner, 0n, enroll)});
    expect(enrolled.status).toBe("accepted");
    const enrollReceipt = await eventually(() => client.receipt({txId: enrolled.txId}));
    expect(enrollReceipt.outcome).toBe("applied");
    expect(await client.enrollment({nodeId: "rig-1"})).toMatchObject({
      owner: owner.address,
      phase: "active",
      stakeDust: 1_000_000_000n,
    });

    const before = (await client.supply()).supply;
    const first = await mineOne(client, RIG);
    const accepted = await client.submitProof({body: encodeProof(first)});
    expect(accepted).toMatchObject({accepted: true, proofId: hexOf(proofIdOf(first))});
    const after = await eventually(async () => {
      const {supply} = await client.supply();
      return supply.minedDust > before.minedDust && supply;
    });
    expect(after.minedDust - before.minedDust).toBe(35_649_098n);
  } finally {
    await stop();
  }
  expect(await node.ended).toBeNull();
});

test("the difficulty follows the proofs that blocks hold, wherever it is shown", async () => {
  const params = {...genesis.params, retargetIntervalBlocks: 4n, targetProofsPerBlock: 2};
  const {client, node, stop} = await runTestNode(await initTestNode({...genesis, params}));
  try {
    await client.enroll({
      body: signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey})),
    });
    // Nobody mines: down by the clamp, which is also the least.
    await eventually(async () => (await client.work({height: null})).difficulty === 16n);
    expect((await client.work({height: 3n})).difficulty).toBe(64n);
    expect((await client.status()).qsdm?.difficulty).toBe(16n);
    expect((await client.status()).qsdm?.networkHashrateHps).toBe(0n);
    expect((await scrape(node.url)).get("qsdm_mining_difficulty")).toBe(16);
    const proof = await mineOne(client, RIG);
    expect(await client.submitProof({body: encodeProof(proof)})).toMatchObject({accepted: true});
  } finally {
    await stop();
  }
});

test("the tensor walk begins at the height that the genesis names, for the miner and the node", async () => {
  const params = {...genesis.params, forkTensorHeight: 8n};
  const {client, stop} = await runTestNode(await initTestNode({...genesis, params}));
  try {
    await client.enroll({
      body: signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey})),
    });
    await eventually(async () => (await client.work({height: null})).height >= 8n);
    expect((await client.status()).mining).toMatchObject({forkTensorHeight: 8n, forkTensorActive: true});
    expect((await client.work({height: 7n})).mixVersion).toBe(1);
    expect((await client.work({height: 8n})).mixVersion).toBe(2);
    expect((await client.governedParameter({name: "fork_v2_tc_height"})).activeValue).toBe(8n);
    const unforked = await mineOne(client, {...RIG, mix: 1});
    expect(await client.submitProof({body: encodeProof(unforked)})).toMatchObject({detail: "mix_digest mismatch"});
    const proof = await mineOne(client, RIG);
    expect(await client.submitProof({body: encodeProof(proof)})).toMatchObject({accepted: true});
  } finally {
    await stop();
  }
});

test("a challenge is for a proof of an enrolled node, and is refused to everybody else", async () => {
  const {client, stop} = await runTestNode(await initTestNode(genesis));
  try {
    await client.enroll({
      body: signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey})),
    });
    const asked = {minerAddr: owner.address, nodeId: "rig-1", height: 1n};
    const {nonce} = await eventually(() => client.challenge(asked));
    expect(nonce).toHaveLength(32);
    for (const missing of ["minerAddr", "nodeId", "height"] as const)
      await expect(client.challenge({...asked, [missing]: null})).rejects.toThrow(/for one account, node and height/);
    await expect(client.challenge({...asked, nodeId: "rig-9"})).rejects.toThrow(/it is not enrolled/);
    await expect(client.challenge({...asked, minerAddr: watcher.address})).rejects.toThrow(/it belongs to/);
    await client.unenroll({body: signedUnenrollment(owner, {nonce: 1n, nodeId: "rig-1"})});
    await eventually(async () => (await client.enrollment({nodeId: "rig-1"})).phase === "pending_unbond");
    await expect(client.challenge(asked)).rejects.toThrow(/it was revoked at height/);
  } finally {
    await stop();
  }
});

describe("an equivocation at one height", () => {
  test("is refused as a second proof, slashed as evidence, and visible everywhere", async () => {
    const {client, node, stop} = await runTestNode(await initTestNode(genesis), {
      pace: {intervalMs: 3_000, minIntervalMs: 50},
    });
    try {
      await client.enroll({
        body: signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey})),
      });
      await eventually(() => client.enrollment({nodeId: "rig-1"}));
      const [a, b] = [await mineOne(client, RIG), await mineOne(client, {...RIG, start: 2})];
      expect(a.height).toBe(b.height);
      expect(await client.submitProof({body: encodeProof(a)})).toMatchObject({accepted: true});
      expect(await client.submitProof({body: encodeProof(b)})).toMatchObject({
        accepted: false,
        rejectReason: "duplicate",
        detail: `node rig-1 already has a proof at height ${a.height}`,
      });
      const {txId} = await client.slash({body: signedSlash(watcher, {nonce: 0n, nodeId: "rig-1", pair: [b, a]})});
      const receipt = await eventually(() => client.slashReceipt({txId}));
      expect(receipt).toMatchObject({
        outcome: "applied",
        slasher: watcher.address,
        nodeId: "rig-1",
        slashedDust: 1_000_000_000n,
        rewardedDust: 250_000_000n,
        burnedDust: 750_000_000n,
        autoRevoked: true,
      });
      expect(await client.enrollment({nodeId: "rig-1"})).toMatchObject({phase: "revoked", stakeDust: 0n});
      const metrics = await scrape(node.url);
      expect(metrics.get('qsdm_slash_applied_total{kind="double-mining"}')).toBe(1);
      expect(metrics.get('qsdm_slash_drained_dust_total{kind="double-mining"}')).toBe(1_000_000_000);
      expect(metrics.get("qsdm_slash_rewarded_dust_total")).toBe(250_000_000);
      expect(metrics.get('qsdm_slash_auto_revoked_total{reason="fully_drained"}')).toBe(1);
      expect(metrics.get("qsdm_enrollment_applied_total")).toBe(1);
      expect(metrics.get("qsdm_enrollment_active_count")).toBe(0);
      const {supply} = await client.supply();
      expect(supply.balancesDust + supply.bondsDust).toBe(supply.genesisDust + supply.minedDust - supply.burnedDust);
      expect(supply.genesisDust + supply.minedDust + supply.unissuedDust).toBe(supply.capDust);
    } finally {
      await stop();
    }
  });

  test("of junk is refused with its reason, and counted", async () => {
    const {client, node, stop} = await runTestNode(await initTestNode(genesis));
    try {
      const junk = signed(
        watcher,
        contentOf(watcher, {contract: SLASH_CONTRACT, payload: new TextEncoder().encode("{}")}),
      );
      await expect(client.slash({body: junk})).rejects.toMatchObject({code: "SLASH_DECODE_FAILED"});
      expect(node.view().head.height).toBeGreaterThanOrEqual(0n);
    } finally {
      await stop();
    }
  });
});

describe("a proof is refused over the wire", () => {
  test.each<[string, string, (proof: Awaited<ReturnType<typeof mineOne>>) => Parameters<typeof encodeProof>[0]]>([
    ["with another owner", "bad-addr", (proof) => ({...proof, minerAddr: watcher.address})],
    ["with work that was not done", "work", (proof) => ({...proof, nonce: new Uint8Array(16).fill(99)})],
    ["for a height that is not there", "stale-height", (proof) => ({...proof, height: proof.height + 1_000n})],
    ["over another header", "header-mismatch", (proof) => ({...proof, headerHash: new Uint8Array(32)})],
    [
      "with an altered claim",
      "attestation",
      (proof) => ({...proof, attestation: {...proof.attestation, gpuArch: "turing"}}),
    ],
  ])("%s", async (_what, reason, alter) => {
    const {client, stop} = await runTestNode(await initTestNode(genesis), {
      pace: {intervalMs: 3_000, minIntervalMs: 50},
    });
    try {
      await client.enroll({
        body: signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey})),
      });
      await eventually(() => client.enrollment({nodeId: "rig-1"}));
      const proof = alter(await mineOne(client, RIG));
      expect(await client.submitProof({body: encodeProof(proof)})).toMatchObject({
        accepted: false,
        rejectReason: reason,
      });
    } finally {
      await stop();
    }
  });
});

describe("a stopped node", () => {
  test("resumes exactly, with the fees of its proposer", async () => {
    const dataDir = await initTestNode(genesis);
    const first = await runTestNode(dataDir);
    const {txId} = await first.client.submit({body: signedTransfer(owner, {to: watcher.address, amountDust: 5n})});
    await eventually(() => first.client.receipt({txId}));
    await first.stop();
    const head = first.node.view().head;
    const second = await runTestNode(dataDir);
    try {
      const header = (await second.client.headers({from: head.height, to: head.height, limit: 1})).headers[0]!;
      expect(header.id).toBe(head.blockId);
      expect((await second.client.receipt({txId})).outcome).toBe("applied");
      expect(second.node.view().account(VALIDATOR_ACCOUNT.address)?.balanceDust).toBe(500n);
    } finally {
      await second.stop();
    }
  });

  test("that is told to stop before it started does not start, and lets its files go", async () => {
    const dataDir = await initTestNode(genesis);
    const options = {...DEFAULT_NODE_OPTIONS, dataDir, profile: null, api: {port: 0}} as const;
    const silent = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};
    const node = await QsdmNode.open(options, {
      log: silent,
      nowMs: () => Date.now(),
      version: "0.0.0-test",
      commit: "",
    });
    await expect(node.start(AbortSignal.abort())).rejects.toMatchObject({name: "AbortError"});
    expect(await node.ended).toBeNull();
    await (await runTestNode(dataDir)).stop();
  });

  test("answers nothing any more, and a second stop is no error", async () => {
    const {node, client, stop} = await runTestNode(await initTestNode(genesis));
    await stop();
    await node.stop();
    await expect(client.status()).rejects.toMatchObject({code: "NODE_UNREACHABLE"});
  });
});
