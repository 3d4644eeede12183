/** Transactions between nodes: a peer's is checked like a client's, ours are told, and only a forger pays. */
import {expect, test} from "vitest";
import {bytesOfHex} from "../../src/codecs/bytes.js";
import {genesisIdOf} from "../../src/codecs/chain/genesis.js";
import {DecodeError, RuleError, UnavailableError} from "../../src/errors.js";
import {parseEndpoint} from "../../src/node/network/address.js";
import {DEFAULT_NETWORK_OPTIONS} from "../../src/node/network/options.js";
import type {Subscriber} from "../../src/node/network/port.js";
import {PoolGossip} from "../../src/node/pool-gossip.js";
import {signedTransfer, testAccount} from "../support/accounts.js";
import {startNetwork} from "../support/libp2p.js";
import {eventually, initTestNode, nodeGenesis, runTestNode} from "../support/node.js";

function gossip(take: () => Promise<unknown>, isOpen = true) {
  const subscribers = new Map<string, Subscriber>();
  new PoolGossip({
    tells: () => true,
    network: {publish: () => {}, subscribe: (channel, subscriber) => void subscribers.set(channel, subscriber)},
    takeTransaction: take,
    takeProof: take,
    isOpen: () => isOpen,
  });
  return (channel: "transactions" | "proofs") => subscribers.get(channel)!(new Uint8Array(), "a");
}

test.each([
  ["what is taken goes on", null, "accept"],
  ["bytes that are no transaction cost their sender", new DecodeError("CBOR_INVALID", ""), "reject"],
  ["so does a forged signature", new RuleError("SIGNATURE_INVALID", ""), "reject"],
  ["one that is known already does not", new RuleError("POOL_DUPLICATE", ""), "ignore"],
  ["nor one that this state does not allow", new RuleError("BALANCE_TOO_LOW", ""), "ignore"],
  ["nor one that comes while the node stops", new UnavailableError("NODE_STOPPING", ""), "ignore"],
] as const)("%s", async (_name, error, verdict) => {
  const hear = gossip(async () => {
    if (error) throw error;
  });
  expect(await hear("transactions")).toBe(verdict);
  expect(await hear("proofs")).toBe(verdict);
});

test("behind a lock no transaction of a peer is heard, and a bug stays a bug", async () => {
  let taken = 0;
  const locked = gossip(async () => taken++, false);
  expect(await locked("transactions")).toBe("ignore");
  expect(taken).toBe(0);
  const broken = gossip(async () => {
    throw new TypeError("a bug");
  });
  await expect(broken("transactions")).rejects.toThrow(TypeError);
});

test.each([
  ["a follower tells the others of what its clients wrote", true],
  ["a validator does not: it is in its batches, which everybody gets", false],
])("%s", (_name, tells) => {
  const told: string[] = [];
  const one = new PoolGossip({
    tells: () => tells,
    network: {publish: (channel) => void told.push(channel), subscribe: () => {}},
    takeTransaction: async () => {},
    takeProof: async () => {},
    isOpen: () => true,
  });
  one.announce("transactions", new Uint8Array());
  one.announce("proofs", new Uint8Array());
  expect(told).toEqual(tells ? ["transactions", "proofs"] : []);
});

test("a validator takes a peer's transaction into a block, and shows who is there", async () => {
  const [alice, bob] = [testAccount("alice"), testAccount("bob")];
  const genesis = nodeGenesis([alice, bob]);
  const listen = [{id: null, host: "127.0.0.1", port: 0}];
  const {node, client, stop} = await runTestNode(await initTestNode(genesis), {
    network: {...DEFAULT_NETWORK_OPTIONS, listen, dht: false},
  });
  const self = node.networkState();
  const peer = await startNetwork(
    "peer",
    {listen: [], peers: self.listen.map(parseEndpoint)},
    {
      network: bytesOfHex(genesisIdOf(genesis)),
    },
  );
  try {
    await eventually(async () => (await client.peers()).peers.length === 1);
    expect(await client.peers()).toMatchObject({
      self: self.peer_id,
      peers: [{id: peer.self, direction: "inbound", validator: null}],
    });
    expect((await client.status()).peers).toBe(1);
    const theirs = signedTransfer(alice, {to: bob.address, amountDust: 5n});
    await eventually(async () => {
      peer.publish("transactions", theirs);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return node.view().account(alice.address)!.nonce === 1n;
    });
  } finally {
    await peer.stop();
    await stop();
  }
});
