/** What nodes serve each other of the chain, and what a liar among them can do. */
import {afterEach, expect, test} from "vitest";
import {BRANCH_BLOCKS_MAX, BRANCH_PROTOCOL, branchAnswer, branchRequest} from "../../../src/codecs/consensus/branch.js";
import {UnavailableError} from "../../../src/errors.js";
import {CatchUp} from "../../../src/node/engine/catch-up.js";
import {MESSAGE_MAX_BYTES, type Network} from "../../../src/node/network/port.js";
import type {StoredBlock} from "../../../src/node/storage/store.js";
import {InProcessNetwork} from "../../support/network.js";
import {eventually} from "../../support/node.js";
import {Cluster} from "./cluster.js";

const cluster = new Cluster(1);
afterEach(() => cluster.stop());
const signal = new AbortController().signal;
const LIMITS = {maxBytes: 64, perSecond: 100};

/** A short chain of the only validator, which has gone again. */
async function someBlocks(): Promise<StoredBlock[]> {
  const only = await cluster.start(0);
  await eventually(async () => only.chain.tip.height >= 4n);
  const blocks = await Promise.all([1n, 2n, 3n, 4n].map((height) => only.store.block(height)));
  await only.stop();
  return blocks.map((each) => each!);
}

/** A node that answers every question about the branch with `blocks`. */
async function serving(name: string, blocks: readonly StoredBlock[]): Promise<() => number> {
  let asked = 0;
  const network = cluster.network.join(name);
  network.serve(
    BRANCH_PROTOCOL,
    async () => {
      asked++;
      return branchAnswer.encode({blocks: blocks.map(({block, certificate}) => ({block, certificate}))});
    },
    LIMITS,
  );
  await network.start(signal);
  return () => asked;
}

test("true headers and certificates over bodies that are not theirs stop nobody", async () => {
  const blocks = await someBlocks();
  const forged = blocks.map((each) => ({
    ...each,
    block: {...each.block, transactions: [Uint8Array.of(1, 2, 3)]},
  }));
  const asked = await serving("a".repeat(64), forged);
  const follower = await cluster.start(9);
  await eventually(async () => asked() > 0);
  await serving("b".repeat(64), blocks);
  // Four certified blocks make the first two final.
  await eventually(async () => follower.chain.tip.height >= 2n);
  expect(follower.failures).toEqual([]);
});

test("an answer fits a message however many vote", async () => {
  const [{block, certificate}] = (await someBlocks()) as [StoredBlock];
  const signature = new Uint8Array(2_420);
  const votes = Array.from({length: 67}, (_, validator) => ({validator, signature}));
  const stored = {id: certificate.blockId, block, certificate: {...certificate, votes}};
  const hub = new InProcessNetwork();
  const server = hub.join("server");
  const client = hub.join("client");
  new CatchUp({
    ...idle(server),
    store: {head: () => null, epochFrom: () => null, block: async (height) => (height <= 300n ? stored : null)},
  });
  await server.start(signal);
  await client.start(signal);
  const body = branchRequest.encode({from: 1n, count: BRANCH_BLOCKS_MAX});
  const answer = await client.request("server", BRANCH_PROTOCOL, body, {maxBytes: MESSAGE_MAX_BYTES});
  expect(branchAnswer.decode(answer).blocks.length).toBeGreaterThan(1);
});

const idle = (network: Network): Omit<ConstructorParameters<typeof CatchUp>[0], "store"> => ({
  network,
  newest: () => [],
  take: () => Promise.reject(new UnavailableError("NODE_STOPPING", "takes nothing")),
  log: {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}},
  sleep: async () => {},
});
