/** The in-process network that tests above the transport are built on. */
import {expect, test} from "vitest";
import type {Network} from "../../../src/node/network/port.js";
import {InProcessNetwork} from "../../support/network.js";

const signal = new AbortController().signal;
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function three() {
  const net = new InProcessNetwork();
  const members = ["a", "b", "c"].map((id) => net.join(id)) as [Network, Network, Network];
  for (const each of members) await each.start(signal);
  return {net, members};
}

test("what is sent arrives in order, as a copy, and what is published reaches everybody else", async () => {
  const {net, members} = await three();
  const [a, b, c] = members;
  const heard: string[] = [];
  for (const each of members)
    each.subscribe("consensus", (message, from) => {
      heard.push(`${each.self}<${from}:${message[0]}`);
      return "accept";
    });
  const message = Uint8Array.of(1);
  a.send("b", "consensus", message);
  message[0] = 9;
  a.send("b", "consensus", Uint8Array.of(2));
  c.publish("consensus", Uint8Array.of(3));
  await settle();
  expect(heard).toEqual(["b<a:1", "b<a:2", "a<c:3", "b<c:3"]);
  expect(net.verdicts).toHaveLength(4);
  expect(b.peers().map(({id}) => id)).toEqual(["a", "c"]);
});

test("a cut link loses what is under way, tells both ends, and heals", async () => {
  const {net, members} = await three();
  const [a, b] = members;
  const heard: number[] = [];
  const seen: string[] = [];
  b.subscribe("batches", (message) => {
    heard.push(message[0]!);
    return "accept";
  });
  a.onPeer((id, connected) => seen.push(`${id} ${connected}`));
  a.send("b", "batches", Uint8Array.of(1));
  net.cut(["a"], ["b"]);
  a.send("b", "batches", Uint8Array.of(2));
  await settle();
  net.heal();
  a.send("b", "batches", Uint8Array.of(3));
  await settle();
  expect(heard).toEqual([3]);
  expect(seen).toEqual(["b false", "b true"]);
});

test("a request is answered, and refused where nobody serves it or it is too long", async () => {
  const {members} = await three();
  const [a, b] = members;
  b.serve("/echo", async (body, from) => Uint8Array.of(...body, from.charCodeAt(0)), {maxBytes: 2, perSecond: 10});
  await expect(a.request("b", "/echo", Uint8Array.of(7), {maxBytes: 2})).resolves.toEqual(Uint8Array.of(7, 97));
  await expect(a.request("c", "/echo", Uint8Array.of(7), {maxBytes: 2})).rejects.toMatchObject({
    code: "PEER_UNREACHABLE",
  });
  await expect(a.request("b", "/echo", new Uint8Array(3), {maxBytes: 9})).rejects.toMatchObject({code: "PEER_REFUSED"});
  await expect(a.request("b", "/echo", Uint8Array.of(7), {maxBytes: 1})).rejects.toMatchObject({code: "PEER_REFUSED"});
});
