/** What nodes serve each other of the chain, and what liars, the slow and the silent among them can do. */
import {afterEach, describe, expect, test} from "vitest";
import {blockIdOf} from "../../../src/codecs/chain/block.js";
import {
  BLOCKS_PROTOCOL,
  blocksAnswer,
  blocksRequest,
  type Certified,
  HEADERS_MAX,
  HEADERS_PROTOCOL,
  type HeadersAnswer,
  headersAnswer,
  headersRequest,
  RANGE_BLOCKS_MAX,
} from "../../../src/codecs/network/sync.js";
import {Committee} from "../../../src/node/consensus/votes/committee.js";
import type {Clock} from "../../../src/node/engine/ports.js";
import {CatchUp} from "../../../src/node/engine/sync/catch-up.js";
import {SyncDesk} from "../../../src/node/engine/sync/desk.js";
import {checkHeaders, checkServed, type SyncBase} from "../../../src/node/engine/sync/served.js";
import {Sources} from "../../../src/node/engine/sync/sources.js";
import {MESSAGE_MAX_BYTES} from "../../../src/node/network/port.js";
import {rememberValid} from "../../../src/node/signature-cache.js";
import {mlDsa44, TEST_CHAIN_ID} from "../../support/accounts.js";
import {certify, headersAt} from "../../support/finality.js";
import {InProcessNetwork} from "../../support/network.js";
import {eventually} from "../../support/node.js";
import {honest, type Script, serving} from "../../support/sync.js";
import {Cluster, clusterGenesis} from "./cluster.js";

const signal = new AbortController().signal;
const SILENT = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};
/** Waits of seconds pass in hundredths of them. */
const FAST: Clock = {
  nowMs: () => performance.now() * 50,
  after(ms, job) {
    const timer = setTimeout(job, ms / 50);
    return () => clearTimeout(timer);
  },
  jitterBps: () => 0,
};

const genesis = clusterGenesis(4);
const committee = new Committee(0n, genesis.validators, {rotation: "by-power", quorum: "above-two-thirds"});
const ground = {chainId: TEST_CHAIN_ID, committee, verify: rememberValid(mlDsa44.verify)};
const certified = (header: Certified["block"]["header"]): Certified => ({
  block: {header, transactions: [], proofs: [], coinbase: [], batches: []},
  certificate: certify(header),
});
const views = (count: number, from = 1n): bigint[] => Array.from({length: count}, (_, i) => from + BigInt(i));
const chain = headersAt(views(120)).map(certified);
/** Another chain, as certified as the first, of validators that nobody here knows. */
const foreign = headersAt(views(120, 5n)).map((header) => {
  const {certificate, ...rest} = certified(header);
  return {...rest, certificate: {...certificate, votes: certificate.votes.map((each) => ({...each, validator: 2}))}};
});
const base: SyncBase = {id: chain[0]!.block.header.parentId, height: 0n, view: 0n};
const bent = ({block, certificate}: Certified): Certified => ({
  block: {...block, transactions: [Uint8Array.of(1, 2, 3)]},
  certificate,
});

/** A node that takes blocks without executing them. */
async function taker(network: InProcessNetwork, clock: Pick<Clock, "nowMs" | "after"> = FAST) {
  const port = network.join("f".repeat(64));
  const taken: Certified[] = [];
  let rounds = 0;
  const catchUp = new CatchUp({
    network: {
      peers() {
        rounds++;
        return port.peers();
      },
      request: (...asked) => port.request(...asked),
      reject: (...which) => port.reject(...which),
    },
    store: {
      certificate: () => ({...base, epoch: 0n, blockId: base.id, votes: []}),
    },
    clock,
    tip: () => {
      const last = taken.at(-1)?.block.header;
      return last ? {...last, id: blockIdOf(last)} : base;
    },
    ground: () => ground,
    take: async (each) => {
      taken.push(each);
      return "news";
    },
    log: SILENT,
    failed: (error) => {
      throw error;
    },
  });
  await port.start(signal);
  return {catchUp, taken, rounds: () => rounds};
}

const NAMES = ["a", "b", "c", "d"].map((each) => each.repeat(64));
const PEER = {direction: "outbound", connectedAtMs: 0, latencyMs: 0} as const;
const soon = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const never = new Promise<never>(() => {});

/** Four peers of which the first is `odd`; what became of a node that lacks everything. */
async function caughtUp(odd: Partial<Script>, upTo = chain.length) {
  const network = new InProcessNetwork();
  const asked = [await serving(network, NAMES[0]!, {...honest(() => chain), ...odd})];
  for (const name of NAMES.slice(1))
    asked.push(
      await serving(
        network,
        name,
        honest(() => chain),
      ),
    );
  const {catchUp, taken} = await taker(network);
  catchUp.want();
  await eventually(async () => taken.length >= upTo);
  await catchUp.stop();
  expect(taken.map(({block}) => block.header.height)).toEqual(views(taken.length));
  return {rejected: network.rejected.map(({peer}) => peer), asked, tally: catchUp.tally};
}

const answer = (change: Partial<HeadersAnswer> = {}): HeadersAnswer => ({
  newest: 120n,
  whole: 1n,
  headers: chain.map(({block}) => block.header),
  certificate: chain.at(-1)!.certificate,
  blocks: [],
  ...change,
});

describe("one of four who lies is found out, and nobody else pays", () => {
  const blocks = honest(() => chain).blocks as (asked: Parameters<Script["blocks"]>[0]) => Certified[];
  test.each<[string, Partial<Script>]>([
    ["bodies that are not their headers'", {blocks: (asked) => blocks(asked).map(bent)}],
    ["blocks of another place", {blocks: (asked) => blocks(asked).reverse()}],
    [
      "blocks that nobody voted for",
      {
        blocks: (asked) =>
          blocks(asked).map(({block}) => ({block, certificate: {...certify(block.header), votes: []}})),
      },
    ],
    ["more blocks than were asked for", {blocks: (asked) => [...blocks(asked), chain[0]!]}],
    ["something else than blocks", {blocks: () => Uint8Array.of(1, 2, 3)}],
    [
      "headers of another chain",
      {
        headers: () =>
          answer({headers: foreign.map(({block}) => block.header), certificate: foreign.at(-1)!.certificate}),
      },
    ],
    ["headers under votes for another block", {headers: () => answer({certificate: chain[7]!.certificate})}],
    ["headers that nobody voted for", {headers: () => answer({certificate: null})}],
    [
      "headers with a gap",
      {headers: () => answer({headers: chain.filter((_, i) => i !== 9).map(({block}) => block.header)})},
    ],
    ["blocks beside headers that are not theirs", {headers: () => answer({blocks: [bent(chain[0]!)]})}],
    [
      "more blocks than headers",
      {
        headers: () =>
          answer({headers: [chain[0]!.block.header], certificate: chain[0]!.certificate, blocks: chain.slice(0, 2)}),
      },
    ],
    ["something else than headers", {headers: () => Uint8Array.of(1, 2, 3)}],
  ])("%s", async (_what, odd) => {
    const {rejected, tally} = await caughtUp(odd);
    expect(new Set(rejected)).toEqual(new Set([NAMES[0]]));
    expect(tally).toMatchObject({blocks: chain.length, lies: rejected.length});
  });
});

describe("one of four who is of little use is not punished, and does not hold the others up", () => {
  const {headers, blocks} = honest(() => chain);
  test.each<[string, Partial<Script>]>([
    ["is behind", honest(() => chain.slice(0, 40))],
    ["has pruned what is missing", {headers: () => answer({whole: 121n, headers: [], certificate: null})}],
    ["has headers and no blocks", {blocks: () => []}],
    ["brings one block at a time", {blocks: async (asked) => ((await blocks(asked)) as Certified[]).slice(0, 1)}],
    ["tells of one header at a time", {headers: (asked) => headers({...asked, count: 1})}],
    ["is slow", {blocks: (asked) => soon(200).then(() => blocks(asked))}],
    ["never answers", {headers: () => never, blocks: () => never}],
    ["never brings blocks", {blocks: () => never}],
    ["refuses", {blocks: () => Promise.reject(new Error("busy"))}],
  ])("%s", async (_what, odd) => {
    const {rejected} = await caughtUp(odd);
    expect(rejected).toEqual([]);
  });

  test("goes while it is asked", async () => {
    const network = new InProcessNetwork();
    for (const name of NAMES)
      await serving(
        network,
        name,
        honest(() => chain),
      );
    const {catchUp, taken} = await taker(network);
    catchUp.want();
    await eventually(async () => taken.length > 20);
    network.cut([NAMES[0]!], ["f".repeat(64)]);
    await eventually(async () => taken.length === chain.length);
    await catchUp.stop();
    expect(network.rejected).toEqual([]);
  });
});

test("who failed rests while others can be asked, longer each time, and a liar whoever else is there", () => {
  const network = new InProcessNetwork();
  const port = network.join("f".repeat(64));
  let nowMs = 0;
  const known = NAMES.slice(0, 2);
  const peers = () => known.map((id) => ({...{id, address: "", agent: "", score: 80}, ...PEER}));
  const sources = new Sources({network: {peers, reject: (id) => port.reject(id)}, nowMs: () => nowMs});
  const [a, b] = known as [string, string];
  const waits = (): (number | null)[] => known.map((id) => sources.patienceOf(id));
  expect(waits()).toEqual([2_000, 2_000]);
  sources.failed(a);
  expect(waits()).toEqual([null, 2_000]);
  expect(sources.ready()).toEqual([b]);
  sources.failed(b);
  expect(waits()).toEqual([4_000, 4_000]);
  expect(sources.ready()).toEqual([]);
  nowMs = 1_000;
  sources.failed(b);
  expect(waits()).toEqual([4_000, null]);
  nowMs = 2_999;
  expect(sources.ready()).toEqual([a]);
  nowMs = 3_000;
  expect(sources.ready()).toEqual([a, b]);
  sources.lied(b);
  sources.failed(a);
  expect(waits()).toEqual([8_000, null]);
  sources.answered(a, {newest: 9n, ms: 1_000});
  expect(waits()).toEqual([4_000, null]);
  expect(sources.ready()).toEqual([a]);
  expect(network.rejected.map(({peer}) => peer)).toEqual([b]);
});

/** A clock that goes on when it is told to. */
function stoppedClock() {
  let nowMs = 0;
  let timers: {readonly atMs: number; readonly job: () => void}[] = [];
  return {
    nowMs: () => nowMs,
    after(ms: number, job: () => void) {
      const timer = {atMs: nowMs + ms, job};
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    goOn(ms: number) {
      nowMs += ms;
      for (const {atMs, job} of timers) if (atMs <= nowMs) job();
      timers = timers.filter(({atMs}) => atMs > nowMs);
    },
  };
}

describe("many who are of little use do not hold up one who has the blocks", () => {
  const {headers, blocks} = honest(() => chain);

  test("answers that come late and tell nothing are waited for when nobody else has more", async () => {
    const network = new InProcessNetwork();
    const clock = stoppedClock();
    const late: Script["headers"] = () => {
      clock.goOn(1_900);
      return answer({headers: [], certificate: null});
    };
    const asked = [];
    for (const name of NAMES) asked.push(await serving(network, name, {headers: late, blocks: () => []}));
    await serving(network, "e".repeat(64), {headers: (one) => headers({...one, count: 2}), blocks});
    const {catchUp, taken} = await taker(network, clock);
    catchUp.want();
    await eventually(async () => taken.length === chain.length);
    for (const each of asked) expect(each.headers).toBeLessThanOrEqual(2);
    await catchUp.stop();
  });

  test("those who keep silent do not fill every request that may be under way", async () => {
    const network = new InProcessNetwork();
    const clock = stoppedClock();
    const silent: {readonly blocks: number}[] = [];
    for (const name of "01234567") silent.push(await serving(network, name.repeat(64), {headers, blocks: () => never}));
    await serving(network, NAMES[0]!, {headers, blocks});
    const {catchUp, taken} = await taker(network, clock);
    catchUp.want();
    await eventually(async () => silent.every((each) => each.blocks === 1));
    clock.goOn(2_000);
    await eventually(async () => taken.length === chain.length);
    await catchUp.stop();
    expect(network.rejected).toEqual([]);
  });
});

describe("catching up", () => {
  test("hears that something is missing also in the turn in which it comes to an end", async () => {
    const {catchUp, rounds} = await taker(new InProcessNetwork());
    for (let ticks = 0; ticks < 12; ticks++) {
      catchUp.want();
      for (let i = 0; i < ticks; i++) await null;
      const before = rounds();
      catchUp.want();
      await soon(1);
      expect(rounds()).toBeGreaterThan(before);
    }
  });

  test("takes from several peers at once", async () => {
    const {asked} = await caughtUp({});
    for (const {blocks} of asked) expect(blocks).toBeGreaterThan(0);
  });

  test("asks once for the few blocks that came with their headers", async () => {
    const network = new InProcessNetwork();
    const asked = await serving(
      network,
      NAMES[0]!,
      honest(() => chain.slice(0, 2)),
    );
    const {catchUp, taken} = await taker(network);
    catchUp.want();
    await eventually(async () => taken.length === 2 && asked.headers === 2);
    await catchUp.stop();
    expect(asked.blocks).toBe(0);
  });

  test("says where it is going and how fast, and that it is there", async () => {
    const network = new InProcessNetwork();
    const pace = honest(() => chain);
    const clock = stoppedClock();
    let bringRest = (): void => {};
    const isAsked = new Promise<void>((resolve) => {
      bringRest = resolve;
    });
    await serving(network, NAMES[0]!, {
      ...pace,
      blocks: async (asked) => {
        clock.goOn(100);
        if (asked.from > 60n) await isAsked;
        return pace.blocks(asked);
      },
    });
    const {catchUp, taken} = await taker(network, clock);
    expect(catchUp.state()).toEqual({catchingUp: false, targetHeight: 0n, blocksPerSecond: 0, etaSeconds: null});
    catchUp.want();
    await eventually(async () => taken.length > 50);
    const {catchingUp, targetHeight, blocksPerSecond, etaSeconds} = catchUp.state();
    expect({catchingUp, targetHeight}).toEqual({catchingUp: true, targetHeight: 120n});
    expect(blocksPerSecond).toBeGreaterThan(0);
    expect(etaSeconds).toBeGreaterThan(0);
    bringRest();
    await eventually(async () => taken.length === 120 && !catchUp.state().catchingUp);
    await catchUp.stop();
  });

  test("hears no proposals of heights that are far above the headers it has", async () => {
    const many = headersAt(views(HEADERS_MAX));
    const network = new InProcessNetwork();
    const told = {newest: 5_000n, whole: 1n, headers: many, certificate: certify(many.at(-1)!), blocks: []};
    await serving(network, NAMES[0]!, {headers: () => told, blocks: () => never});
    const {catchUp} = await taker(network);
    expect(catchUp.isFar(5_000n)).toBe(false);
    catchUp.want();
    await eventually(async () => catchUp.isFar(5_000n));
    expect(catchUp.isFar(BigInt(HEADERS_MAX) + 1n)).toBe(false);
    await catchUp.stop();
  });
});

describe("what is served is refused", () => {
  const headers = chain.slice(0, 3).map(({block}) => block.header);
  const told = answer({headers, certificate: chain[2]!.certificate});
  const [first, second, third] = headers as [(typeof headers)[0], (typeof headers)[0], (typeof headers)[0]];
  const under = (changed: typeof first) => answer({headers: [changed], certificate: certify(changed)});

  test.each<[string, HeadersAnswer, Partial<SyncBase>]>([
    ["HEADERS_INVALID", told, {id: "ab".repeat(32)}],
    ["HEADERS_INVALID", told, {height: 1n}],
    ["HEADERS_INVALID", told, {view: 1n}],
    ["HEADERS_INVALID", answer({...told, headers: [first, third]}), {}],
    ["HEADERS_INVALID", answer({...told, headers: [first, second, {...third, view: second.view}]}), {}],
    ["HEADERS_INVALID", under({...first, chainId: "another"}), {}],
    ["HEADERS_INVALID", under({...first, epoch: 1n}), {}],
    ["HEADERS_INVALID", {...told, certificate: null}, {}],
    ["CERTIFICATE_INVALID", {...told, certificate: chain[1]!.certificate}, {}],
    ["CERTIFICATE_INVALID", {...told, certificate: {...told.certificate!, height: 4n}}, {}],
    [
      "CERTIFICATE_INVALID",
      {...told, certificate: {...told.certificate!, votes: told.certificate!.votes.slice(1)}},
      {},
    ],
  ])("%s: headers, case %#", (code, said, change) => {
    expect(checkHeaders(told, base, ground).map(({id}) => id)).toEqual(headers.map(blockIdOf));
    expect(() => checkHeaders(said, {...base, ...change}, ground)).toThrowError(expect.objectContaining({code}));
  });

  test.each<[string, Certified]>([
    ["BLOCK_NOT_ASKED", chain[1]!],
    ["BODY_INVALID", bent(chain[0]!)],
    ["CERTIFICATE_INVALID", {...chain[0]!, certificate: chain[1]!.certificate}],
    ["CERTIFICATE_INVALID", {...chain[0]!, certificate: {...chain[0]!.certificate, votes: []}}],
  ])("%s: a block", (code, said) => {
    const wanted = {id: chain[0]!.certificate.blockId, header: first};
    checkServed(chain[0]!, wanted, ground);
    expect(() => checkServed(said, wanted, ground)).toThrowError(expect.objectContaining({code}));
  });
});

describe("a desk", () => {
  const LAST = 40;
  /** A node with some of the chain final, and the rest of what it has above it. */
  async function desk(
    newest: readonly Certified[],
    {votes = 3, closing = null as readonly Certified[] | null, pruned = 0n} = {},
  ) {
    const network = new InProcessNetwork();
    const [server, client] = [network.join("server"), network.join("client")];
    const at = (height: bigint) => (height <= LAST ? (chain[Number(height) - 1] ?? null) : null);
    new SyncDesk({
      network: server,
      newest: () => newest,
      store: {
        head: () => ({...{stateRoot: "", receiptsRoot: "", id: ""}, header: chain[LAST - 1]!.block.header}),
        header: (height) => at(height)?.block.header ?? null,
        epoch: () => closing && {closing},
        prunedHeight: () => pruned,
        block: async (height) => {
          if (height <= pruned) return null;
          const {block, certificate} = at(height)!;
          const many = Array.from({length: votes}, (_, validator) => ({...certificate.votes[0]!, validator}));
          return {id: certificate.blockId, block, certificate: {...certificate, votes: many}};
        },
      },
    });
    await server.start(signal);
    await client.start(signal);
    const ask = (protocol: string, body: Uint8Array) =>
      client.request("server", protocol, body, {maxBytes: MESSAGE_MAX_BYTES});
    return {
      headers: async (from: bigint, {epoch = 0n, count = HEADERS_MAX} = {}) =>
        headersAnswer.decode(await ask(HEADERS_PROTOCOL, headersRequest.encode({epoch, from, count}))),
      blocks: async (from: bigint, ids: readonly string[]) =>
        blocksAnswer.decode(await ask(BLOCKS_PROTOCOL, blocksRequest.encode({epoch: 0n, from, ids}))).blocks,
    };
  }
  const ids = chain.map(({certificate}) => certificate.blockId);
  const heights = (headers: readonly {readonly height: bigint}[]): bigint[] => headers.map(({height}) => height);

  test("tells what is final and the branch on it, and stops where it is told to", async () => {
    const {headers} = await desk(chain.slice(LAST, LAST + 2));
    const all = await headers(1n);
    expect(heights(all.headers)).toEqual(views(LAST + 2));
    expect(all).toMatchObject({newest: 42n, certificate: chain[LAST + 1]!.certificate, blocks: []});
    expect(heights((await headers(1n, {count: 5})).headers)).toEqual(views(5));
    const few = await headers(40n);
    expect(few.blocks.map(({block}) => block.header)).toEqual(few.headers);
    expect(heights(few.headers)).toEqual([40n, 41n, 42n]);
    expect(await headers(1n, {epoch: 1n})).toMatchObject({headers: [], certificate: null, newest: 42n});
    expect(await headers(43n)).toMatchObject({headers: [], certificate: null, blocks: []});
  });

  test("says from where on it has blocks, and serves none that it has pruned", async () => {
    const {headers, blocks} = await desk([], {pruned: 30n});
    for (const from of [1n, 30n])
      expect(await headers(from)).toEqual({newest: 40n, whole: 31n, headers: [], certificate: null, blocks: []});
    expect(heights((await headers(31n)).headers)).toEqual(views(LAST).slice(30));
    expect(await blocks(29n, ids.slice(28, 33))).toEqual([]);
    expect((await blocks(31n, ids.slice(30, 33))).length).toBe(3);
  });

  test("keeps a branch to itself that stands on what it lacks", async () => {
    const {headers, blocks} = await desk(chain.slice(60, 63));
    expect(await headers(39n)).toMatchObject({newest: 40n, headers: [{height: 39n}, {height: 40n}]});
    expect(await blocks(61n, ids.slice(60, 62))).toEqual([]);
  });

  test("tells once what closed an epoch, also while the engine still holds it as the branch", async () => {
    const {headers} = await desk(chain.slice(LAST - 1, LAST + 2), {closing: chain.slice(LAST, LAST + 2)});
    expect(heights((await headers(39n)).headers)).toEqual([39n, 40n, 41n, 42n]);
  });

  test("brings blocks by their ids, up to the first that it lacks", async () => {
    const {blocks} = await desk(chain.slice(LAST, LAST + 2));
    const got = await blocks(39n, ids.slice(38, 50));
    expect(heights(got.map(({block}) => block.header))).toEqual([39n, 40n, 41n, 42n]);
    expect(await blocks(1n, [ids[1]!])).toEqual([]);
  });

  test("fits a message however many vote", async () => {
    const {blocks} = await desk([], {votes: 100});
    const got = await blocks(1n, ids.slice(0, RANGE_BLOCKS_MAX));
    expect(got.length).toBeGreaterThan(1);
    expect(got.length).toBeLessThan(LAST);
    const {blocks: most} = await desk([], {votes: 1_000});
    expect(await most(1n, ids.slice(0, 2))).toHaveLength(1);
  });
});

describe("a node that was away", () => {
  const cluster = new Cluster(1);
  afterEach(() => cluster.stop());

  test("goes on where it was killed, whoever lies, and stops for nobody", async () => {
    const only = await cluster.start(0);
    await eventually(async () => only.chain.tip.height >= 20n);
    const served: Certified[] = [];
    for (let height = 1n; height <= 20n; height++) served.push((await only.store.block(height))!);
    await only.stop();
    const from: bigint[] = [];
    const {headers, blocks} = honest(() => served.map(({block, certificate}) => ({block, certificate})));
    const noted: Script["headers"] = (asked) => {
      from.push(asked.from);
      return headers(asked);
    };
    await serving(cluster.network, NAMES[1]!, {headers: noted, blocks});
    const bad: Script = {headers, blocks: async (asked) => ((await blocks(asked)) as Certified[]).map(bent)};
    await serving(cluster.network, NAMES[0]!, bad);
    const follower = await cluster.start(9);
    const {store} = follower;
    const commit = store.commit.bind(store);
    store.commit = (row, packed) => {
      if (row.block.header.height === 10n) throw new Error("killed");
      commit(row, packed);
    };
    await eventually(async () => follower.failures.length > 0);
    await follower.stop();
    expect(from).toContain(1n);
    const again = await cluster.start(9);
    // The last two wait for others above them.
    await eventually(async () => again.chain.tip.height === 18n);
    expect(from).toContain(10n);
    expect(again.failures).toEqual([]);
    // Whether the liar was asked for any of so few blocks is chance; nobody else may be blamed.
    expect(cluster.network.rejected.filter(({peer}) => peer !== NAMES[0])).toEqual([]);
  });
});
