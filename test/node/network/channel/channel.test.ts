/** Channels between parties of one roster, and between nobody else. */
import {connect} from "node:net";
import {afterAll, beforeAll, expect, test} from "vitest";
import {hexOf} from "../../../../src/codecs/bytes.js";
import {roster} from "../../../../src/codecs/quorum/strict/roster.js";
import type {Channel} from "../../../../src/node/network/channel/channel.js";
import {dial, type EndpointPorts, Listener, parseAddress} from "../../../../src/node/network/channel/endpoint.js";
import {Members} from "../../../../src/node/quorum/strict/members.js";
import {StrictQuorum} from "../../../support/strict-quorum.js";

let quorum: StrictQuorum;
let listener: Listener;
const taken: Channel[] = [];
const refused: unknown[] = [];
const HOST = {host: "127.0.0.1", port: 0};

const endpointOf = (place: number, members = quorum.members): EndpointPorts =>
  quorum.parties.custodians[place]!.endpoint(members, (error) => refused.push(error));
const idOf = (place: number): string => hexOf(quorum.parties.custodians[place]!.card("x").channelId);
const until = (done: () => boolean): Promise<void> => expect.poll(done, {interval: 10}).toBe(true);

beforeAll(async () => {
  quorum = await StrictQuorum.create({n: 3, k: 2});
  listener = new Listener(endpointOf(0), (channel) => taken.push(channel));
  await listener.start(HOST);
});
afterAll(async () => {
  for (const channel of taken) channel.close();
  listener.stop();
  await quorum.stop();
});

test("both ends know who the other is, and messages of any size come whole and in order", async () => {
  const ours = await dial(parseAddress(listener.address), idOf(0), endpointOf(1));
  await until(() => taken.length === 1);
  const theirs = taken[0]!;
  expect([ours.peer, theirs.peer]).toEqual([idOf(0), idOf(1)]);
  const messages = [0, 1, 70_000, 3].map((size) => new Uint8Array(size).fill(size & 0xff));
  // Two are sent before anybody listens.
  for (const message of messages.slice(0, 2)) ours.send(message);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const came: Uint8Array[] = [];
  theirs.receive((message) => came.push(message));
  for (const message of messages.slice(2)) ours.send(message);
  await until(() => came.length === messages.length);
  expect(came).toEqual(messages);
  ours.close();
  await theirs.closed;
  expect(theirs.open).toBe(false);
});

test("who holds another roster is refused, and told that it is another", async () => {
  const {content} = quorum.roster;
  const other = {...content, epoch: content.epoch + 1};
  const bytes = roster.encode(other);
  const signatures = quorum.parties.custodians.map((each, place) => ({place, signature: each.sign(bytes)}));
  const members = Members.of({content: other, signatures}, quorum.parties.custodians[0]!.verify);
  await expect(dial(parseAddress(listener.address), idOf(0), endpointOf(1, members))).rejects.toMatchObject({
    code: "SESSION_REFUSED",
  });
  await until(() => refused.length === 1);
  expect(refused.pop()).toMatchObject({code: "SESSION_OTHER_CHAIN"});
});

test("a party of no roster is refused", async () => {
  const strangers = await StrictQuorum.create({n: 3, k: 2});
  const stranger = strangers.parties.custodians[0]!.endpoint(quorum.members, () => undefined);
  const channel = await dial(parseAddress(listener.address), idOf(0), stranger).catch((error: unknown) => error);
  await until(() => refused.length === 1);
  expect(refused.pop()).toMatchObject({code: "SESSION_NOT_ADMITTED"});
  expect(channel).toMatchObject({code: "PEER_UNREACHABLE"});
  await strangers.stop();
});

test("whoever answers in another's place is not talked to", async () => {
  await expect(dial(parseAddress(listener.address), idOf(2), endpointOf(1))).rejects.toMatchObject({
    code: "SESSION_PEER_MISMATCH",
  });
  await until(() => refused.length === 1);
  refused.pop();
});

test("noise ends the connection and nothing else", async () => {
  const {port} = parseAddress(listener.address);
  const socket = connect({host: "127.0.0.1", port});
  socket.on("error", () => undefined);
  socket.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  await new Promise((resolve) => socket.once("close", resolve));
  await until(() => refused.length === 1);
  refused.pop();
  const ours = await dial(parseAddress(listener.address), idOf(0), endpointOf(1));
  expect(ours.open).toBe(true);
  ours.close();
});
