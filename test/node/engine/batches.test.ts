/** Blocks of certified batches among real engines. */
import {afterEach, expect, test} from "vitest";
import {signedTransfer, testAccount} from "../../support/accounts.js";
import {eventually} from "../../support/node.js";
import {Cluster, type Member, peerOf} from "./cluster.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
const BALANCE = 1_000_000n;
let cluster: Cluster;
afterEach(() => cluster.stop());

const started = async (count: number): Promise<readonly Member[]> => {
  cluster = new Cluster(count, [{to: alice.address, amountDust: BALANCE}]);
  return Promise.all(Array.from({length: count}, (_, i) => cluster.start(i)));
};
const pay = (member: Member, nonce: bigint, amountDust = 5n) =>
  member.intake.submit(signedTransfer(alice, {to: bob.address, amountDust, nonce}));

test("a validator that heard of no batch fetches what a proposal names, and votes", async () => {
  const all = await started(4);
  // Without the votes of one, the others' three are needed, and one of those hears of no batch.
  cluster.network.loses = (from, to, channel) =>
    (channel === "batches" && to === peerOf(3)) || (channel === "consensus" && from === peerOf(2));
  const {txId} = await pay(all[0]!, 0n);
  for (const {store} of all) await eventually(async () => store.receipt(txId));
  const receipt = all[3]!.store.receipt(txId)!;
  const {block} = (await all[3]!.store.block(receipt.height))!;
  expect(block.batches.map(({creator}) => creator)).toEqual([0]);
  for (const {failures} of all) expect(failures).toEqual([]);
});

test("signatures of others' batches are checked as the batches come, and those of its own are known", async () => {
  const all = await started(4);
  const {txId} = await pay(all[0]!, 0n);
  for (const {store} of all) await eventually(async () => store.receipt(txId));
  expect(all.map(({signatures}) => signatures.checked)).toEqual([0, 1, 1, 1]);
});

test("what no block can hold leaves the pool of the node that took it", async () => {
  const all = await started(4);
  const first = await pay(all[0]!, 0n, BALANCE - 1_500n);
  // Its home does not know of the first, and finds the fee covered.
  const second = await pay(all[1]!, 1n, 1n);
  await eventually(async () => all[1]!.store.receipt(first.txId));
  await eventually(async () => !all[1]!.pool.has(second.txId));
  expect(all[1]!.store.receipt(second.txId)).toBeNull();
  expect(all[1]!.store.waiting()).toEqual([]);
});
