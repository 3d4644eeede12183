/** Budgets, queues, frames, addresses, neighbourhoods, standing and dialling: what bounds a peer, without a socket. */
import {readFile, writeFile} from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {concat} from "../../../src/codecs/bytes.js";
import {endpointOfMultiaddr, formatEndpoint, multiaddrOf, parseEndpoint} from "../../../src/node/network/address.js";
import {Budget} from "../../../src/node/network/budget.js";
import {Dialer, type DialView} from "../../../src/node/network/dialer.js";
import {FrameSplitter, frameOf} from "../../../src/node/network/frames.js";
import {DEFAULT_NETWORK_OPTIONS, type NetworkOptions} from "../../../src/node/network/options.js";
import {CANDIDATE_BACKOFF, WANTED_BACKOFF, waitAfter} from "../../../src/node/network/peers/backoff.js";
import {type AddressBook, BOOK_CAPACITY, loadBook, newEntry, saveBook} from "../../../src/node/network/peers/book.js";
import {Diversity, STRICT_DIVERSITY} from "../../../src/node/network/peers/diversity.js";
import {neighbourhoodOf} from "../../../src/node/network/peers/prefix.js";
import {REPUTATION, Reputation} from "../../../src/node/network/peers/reputation.js";
import {PeerTable} from "../../../src/node/network/peers/table.js";
import {SendQueue} from "../../../src/node/network/send-queue.js";
import {scratchDirectory} from "../../support/chain.js";

const idOf = (n: number): string => n.toString(16).padStart(64, "0");

describe("addresses", () => {
  test.each(["192.0.2.7:9000", `${idOf(7)}@192.0.2.7:9000`, "[2001:db8::1]:9000", `${idOf(8)}@node.example:1`])(
    "%s is read and written",
    (text) => {
      const endpoint = parseEndpoint(text);
      expect(formatEndpoint(endpoint)).toBe(text);
      const {host, port} = endpoint;
      expect(endpointOfMultiaddr(multiaddrOf(endpoint))).toEqual({host, port});
    },
  );
  test.each(["", "host", "host:", "host:70000", ":9000", "abc@h:1", "2001:db8::1:9000", "[h]:1", "a b:1", "h/x:1"])(
    "%j is refused",
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({code: "PEER_ADDRESS_INVALID"}));
    },
  );
  // As identify hands them over: the name of a multiaddr is any text.
  test.each([
    `/dns4/${"a".repeat(300)}/tcp/1`,
    "/dns4/a@b/tcp/1",
    "/dns4/a b/tcp/1",
    "/dns4/a:b/tcp/1",
    "/dns4/h/tcp/70000",
  ])("%s of a peer is no address", (text) => expect(endpointOfMultiaddr(text)).toBeNull());
  test("what is no TCP address is none", () => expect(endpointOfMultiaddr("/ip4/1.2.3.4/udp/1/quic-v1")).toBeNull());
});

test("frames come out whole however they are cut, and a length above the limit is refused before its bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({maxLength: 40})), fc.integer({min: 1, max: 9}), (messages, step) => {
      const wire = concat(...messages.map(frameOf));
      const splitter = new FrameSplitter(40);
      const out: Uint8Array[] = [];
      for (let at = 0; at < wire.length; at += step) out.push(...splitter.push(wire.subarray(at, at + step)));
      expect(out).toEqual(messages);
      expect(splitter.partialBytes).toBe(0);
    }),
  );
  expect(() => new FrameSplitter(40).push(Uint8Array.of(0, 0, 0, 41))).toThrow(
    expect.objectContaining({code: "FRAME_TOO_LONG"}),
  );
});

test("nothing of a piece is kept but its bytes: a flood of small ones takes no more room than its message", () => {
  const splitter = new FrameSplitter(1 << 20);
  const message = Uint8Array.from({length: 5_000}, (_, i) => i % 251);
  const piece = new Uint8Array(1);
  const out: Uint8Array[] = [];
  for (const byte of frameOf(message)) {
    piece[0] = byte;
    out.push(...splitter.push(piece));
  }
  expect(out).toEqual([message]);
});

test("a budget lets a burst pass, then asks for time by messages or bytes, and forgives", () => {
  const options = {messagesPerSecond: 10, burstMessages: 2, bytesPerSecond: 1_000, burstBytes: 1_000};
  const budget = new Budget(options, 0);
  expect([budget.charge(1, 0), budget.charge(1, 0), budget.charge(1, 0)]).toEqual([0, 0, 100]);
  expect(budget.charge(1, 1_100)).toBe(0);
  expect(new Budget(options, 0).charge(3_000, 0)).toBe(2_000);
  // A clock that is set back gives nothing.
  expect(budget.charge(5_000, 0)).toBeGreaterThan(3_000);
});

test("a full queue lets the oldest go, in count and in bytes, and keeps the newest", () => {
  const queue = new SendQueue({messages: 2, bytes: 10});
  const of = (byte: number, size = 1) => new Uint8Array(size).fill(byte);
  expect([queue.push(of(1)), queue.push(of(2)), queue.push(of(3))]).toEqual([0, 0, 1]);
  expect(queue.push(of(4, 20))).toBe(2);
  expect([queue.size, queue.shift()?.[0], queue.shift()]).toEqual([1, 4, undefined]);
});

test("neighbourhoods: loopback and names say nothing, IPv6 counts by /48 and /32", () => {
  expect(neighbourhoodOf("10.1.2.3")).toEqual({near: "10.1.2/24", wide: "10.1/16"});
  expect(neighbourhoodOf("::ffff:10.1.2.3")).toEqual(neighbourhoodOf("10.1.2.9"));
  expect(neighbourhoodOf("2001:db8:1::5")).toEqual({near: "2001:db8:1/48", wide: "2001:db8/32"});
  expect(neighbourhoodOf("2001:0db8:0001:ffff::")).toEqual(neighbourhoodOf("2001:db8:1::1"));
  for (const host of ["127.0.0.1", "::1", "node.example"]) expect(neighbourhoodOf(host)).toBeNull();
});

test("a node can leave its first peer: shares count only where the rule can be met, and then they do", () => {
  const peers = new Diversity(STRICT_DIVERSITY, neighbourhoodOf);
  for (const n of [1, 2, 3, 4]) {
    const placed = {host: `10.${n}.0.1`, outbound: true};
    expect(peers.refusal(placed)).toBeNull();
    peers.add(placed);
  }
  expect(peers.violated).toBe(false);
  expect(peers.refusal({host: "10.1.0.2", outbound: true})).toBe("max_fraction");
  expect(peers.refusal({host: "10.1.0.2", outbound: false})).toBeNull();
});

describe("standing", () => {
  test("three refused messages ban for a time, and what is known or late costs nothing", () => {
    const standing = new Reputation();
    for (let i = 0; i < 1_000; i++) expect(standing.judge("a", "ignore", 0)).toBe(false);
    expect(standing.scoreOf("a")).toBe(80);
    expect([1, 2, 3].map(() => standing.judge("a", "reject", 0))).toEqual([false, false, true]);
    expect(standing.isBanned("a", REPUTATION.banMs - 1)).toBe(true);
    expect(standing.isBanned("a", REPUTATION.banMs)).toBe(false);
    // It comes back on probation.
    expect(standing.judge("a", "reject", REPUTATION.banMs)).toBe(true);
  });
  test("a peer that stops answering goes after three heartbeats", () => {
    const standing = new Reputation();
    expect([standing.miss("a"), standing.miss("a"), standing.miss("a")]).toEqual([false, false, true]);
    standing.pong("a");
    expect(standing.scoreOf("a")).toBe(40);
  });
});

test("waiting doubles to its bound; candidates are dropped in the end, wanted peers never", () => {
  expect([0, 1, 2, 3, 9].map((n) => waitAfter(n, CANDIDATE_BACKOFF))).toEqual([0, 5_000, 10_000, 20_000, 160_000]);
  expect(waitAfter(10, CANDIDATE_BACKOFF)).toBeNull();
  expect([1, 2, 3, 4, 100].map((n) => waitAfter(n, WANTED_BACKOFF))).toEqual([200, 400, 800, 1_600, 1_600]);
});

const emptyBook = (): AddressBook => new PeerTable(BOOK_CAPACITY, {isConnected: () => false, scoreOf: () => 80});

test("a full table makes room for what the operator names, and for nothing that strangers tell", () => {
  const table = new PeerTable<number, {source: "bootstrap" | "static" | "discovered"; address: string}>(2, {
    isConnected: (key) => key === 1,
    scoreOf: () => 80,
  });
  table.insert(1, {source: "discovered", address: "a"});
  table.insert(2, {source: "discovered", address: "b"});
  expect(table.insert(3, {source: "discovered", address: "c"})).toBe(false);
  expect(table.insert(4, {source: "static", address: "d"})).toBe(true);
  expect([table.get(1), table.get(2)]).toEqual([{source: "discovered", address: "a"}, undefined]);
  expect(table.insert(5, {source: "bootstrap", address: "e"})).toBe(false);
});

test("the book keeps who was reached, and anchors, over a restart; a broken file is an empty book", async () => {
  const file = path.join(scratchDirectory(), "peers.json");
  const book = emptyBook();
  book.insert(idOf(1), {...newEntry("192.0.2.1:9000", "static"), connectedAtMs: 5});
  book.insert(idOf(2), newEntry("192.0.2.2:9000", "discovered"));
  await saveBook(file, book, [idOf(1)]);
  const again = emptyBook();
  expect(await loadBook(file, again)).toEqual([idOf(1)]);
  expect([...again.entries()].map(([id]) => id)).toEqual([idOf(1)]);
  for (const broken of ["", "{", '{"version":2}', (await readFile(file, "utf8")).replace("9000", "x")]) {
    await writeFile(file, broken);
    expect(await loadBook(file, emptyBook())).toEqual([]);
  }
});

describe("dialling", () => {
  const dialer = (options: Partial<NetworkOptions> = {}) =>
    new Dialer({...DEFAULT_NETWORK_OPTIONS, ...options}, {rules: STRICT_DIVERSITY, locate: neighbourhoodOf});
  const view = (book: AddressBook, change: Partial<DialView> = {}): DialView => ({
    self: idOf(0),
    nowMs: 0,
    book,
    anchors: [],
    isConnected: () => false,
    isRefused: () => false,
    validators: new Set(),
    scoreOf: () => 80,
    placed: [],
    ...change,
  });
  const known = (...hosts: readonly string[]): AddressBook => {
    const book = emptyBook();
    for (const [i, host] of hosts.entries()) book.insert(idOf(i + 1), newEntry(`${host}:9000`, "discovered"));
    return book;
  };
  const none = () => false;

  test("named peers are wanted whatever the places, and not again while connected, refused or just tried", () => {
    const peer = parseEndpoint(`${idOf(9)}@192.0.2.9:9000`);
    const some = dialer({peers: [peer], maxOutbound: 0});
    expect(some.next(view(emptyBook()), none)).toEqual([peer]);
    expect(some.next(view(emptyBook(), {isConnected: () => true}), none)).toEqual([]);
    expect(some.next(view(emptyBook(), {isRefused: () => true}), none)).toEqual([]);
    some.tried(peer, 0, false);
    expect(some.next(view(emptyBook(), {nowMs: 199}), none)).toEqual([]);
    expect(some.next(view(emptyBook(), {nowMs: 200}), none)).toEqual([peer]);
  });

  test("an attacker's many names in two neighbourhoods get a few places; anchors come first", () => {
    const attackers = Array.from({length: 200}, (_, i) => `198.51.${100 + (i % 2)}.${i}`);
    const honest = Array.from({length: 12}, (_, i) => `10.${i}.0.1`);
    const book = known(...attackers, ...honest);
    const anchor = idOf(attackers.length + 3);
    const some = dialer();
    const placed: {host: string; outbound: boolean}[] = [];
    const connected = new Set<string>();
    for (let round = 0; round < 20; round++) {
      const targets = some.next(view(book, {placed, anchors: [anchor], isConnected: (id) => connected.has(id)}), none);
      if (round === 0) expect(targets[0]!.id).toBe(anchor);
      for (const {id, host} of targets) {
        connected.add(id!);
        placed.push({host, outbound: true});
      }
    }
    const theirs = placed.filter(({host}) => host.startsWith("198.51.")).length;
    expect(placed.length).toBeGreaterThanOrEqual(12);
    expect((theirs * 100) / placed.length).toBeLessThanOrEqual(25);
  });

  test("half of the places wait for validators, who are dialled wherever they are known", () => {
    const book = known(...Array.from({length: 30}, (_, i) => `10.${i}.0.1`));
    const validators = new Set(Array.from({length: 10}, (_, i) => idOf(i + 1)));
    const targets = dialer({maxOutbound: 4}).next(view(book, {validators}), none);
    expect(targets.filter(({id}) => validators.has(id!))).toHaveLength(10);
    expect(targets.filter(({id}) => !validators.has(id!))).toHaveLength(2);
  });
});
