import path from "node:path";
import {afterEach, describe, expect, test} from "vitest";
import {bytesOfHex} from "../../../src/codecs/bytes.js";
import {type Block, blockIdOf} from "../../../src/codecs/chain/block.js";
import {encodeMessage} from "../../../src/codecs/consensus/messages.js";
import {type CompactUncommitted, type JustifiedBlock, uncommittedBlock} from "../../../src/codecs/consensus/promise.js";
import type {Clock} from "../../../src/node/engine/ports.js";
import {accountAt} from "../../../src/node/ledger/monetary/supply.js";
import {openDatabase} from "../../../src/node/storage/sqlite/open.js";
import {signedTransfer, testAccount} from "../../support/accounts.js";
import {eventually} from "../../support/node.js";
import {Cluster, type Member, peerOf} from "./cluster.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
let cluster: Cluster;
afterEach(() => cluster.stop());

const started = async (count: number): Promise<readonly Member[]> => {
  cluster = new Cluster(count, [{to: alice.address, amountDust: 1_000_000n}]);
  return Promise.all(Array.from({length: count}, (_, i) => cluster.start(i)));
};
const height = ({chain}: Member): bigint => chain.tip.height;
const pay = (member: Member, nonce: bigint) =>
  member.intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 5n, nonce}));

/** A clock that stands still between steps. */
function stepped(): {readonly clock: Clock; advance(ms: number): void} {
  let now = 0;
  const timers = new Map<() => void, number>();
  const after: Clock["after"] = (ms, job) => {
    timers.set(job, now + ms);
    return () => timers.delete(job);
  };
  const advance = (ms: number): void => {
    now += ms;
    for (const [job] of [...timers].filter((each) => each[1] <= now)) if (timers.delete(job)) job();
  };
  return {clock: {nowMs: () => now, after, jitterBps: () => 0}, advance};
}

/** Every block that all of them hold is the same one. */
function checkAgreement(members: readonly Member[]): void {
  const lowest = members.map(height).reduce((a, b) => (a < b ? a : b));
  for (let at = 0n; at <= lowest; at++) {
    const ids = new Set(members.map(({store}) => blockIdOf(store.header(at)!)));
    expect(ids.size, `height ${at}`).toBe(1);
  }
  for (const {failures} of members) expect(failures).toEqual([]);
}

describe("one validator", () => {
  test("applies a write about three minimum intervals after it came, and has certificates for every block", async () => {
    const [only] = await started(1);
    const {txId} = await pay(only!, 0n);
    const receipt = await eventually(async () => only!.store.receipt(txId));
    expect(receipt).toMatchObject({outcome: "applied"});
    expect(only!.store.waiting()).toEqual([]);
    const stored = (await only!.store.block(receipt.height))!;
    expect(stored.certificate).toMatchObject({blockId: stored.id, height: receipt.height});
  });

  test("goes on after a stop with the blocks that were not final", async () => {
    const [only] = await started(1);
    const {txId} = await pay(only!, 0n);
    await eventually(async () => only!.store.uncommitted().length > 0);
    await only!.stop();
    const again = await cluster.start(0);
    expect((await eventually(async () => again.store.receipt(txId))).outcome).toBe("applied");
    await eventually(async () => height(again) > 4n);
    expect(again.failures).toEqual([]);
    expect(accountAt(again.chain.state, alice.address).nonce).toBe(1n);
  });

  test("refuses what is no message, and its log tells of it", async () => {
    const [only] = await started(1);
    cluster.network.deliver("peer", peerOf(0), "consensus", Uint8Array.of(0xff));
    expect(only!.details).toContain("refused a message of consensus");
    expect(only!.failures).toEqual([]);
  });

  test.each([
    ["by its batches", (row: JustifiedBlock | CompactUncommitted, _block: Block) => row],
    [
      "whole, as where its batches are not there",
      ({justify}: CompactUncommitted | JustifiedBlock, block: Block) => ({block, justify}),
    ],
  ] as const)("takes up again what it kept %s", async (_how, rewritten) => {
    const {clock, advance} = stepped();
    cluster = new Cluster(1, [{to: alice.address, amountDust: 1_000_000n}]);
    const only = await cluster.start(0, clock);
    const {txId} = await pay(only, 0n);
    const kept = await eventually(async () => {
      advance(1);
      const rows = only.store.uncommitted().map(({value, ...row}) => ({...row, value: uncommittedBlock.decode(value)}));
      return rows.find(({value}) => "compact" in value && value.compact.batches.length > 0);
    });
    const {block} = only.engine.newest().find((each) => each.block.header.height === kept.height) ?? {};
    await only.stop();
    const db = openDatabase(path.join(only.directory, "chain.db"));
    db.prepare("UPDATE uncommitted SET value = ? WHERE id = ?").run(
      uncommittedBlock.encode(rewritten(kept.value, block!)),
      bytesOfHex(kept.id),
    );
    db.close();
    const again = await cluster.start(0);
    expect((await eventually(async () => again.store.receipt(txId))).height).toBe(kept.height);
    expect(blockIdOf(again.store.header(kept.height)!)).toBe(kept.id);
    expect(again.failures).toEqual([]);
  });

  test("hears its own timers however much a peer sends at that moment", async () => {
    const {clock, advance} = stepped();
    cluster = new Cluster(1);
    const only = await cluster.start(0, clock);
    const content = {epoch: 9n, height: 1n, view: 1n, blockId: "0".repeat(64), validator: 0};
    const vote = encodeMessage({type: "vote", vote: {...content, signature: new Uint8Array(2_420)}});
    // All in one turn: the timers ring when the queue is full.
    for (let i = 0; i < 1_100; i++) cluster.network.deliver("peer", peerOf(0), "consensus", vote);
    advance(5_000);
    await eventually(async () => {
      advance(50);
      return height(only) > 0n;
    });
    expect(only.failures).toEqual([]);
  });
});

describe("four validators", () => {
  test("agree on every block and apply what any of them was given", async () => {
    const members = await started(4);
    const {txId} = await pay(members[2]!, 0n);
    for (const member of members) await eventually(async () => member.store.receipt(txId));
    await eventually(async () => members.every((each) => height(each) >= 5n));
    checkAgreement(members);
    expect(new Set(members.map(({chain}) => accountAt(chain.state, bob.address).balanceDust))).toEqual(new Set([5n]));
    expect(members.flatMap(({equivocations}) => equivocations)).toEqual([]);
    expect(cluster.network.verdicts.filter(({verdict}) => verdict === "reject")).toEqual([]);
  });

  test("know of a write that is final long before the next block is due", async () => {
    cluster = new Cluster(4, [{to: alice.address, amountDust: 1_000_000n}]);
    cluster.pace = {intervalMs: 60_000, minIntervalMs: 20};
    const members = await Promise.all([0, 1, 2, 3].map((i) => cluster.start(i)));
    const {txId} = await pay(members[0]!, 0n);
    await eventually(async () => members.every(({store}) => store.receipt(txId) !== null));
    checkAgreement(members);
  });

  test("go on without one of them, which follows again when it is back", async () => {
    const members = await started(4);
    await eventually(async () => members.every((each) => height(each) >= 1n));
    await members[3]!.stop();
    const left = members.slice(0, 3);
    const from = height(left[0]!);
    await eventually(async () => left.every((each) => height(each) >= from + 6n));
    checkAgreement(left);
    const back = await cluster.start(3);
    const goal = height(left[0]!);
    await eventually(async () => height(back) >= goal + 2n);
    checkAgreement([...left, back]);
  });

  test("of which two cannot hear the others commit nothing, and go on when they can", async () => {
    const members = await started(4);
    await eventually(async () => members.every((each) => height(each) >= 1n));
    cluster.network.cut([0, 1].map(peerOf), [2, 3].map(peerOf));
    await new Promise((resolve) => setTimeout(resolve, 300));
    // Within a side the slower one may still hear of what was final before the cut.
    const highest = (): bigint => members.map(height).reduce((a, b) => (a > b ? a : b));
    const stuck = highest();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(highest()).toBe(stuck);
    cluster.network.heal();
    await eventually(async () => members.every((each) => height(each) > stuck + 3n));
    checkAgreement(members);
  });

  test("all stop and start again where they were", async () => {
    const members = await started(4);
    const {txId} = await pay(members[1]!, 0n);
    await eventually(async () => members.every((each) => height(each) >= 1n));
    await cluster.stop();
    const again = await Promise.all([0, 1, 2, 3].map((i) => cluster.start(i)));
    const goal = again.map(height).reduce((a, b) => (a > b ? a : b)) + 4n;
    await eventually(async () => again.every((each) => height(each) >= goal));
    checkAgreement(again);
    for (const {store} of again) expect(store.receipt(txId)?.outcome).toBe("applied");
  });

  test("all fall over after their votes, before they have written what those made final, and lose nothing", async () => {
    const members = await started(4);
    const {txId} = await pay(members[1]!, 0n);
    for (const {store} of members)
      store.commit = () => {
        throw new Error("the power is cut");
      };
    await eventually(async () => members.every(({failures}) => failures.length > 0));
    await cluster.stop();
    const again = await Promise.all([0, 1, 2, 3].map((i) => cluster.start(i)));
    for (const {store} of again) expect((await eventually(async () => store.receipt(txId))).outcome).toBe("applied");
    checkAgreement(again);
    expect(again.flatMap(({equivocations}) => equivocations)).toEqual([]);
  });

  test("are followed by a node that does not vote", async () => {
    const members = await started(4);
    const follower = await cluster.start(9);
    await eventually(async () => height(follower) >= 4n);
    checkAgreement([...members, follower]);
  });
});
