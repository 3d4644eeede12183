/** The network over libp2p, between real nodes on loopback. */
import {afterEach, expect, test} from "vitest";
import {RuleError} from "../../../src/errors.js";
import type {Network} from "../../../src/node/network/port.js";
import {NetworkTally} from "../../../src/node/network/tally.js";
import {endpointOf, startNetwork, TEST_NETWORK} from "../../support/libp2p.js";
import {eventually} from "../../support/node.js";

const running: Network[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

const start: typeof startNetwork = async (...args) => {
  const network = await startNetwork(...args);
  running.push(network);
  return network;
};

const connected = (a: Network, b: Network) => eventually(async () => a.peers().some(({id}) => id === b.self));

async function pair(): Promise<[Network, Network]> {
  const a = await start("a");
  const b = await start("b", {peers: [endpointOf(a)]});
  await connected(a, b);
  await connected(b, a);
  return [a, b];
}

test("two nodes find each other by address, prove their ids, and tell who is there", async () => {
  const [a, b] = await pair();
  expect(b.peers()[0]).toMatchObject({id: a.self, direction: "outbound", score: 80});
  expect(a.peers()[0]).toMatchObject({id: b.self, direction: "inbound"});
  await eventually(async () => b.peers()[0]!.agent === "test/a");
});

test("messages keep their order on a channel, large ones too, and a refused one costs its sender its place", async () => {
  const [a, b] = await pair();
  const heard: number[] = [];
  const sizes: number[] = [];
  a.subscribe("consensus", (message, from) => {
    expect(from).toBe(b.self);
    heard.push(message[0]!);
    sizes.push(message.length);
    return message[0] === 255 ? "reject" : "accept";
  });
  for (let i = 0; i < 100; i++) b.send(a.self, "consensus", new Uint8Array(i === 50 ? 6_000_000 : 100).fill(i));
  await eventually(async () => heard.length === 100);
  expect(heard).toEqual(Array.from({length: 100}, (_, i) => i));
  expect(sizes[50]).toBe(6_000_000);
  for (let i = 0; i < 3; i++) b.send(a.self, "consensus", Uint8Array.of(255));
  await eventually(async () => a.peers().length === 0);
  // And it does not come back for a while.
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(a.peers()).toHaveLength(0);
});

test("messages go over one stream, each counted where the node counts them", async () => {
  const tally = new NetworkTally();
  const a = await start("a");
  const b = await start("b", {peers: [endpointOf(a)]}, {metrics: tally});
  const heard: number[] = [];
  a.subscribe("consensus", (message) => {
    heard.push(message.length);
    return "accept";
  });
  await connected(b, a);
  const sizes = [100, 2_000_000, 100, 3_000_000, 100];
  for (const size of sizes) b.send(a.self, "consensus", new Uint8Array(size));
  await eventually(async () => heard.length === sizes.length);
  expect(heard).toEqual(sizes);
  expect(tally.channels.consensus).toMatchObject({sentMessages: 5, sentBytes: 5_000_300, dropped: 0});
});

test("the largest message that is gossiped leaves the way open for the next", async () => {
  const [a, b] = await pair();
  const sizes: number[] = [];
  a.subscribe("transactions", (message) => {
    sizes.push(message.length);
    return "accept";
  });
  b.subscribe("transactions", () => "accept");
  // Until each knows what the other listens to, nothing arrives.
  await eventually(async () => {
    b.publish(
      "transactions",
      Uint8Array.from({length: 9}, () => Math.floor(Math.random() * 256)),
    );
    return sizes.includes(9);
  });
  b.publish("transactions", new Uint8Array(64 * 1024).fill(1));
  b.publish("transactions", new Uint8Array(10).fill(2));
  await eventually(async () => sizes.includes(64 * 1024) && sizes.includes(10));
});

test("requests are answered, refused by code, cut at their limit, and end with their caller", async () => {
  const [a, b] = await pair();
  a.serve("echo", async (body) => body, {maxBytes: 1_000, perSecond: 100});
  a.serve(
    "no",
    async () => {
      throw new RuleError("NOT_HERE", "nothing");
    },
    {maxBytes: 10, perSecond: 100},
  );
  const late = new AbortController();
  const never = (): Promise<never> => {
    late.abort();
    return new Promise(() => {});
  };
  a.serve("never", never, {maxBytes: 10, perSecond: 100});
  const body = new Uint8Array(900).fill(3);
  await expect(b.request(a.self, "echo", body, {maxBytes: 900})).resolves.toEqual(body);
  await expect(b.request(a.self, "no", new Uint8Array(), {maxBytes: 9})).rejects.toMatchObject({
    code: "PEER_REFUSED",
    message: expect.stringContaining("NOT_HERE"),
  });
  await expect(b.request(a.self, "unknown", new Uint8Array(), {maxBytes: 9})).rejects.toMatchObject({
    code: "PEER_UNREACHABLE",
  });
  await expect(b.request(a.self, "never", new Uint8Array(), {maxBytes: 9, signal: late.signal})).rejects.toMatchObject({
    code: "PEER_TIMEOUT",
  });
  await expect(b.request("00".repeat(32), "echo", body, {maxBytes: 9})).rejects.toMatchObject({
    code: "PEER_UNREACHABLE",
  });
  expect(b.peers()).toHaveLength(1);
  await expect(b.request(a.self, "echo", body, {maxBytes: 100})).rejects.toMatchObject({code: "FRAME_TOO_LONG"});
});

test("gossip reaches nodes that are not connected to its source, once each", async () => {
  const a = await start("a");
  const b = await start("b", {peers: [endpointOf(a)]});
  const c = await start("c", {peers: [endpointOf(b)], maxOutbound: 1});
  await connected(a, b);
  await connected(b, c);
  const heard = {b: 0, c: 0};
  a.subscribe("transactions", () => "accept");
  b.subscribe("transactions", () => {
    heard.b++;
    return "accept";
  });
  c.subscribe("transactions", () => {
    heard.c++;
    return "accept";
  });
  // Until every node knows who listens to what, a message can pass somebody by.
  let n = 0;
  await eventually(async () => {
    a.publish("transactions", Uint8Array.of(1, n++));
    await new Promise((resolve) => setTimeout(resolve, 100));
    return heard.c > 0;
  });
  const before = heard.c;
  a.publish("transactions", Uint8Array.of(2));
  await eventually(async () => heard.c > before);
  expect(heard.b).toBeLessThanOrEqual(n + 1);
});

test("a node of another chain, a revoked one and a stranger at a closed node get no session", async () => {
  const a = await start("a");
  const other = await start("b", {peers: [endpointOf(a)]}, {network: TEST_NETWORK.map((byte) => byte ^ 1)});
  const closed = await start("closed", {closed: true});
  const stranger = await start("stranger", {peers: [endpointOf(closed)]});
  const wary = await start("wary", {revoked: [stranger.self], peers: [endpointOf(stranger)]});
  await new Promise((resolve) => setTimeout(resolve, 800));
  for (const each of [a, other, closed, stranger, wary]) expect(each.peers()).toEqual([]);
});

test("a node with no places for strangers still keeps the peer that it was told", async () => {
  const a = await start("a");
  const b = await start("b", {peers: [endpointOf(a)], maxInbound: 0, maxOutbound: 0});
  await connected(b, a);
});

test("a peer that goes is missed and dialled again when it is back", async () => {
  const a = await start("a");
  const at = endpointOf(a);
  const b = await start("b", {peers: [at]});
  await connected(b, a);
  const seen: boolean[] = [];
  b.onPeer((_id, up) => seen.push(up));
  await a.stop();
  await eventually(async () => b.peers().length === 0);
  const again = await start("a", {listen: [{...at, id: null}]});
  await connected(b, again);
  expect(seen).toEqual([false, true]);
});

test("both may dial at once: one connection stays, and messages go both ways", async () => {
  const a = await start("a");
  const b = await start("b", {peers: [endpointOf(a)]});
  const again = endpointOf(b);
  await a.stop();
  const both = await start("a", {listen: [{...endpointOf(b), id: null, port: 0}], peers: [again]});
  await connected(both, b);
  let heard = 0;
  for (const each of [both, b])
    each.subscribe("batches", () => {
      heard++;
      return "accept";
    });
  both.send(b.self, "batches", Uint8Array.of(1));
  await connected(b, both);
  b.send(both.self, "batches", Uint8Array.of(1));
  await eventually(async () => heard === 2);
});

test("addresses are learned from peers: nodes that know one node alone come to know each other", async () => {
  const a = await start("a");
  const b = await start("b", {bootstrap: [endpointOf(a)]});
  await connected(a, b);
  // What a node calls its own address comes a moment after the session.
  await eventually(async () => a.peers()[0]!.agent !== "");
  const c = await start("c", {bootstrap: [{...endpointOf(a), id: null}]});
  await connected(c, b);
  expect(c.peers()).toHaveLength(2);
});
