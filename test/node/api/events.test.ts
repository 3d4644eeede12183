/** The event stream on the wire: order, replay, limits, and what becomes of readers that cannot keep up. */
import {connect} from "node:net";
import {describe, expect, onTestFinished, test} from "vitest";
import {numbered, TOPICS} from "../../../src/codecs/api/events.js";
import type {Client} from "../../../src/node/api/client.js";
import type {StreamMessage} from "../../../src/node/api/client-stream.js";
import {Feed} from "../../../src/node/api/events/feed.js";
import {DEFAULT_API_OPTIONS} from "../../../src/node/api/options.js";
import {Streams} from "../../../src/node/api/streams/streams.js";
import {Toll} from "../../../src/node/api/toll.js";
import {lastSeqOf, seqOf} from "../../../src/node/ledger/chain/event-numbers.js";
import type {EventQuery, LoggedEvent} from "../../../src/node/storage/store.js";
import {jsonOf, serve} from "../../support/api.js";

const ID = "ab".repeat(32);
const body = (height: bigint): string =>
  `{"event":"block","height":${height},"time":"2026-11-21T00:00:00Z","block_id":"${ID}","transaction_count":0,"proof_count":0}`;
const blockEvent = (height: bigint): LoggedEvent => ({
  seq: seqOf(height, 0),
  topic: "blocks",
  body: body(height),
  proofIndex: null,
});
const refusal = (height: bigint, size: number): LoggedEvent => ({
  seq: seqOf(height, 1),
  topic: "proofs",
  body: `{"event":"proof_refused","height":${height},"node_id":"rig","proof_id":"${ID}","epoch":0,"proof_height":1,"miner_addr":"m","proof":"${"x".repeat(size)}"}`,
  proofIndex: null,
});

/** A feed over events in memory, which a test can add to. */
function memoryFeed(events: LoggedEvent[], tip: bigint) {
  const world = {tip, pruned: 0n, events};
  const feed = new Feed(
    {
      events({after, upTo, topics, limit}: EventQuery) {
        const found = world.events
          .filter(({seq, topic}) => seq > after && seq <= upTo && topics.includes(topic))
          .sort((a, b) => (a.seq < b.seq ? -1 : 1));
        const page = found.slice(0, limit);
        return {events: page, upTo: found.length <= limit ? upTo : page.at(-1)!.seq};
      },
      prunedHeight: () => 0n,
      prunedSeq: () => world.pruned,
      block: async () => null,
    },
    () => world.tip,
  );
  return {feed, world};
}

type Wanted = Partial<Parameters<Client["events"]>[0]>;
const ALL = {topics: null, after: null, lastEventId: null};

/** Messages of a stream until there are `count` events. */
async function take(client: Client, wanted: Wanted, count: number): Promise<StreamMessage[]> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const messages: StreamMessage[] = [];
  for await (const message of client.events({...ALL, ...wanted}, abort.signal)) {
    messages.push(message);
    if (messages.filter(({type}) => type === "event").length >= count) break;
  }
  return messages;
}
const numbersOf = (messages: readonly StreamMessage[]): bigint[] =>
  messages.flatMap((message) => (message.type === "event" ? [message.event.seq] : []));

describe("what is told", () => {
  test("begins with where the chain and its events stand", async () => {
    const {feed, world} = memoryFeed([blockEvent(5n)], 5n);
    world.pruned = lastSeqOf(2n);
    const {client} = await serve({feed});
    const [start] = await take(client, {after: 0n}, 1);
    expect(start).toEqual({
      type: "start",
      start: {chainId: "qsdm-test", headSeq: lastSeqOf(5n), prunedSeq: lastSeqOf(2n)},
    });
  });

  test("is replayed after any number, in order, then goes on as it happens", async () => {
    const heights = [1n, 2n, 3n, 4n];
    const {feed, world} = memoryFeed(heights.map(blockEvent), 4n);
    const {client} = await serve({feed});
    expect(numbersOf(await take(client, {after: seqOf(2n, 0)}, 2))).toEqual([seqOf(3n, 0), seqOf(4n, 0)]);
    const stream = client.events({...ALL, after: seqOf(3n, 0)});
    await stream.next();
    const replayed = await stream.next();
    world.events.push(blockEvent(5n));
    world.tip = 5n;
    feed.committed();
    const live = await stream.next();
    expect(numbersOf([replayed.value, live.value])).toEqual([seqOf(4n, 0), seqOf(5n, 0)]);
  });

  test("starts with what comes next when no number is given", async () => {
    const {feed, world} = memoryFeed([blockEvent(1n)], 1n);
    const {client} = await serve({feed});
    const stream = client.events(ALL);
    await stream.next();
    world.events.push(blockEvent(2n));
    world.tip = 2n;
    feed.committed();
    expect(numbersOf([(await stream.next()).value])).toEqual([seqOf(2n, 0)]);
  });

  test("counts Last-Event-ID before after, as a browser that connects again sends it", async () => {
    const {feed} = memoryFeed([1n, 2n, 3n].map(blockEvent), 3n);
    const {client} = await serve({feed});
    const messages = await take(client, {after: 0n, lastEventId: seqOf(2n, 0)}, 1);
    expect(numbersOf(messages)).toEqual([seqOf(3n, 0)]);
  });

  test("leaves out the topics that were not asked for, and finds a rare one far behind many blocks", async () => {
    const rare = {...refusal(9_000n, 1), seq: seqOf(9_000n, 7)};
    const {feed} = memoryFeed([...[1n, 2n, 8_999n].map(blockEvent), rare], 9_000n);
    const {client} = await serve({feed});
    expect(numbersOf(await take(client, {after: 0n, topics: "proofs,slashes"}, 1))).toEqual([rare.seq]);
  });

  test("has the form of server-sent events, with nothing that a proxy may keep", async () => {
    const {feed} = memoryFeed([blockEvent(1n)], 1n);
    const {url} = await serve({feed});
    const abort = new AbortController();
    const answer = await fetch(`${url}/api/v1/events?after=0`, {signal: abort.signal});
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-accel-buffering")).toBe("no");
    const reader = answer.body!.getReader();
    let text = "";
    while (!text.includes("blocks")) text += Buffer.from((await reader.read()).value ?? []).toString();
    abort.abort();
    expect(text).toMatch(/^retry: \d+\nevent: start\ndata: \{.*\}\n\n/);
    expect(text).toContain(`id: ${seqOf(1n, 0)}\nevent: blocks\ndata: ${numbered(seqOf(1n, 0), body(1n))}\n\n`);
  });
});

describe("a number that cannot be followed is refused before the stream", () => {
  for (const [name, query, status, code] of [
    ["gone", `after=${seqOf(3n, 0)}`, 410, "EVENTS_PRUNED"],
    ["not there yet", `after=${lastSeqOf(10n) + 1n}`, 409, "EVENTS_AHEAD"],
    ["no number", "after=-1", 400, "PARAMETER_INVALID"],
    ["of an unknown topic", "topics=blocks,weather", 422, "TOPIC_UNKNOWN"],
  ] as const)
    test(name, async () => {
      const {feed, world} = memoryFeed([], 10n);
      world.pruned = lastSeqOf(5n);
      const {get} = await serve({feed});
      const answer = await get(`/api/v1/events?${query}`);
      expect([answer.status, (await jsonOf(answer)).error.code]).toEqual([status, code]);
    });
});

describe("limits", () => {
  const streams = {maxOpen: 3, maxOfAddress: 2, heartbeatMs: 40, stallMs: 150};

  test("one address holds so many streams, and gets a place back when one ends", async () => {
    const {feed} = memoryFeed([blockEvent(1n)], 1n);
    const {client, get} = await serve({feed}, {options: {streams}});
    const held = [new AbortController(), new AbortController()];
    const open = held.map((abort) => client.events(ALL, abort.signal));
    await Promise.all(open.map((stream) => stream.next()));
    const refused = await get("/api/v1/events");
    expect([refused.status, refused.headers.get("qsdm-error-code")]).toEqual([503, "STREAMS_OF_ADDRESS"]);
    held[0]!.abort();
    await expect(open[0]!.next()).rejects.toThrow();
    let again: IteratorResult<StreamMessage> | undefined;
    while (!again)
      again = await client
        .events(ALL, held[1]!.signal)
        .next()
        .catch(() => undefined);
    expect(again.value.type).toBe("start");
    held[1]!.abort();
  });

  test("the node holds so many streams", async () => {
    const {feed} = memoryFeed([], 1n);
    const {client, get} = await serve({feed}, {options: {streams: {...streams, maxOpen: 1}}});
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    await client.events(ALL, abort.signal).next();
    expect((await get("/api/v1/events")).headers.get("qsdm-error-code")).toBe("STREAMS_FULL");
  });

  test("silence is broken by a beat with the number that the reader has reached", async () => {
    const {feed} = memoryFeed([], 7n);
    const {client} = await serve({feed}, {options: {streams}});
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const stream = client.events({...ALL, topics: "slashes", after: 0n}, abort.signal);
    await stream.next();
    expect((await stream.next()).value).toEqual({type: "beat", seq: lastSeqOf(7n)});
  });

  test("a replay spends the address's units, and waits for more instead of being refused", async () => {
    const events = Array.from({length: 200}, (_, i) => blockEvent(BigInt(i + 1)));
    const {feed} = memoryFeed(events, 200n);
    const rateLimit = {unitsPerSecond: 100, burstUnits: 10, maxAddresses: 10};
    const {client} = await serve({feed}, {options: {rateLimit}});
    const begun = performance.now();
    expect(await take(client, {after: 0n}, 200)).toHaveLength(201);
    // 5 to open and 6.4 for each full page but the last, at 100 a second over a burst of 10.
    expect(performance.now() - begun).toBeGreaterThan(50);
  });

  test("a reader that does not read is dropped with the reason, and holds no memory meanwhile", async () => {
    const events = Array.from({length: 600}, (_, i) => refusal(BigInt(i + 1), 60_000));
    const {feed} = memoryFeed(events, 600n);
    const ended: (string | null)[] = [];
    const {url} = await serve({feed}, {options: {streams}, ports: {streamEnded: (code) => ended.push(code)}});
    const {hostname, port} = new URL(url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.write("GET /api/v1/events?after=0 HTTP/1.1\r\nhost: x\r\n\r\n");
    while (ended.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended).toEqual(["READER_TOO_SLOW"]);
    let text = "";
    socket.setEncoding("latin1").on("data", (part) => (text += part));
    await new Promise((resolve) => socket.on("close", resolve));
    expect(text.slice(-400)).toContain('event: end\ndata: {"error":{"code":"READER_TOO_SLOW"');
    expect(text.length).toBeLessThan(600 * 60_000);
  });

  test("a reader whose place is gone is told so", async () => {
    const {feed, world} = memoryFeed([], 7n);
    const {client} = await serve({feed}, {options: {streams}});
    const stream = client.events({...ALL, after: lastSeqOf(6n)});
    await stream.next();
    world.pruned = lastSeqOf(9n);
    world.tip = 20n;
    feed.committed();
    await expect(stream.next()).rejects.toMatchObject({code: "EVENTS_PRUNED", exitCode: 4});
  });
});

test("a node that stops says so to its readers, and does not wait for them", async () => {
  const {feed} = memoryFeed([], 7n);
  const {client, server} = await serve({feed}, {options: {stopGraceMs: 600_000}});
  const stream = client.events(ALL);
  await stream.next();
  const stopped = server.stop();
  await expect(stream.next()).rejects.toMatchObject({code: "NODE_STOPPING", exitCode: 4});
  await stopped;
});

test("a long replay leaves others their turn between two pages", async () => {
  let turn = 0;
  let counting = true;
  const count = (): void => {
    turn++;
    if (counting) setImmediate(count);
  };
  count();
  const turns: number[] = [];
  let calls = 0;
  const feed = new Feed(
    {
      // A rare topic: page after page without an event.
      events({upTo}) {
        turns.push(turn);
        return {events: [], upTo: ++calls < 200 ? BigInt(calls) : upTo};
      },
      prunedHeight: () => 0n,
      prunedSeq: () => 0n,
      block: async () => null,
    },
    () => 1n,
  );
  const {client} = await serve({feed}, {options: {rateLimit: null}});
  const abort = new AbortController();
  const stream = client.events({...ALL, after: 0n}, abort.signal);
  await stream.next();
  while (calls < 200) await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  counting = false;
  expect(new Set(turns).size).toBeGreaterThan(100);
});

test("the OpenAPI document tells of the stream, its header and its events", async () => {
  const {paths} = await jsonOf(await (await serve()).get("/openapi.json"));
  const {parameters, responses} = paths["/api/v1/events"].get;
  expect(parameters.map(({name, in: place}: {name: string; in: string}) => [name, place])).toEqual([
    ["topics", "query"],
    ["after", "query"],
    ["last-event-id", "header"],
  ]);
  const {oneOf} = responses["200"].content["text/event-stream"].schema;
  expect(oneOf.map(({title}: {title: string}) => title)).toEqual([...TOPICS]);
});

test("a bug in telling ends the stream with a code, and its cause goes to the log alone", async () => {
  const {feed} = memoryFeed([], 7n);
  const broken = Object.assign(Object.create(feed) as Feed, {read: () => Promise.reject(new Error("secret"))});
  const {client, lines} = await serve({feed: broken});
  const stream = client.events({...ALL, after: 0n});
  await stream.next();
  await expect(stream.next()).rejects.toMatchObject({code: "STREAM_BROKEN", message: "the stream broke off"});
  expect(lines.find(({level}) => level === "error")?.fields.err).toMatchObject({message: "secret"});
});

test("no stream begins once the node stops", async () => {
  const ports = {
    node: {feed: memoryFeed([], 7n).feed, view: () => ({params: {chainId: "c"}})},
    monotonicMs: () => 0,
    streaming: () => undefined,
    streamEnded: () => undefined,
    log: {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined},
  };
  const streams = new Streams(DEFAULT_API_OPTIONS, new Toll(DEFAULT_API_OPTIONS), ports);
  streams.admit("127.0.0.1");
  await streams.close();
  expect(() => streams.admit("127.0.0.1")).toThrow(expect.objectContaining({code: "NODE_STOPPING"}));
});

test("HEAD answers with the head alone", async () => {
  const {feed} = memoryFeed([], 7n);
  const {url} = await serve({feed});
  const answer = await fetch(`${url}/api/v1/events`, {method: "HEAD"});
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
});
