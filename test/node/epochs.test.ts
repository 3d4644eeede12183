import {expect, test} from "vitest";
import {hexOf} from "../../src/codecs/bytes.js";
import {batchHash, prefixRoot} from "../../src/codecs/mining/merkle.js";
import {encodeProof, type Proof} from "../../src/codecs/mining/proof.js";
import {WORK_SET} from "../../src/node/ledger/mining/work-set.js";
import type {QsdmNode} from "../../src/node/node.js";
import {testAccount} from "../support/accounts.js";
import {eventually, initTestNode, mineOne, nodeGenesis, runTestNode} from "../support/node.js";
import {enrollmentPayload, signedEnrollment} from "../support/proofs.js";

const owner = testAccount("owner");
const nodeKey = testAccount("rig key");
const RIG = {nodeId: "rig-1", nodeKey, owner};
const genesis = nodeGenesis([owner]);
const FAST = {pace: {intervalMs: 25, minIntervalMs: 25}};

test("epochs are mined over blocks that the chain holds, drawn before the epoch begins, after a restart as well", async () => {
  const params = {...genesis.params, blocksPerEpoch: 40n, graceBlocks: 20n};
  const readyAt = new Map<unknown, bigint>();
  const info = (fields: object): void => {
    if ("epoch" in fields) readyAt.set(fields.epoch, node?.view().head.height ?? 0n);
  };
  const quiet = (): void => undefined;
  let node: QsdmNode | undefined;
  let drawn: Uint8Array | null = null;
  const dataDir = await initTestNode({...genesis, params});
  const log = {debug: quiet, info, warn: quiet, error: quiet};
  const running = await runTestNode(dataDir, FAST, log);
  const {client} = running;
  node = running.node;
  try {
    await client.enroll({
      body: signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey})),
    });
    const first = await client.work({height: 0n});
    expect(first).toMatchObject({epoch: 0n, nextWorkSetRoot: null});
    expect(first.workSet.map(({cells}) => cells.length)).toEqual([5]);
    drawn = await eventually(async () => (await client.work({height: null})).nextWorkSetRoot);

    const later = await eventually(async () => {
      const work = await client.work({height: 40n});
      return work.height === 40n && work;
    });
    expect(later.epoch).toBe(1n);
    expect(later.workSetRoot).toEqual(drawn);
    expect(readyAt.get(1n)).toBeLessThan(40n);
    expect(later.workSet).toHaveLength(16);
    for (const {cells} of later.workSet) {
      const id = hexOf(cells[0]!.id);
      const height = BigInt(`0x${id.slice(0, 16)}`);
      expect((await client.block({height})).id).toBe(id.slice(16, 80));
    }
    // Blocks come fast here: on a busy machine the grace window can pass before a proof arrives, so they are tried again.
    const submitted = async (change: Partial<Proof>) =>
      client.submitProof({body: encodeProof({...(await mineOne(client, RIG)), ...change})});
    const batchRoot = prefixRoot(WORK_SET.map(batchHash), 1);
    await eventually(async () => (await submitted({batchRoot})).detail === "batch_root mismatch");
    await eventually(async () => (await submitted({})).accepted);
    expect((await client.work({height: null})).epoch).toBeGreaterThan(0n);

    // An epoch that no proof can be of any more: shown to whoever asks, and nothing is built for it.
    await eventually(async () => readyAt.has(2n));
    readyAt.clear();
    expect((await client.work({height: 0n})).workSetRoot).toEqual(first.workSetRoot);
    await eventually(async () => (await client.work({height: null})).epoch >= 2n);
    expect(readyAt.has(0n)).toBe(false);
  } finally {
    await running.stop();
  }

  const again = await runTestNode(dataDir, {pace: {intervalMs: 60_000, minIntervalMs: 60_000}});
  try {
    const work = await eventually(() => again.client.work({height: null}));
    expect(work.epoch).toBeGreaterThanOrEqual(2n);
    expect(work.workSet).toHaveLength(16);
    // Proofs may still be of the last epoch: its table is built when it is asked for.
    expect((await eventually(() => again.client.work({height: 40n}))).workSetRoot).toEqual(drawn);
  } finally {
    await again.stop();
  }
});
