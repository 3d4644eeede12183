/** A node that starts from a snapshot of its peers, honest or not. */
import {cpSync, existsSync, readdirSync, readFileSync, writeFileSync} from "node:fs";
import path from "node:path";
import {deflateSync, inflateSync} from "node:zlib";
import {beforeAll, describe, expect, test} from "vitest";
import {type SnapshotManifest, snapshotManifest, snapshotRootOf} from "../../../src/codecs/chain/snapshot.js";
import {
  PROOF_PIECE_BYTES,
  SNAPSHOT_PART_PROTOCOL,
  SNAPSHOTS_PROTOCOL,
  snapshotPartRequest,
  snapshotsAnswer,
} from "../../../src/codecs/network/snapshots.js";
import {UnavailableError} from "../../../src/errors.js";
import type {Network} from "../../../src/node/network/port.js";
import {rememberValid} from "../../../src/node/signature-cache.js";
import {SnapshotDesk} from "../../../src/node/snapshots/desk.js";
import {FastSync, type FastSyncPorts} from "../../../src/node/snapshots/fast/fast-sync.js";
import type {SnapshotFiles} from "../../../src/node/snapshots/files.js";
import {mlDsa44, testAccount} from "../../support/accounts.js";
import {openTestChain, scratchDirectory, testGenesis} from "../../support/chain.js";
import {InProcessNetwork} from "../../support/network.js";
import {groundOf, pay, snapshotAt, trustIn} from "../../support/snapshots.js";

const alice = testAccount("alice");
/** So many that the state is of several parts. */
const holders = Array.from({length: 200}, (_, i) => ({
  to: Buffer.from(`holder ${i}`.padEnd(32)).toString("hex"),
  amountDust: 1_000_000n,
}));
const GENESIS = testGenesis([{to: alice.address, amountDust: 1_000_000n}, ...holders]);
const HEIGHT = 4n;
const LIMITS = {slashReceiptsMax: 10_000, eventBlocksKept: 100};
const verifyVote = rememberValid(mlDsa44.verify);
const {signal} = new AbortController();

let snapshot: SnapshotFiles;
/** Of an earlier block. */
let earlier: SnapshotFiles;

beforeAll(async () => {
  const source = await openTestChain(scratchDirectory(), GENESIS);
  const to = testAccount("bob").address;
  await pay(source, alice, {to, count: 2, nonce: 0n});
  const before = groundOf(source);
  await pay(source, alice, {to, count: 2, nonce: 2n});
  earlier = await snapshotAt(before, GENESIS, source);
  const ground = groundOf(source);
  await pay(source, alice, {to, count: 2, nonce: 4n});
  snapshot = await snapshotAt(ground, GENESIS, source);
  expect(snapshot.manifest.state.length).toBeGreaterThan(1);
});

/** Parts that a peer was asked for. */
type Asked = string[];

/** Changes what a peer answers, by protocol. */
type Lie = (protocol: string, body: Uint8Array, answer: () => Promise<Uint8Array>) => Promise<Uint8Array>;
const truth: Lie = (_protocol, _body, answer) => answer();

/** A started peer with these snapshots on its shelf. */
async function peer(
  network: InProcessNetwork,
  name: string,
  {snapshots = [snapshot], lie = truth}: {readonly snapshots?: readonly SnapshotFiles[]; readonly lie?: Lie} = {},
): Promise<{readonly asked: Asked; readonly shelf: string; readonly port: Network}> {
  const shelf = scratchDirectory();
  for (const {directory, manifest} of snapshots)
    cpSync(directory, path.join(shelf, String(manifest.height)), {recursive: true});
  const port = network.join(name);
  const asked: Asked = [];
  const serve: Network["serve"] = (protocol, handler, limits) =>
    port.serve(
      protocol,
      (body, from) => {
        if (protocol === SNAPSHOT_PART_PROTOCOL) {
          const {part, index} = snapshotPartRequest.decode(body);
          asked.push(`${part} ${index}`);
        }
        return lie(protocol, body, () => handler(body, from));
      },
      limits,
    );
  new SnapshotDesk({serve}, shelf);
  await port.start(signal);
  return {asked, shelf, port};
}

interface Newcomer {
  readonly directory: string;
  readonly warned: unknown[];
  run(change?: Partial<FastSyncPorts>): Promise<bigint | null>;
}

async function newcomer(network: InProcessNetwork): Promise<Newcomer> {
  const port = network.join("newcomer");
  await port.start(signal);
  const directory = scratchDirectory();
  const warned: unknown[] = [];
  return {
    directory,
    warned,
    run: (change = {}) =>
      new FastSync({
        ...trustIn(GENESIS, {verifyVote}),
        network: port,
        database: {path: path.join(directory, "chain.db"), ...LIMITS},
        folder: path.join(directory, "fast-sync"),
        shelf: path.join(directory, "snapshots"),
        log: {debug: () => {}, info: () => {}, error: () => {}, warn: (fields) => void warned.push(fields)},
        monotonicMs: () => performance.now(),
        ...change,
      }).run(),
  };
}

async function rootIn({directory}: Newcomer): Promise<string> {
  const {chain, store} = await openTestChain(directory, GENESIS);
  const {stateRoot} = chain.tip;
  store.close();
  return stateRoot;
}

test("parts come from every peer that has the snapshot, and what was restored is served on", async () => {
  const network = new InProcessNetwork();
  const peers = await Promise.all(["a", "b", "c"].map((name) => peer(network, name, {snapshots: [earlier, snapshot]})));
  const node = await newcomer(network);
  expect(await node.run()).toBe(HEIGHT);
  expect(await rootIn(node)).toBe(snapshot.manifest.stateRoot);
  const asked = peers.flatMap((each) => each.asked);
  for (const part of ["manifest 0", "proof 0", "headers 0", "block 0", "batches 0", "state 0", "state 1"])
    expect(
      asked.filter((each) => each === part),
      part,
    ).toHaveLength(1);
  expect(peers.filter((each) => each.asked.length > 0).length).toBeGreaterThan(1);
  expect(readdirSync(path.join(node.directory, "snapshots"))).toEqual([String(HEIGHT)]);
  expect(existsSync(path.join(node.directory, "fast-sync"))).toBe(false);
  expect(network.rejected).toEqual([]);

  const second = new InProcessNetwork();
  await peer(second, "served on", {
    snapshots: [{...snapshot, directory: path.join(node.directory, "snapshots", String(HEIGHT))} as SnapshotFiles],
  });
  const next = await newcomer(second);
  expect(await next.run()).toBe(HEIGHT);
});

/** A peer's shelf with one file altered before it serves it. */
const alters =
  (name: string, change: (bytes: Buffer) => Uint8Array) =>
  ({shelf}: {readonly shelf: string}): void => {
    const file = path.join(shelf, String(HEIGHT), name);
    writeFileSync(file, change(readFileSync(file)));
  };
const flipped = (bytes: Buffer): Uint8Array => {
  const chunk = inflateSync(bytes);
  const at = Math.floor(chunk.length * 0.7);
  return deflateSync(chunk.with(at, chunk[at]! ^ 1));
};
/** A manifest that no honest node wrote, offered under its own root. */
const rewritten = (change: (manifest: SnapshotManifest) => Partial<SnapshotManifest>) =>
  alters("manifest", () => snapshotManifest.encode({...snapshot.manifest, ...change(snapshot.manifest)}));

describe("a peer that lies is found out, and the others are enough", () => {
  const state = () =>
    `state-${snapshot.manifest.state[0]!.depth}-${Buffer.from(snapshot.manifest.state[0]!.prefix).toString("hex")}`;
  // Beside each other, as each has to wait for a while before it asks again.
  test.concurrent.for<[string, (of: {readonly shelf: string}) => void]>([
    ["about a part of the state", (of) => alters(state(), flipped)(of)],
    ["with what is not compressed", (of) => alters(state(), () => Buffer.from("no"))(of)],
    [
      "with a part that is much too long",
      (of) => alters(state(), () => deflateSync(Buffer.alloc(32 * 1024 * 1024)))(of),
    ],
    ["about headers", alters("headers-0", flipped)],
    ["about the block", alters("block", flipped)],
    ["about batches", alters("batches", flipped)],
    ["about the proof", alters("proof", (bytes) => bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1))],
    ["with an empty proof", alters("proof", () => new Uint8Array())],
    ["about the state's root", rewritten(() => ({stateRoot: "11".repeat(32)}))],
    [
      "about headers and their ids together",
      rewritten(({headers: [span]}) => ({blockId: "11".repeat(32), headers: [{...span!, lastId: "11".repeat(32)}]})),
    ],
    ["about the size of a part", rewritten(({blockBytes}) => ({blockBytes: blockBytes + 1}))],
    ["about its chain", rewritten(() => ({chainId: "other"}))],
  ])("%s", async ([, alter], {expect}) => {
    const network = new InProcessNetwork();
    const liar = await peer(network, "liar");
    alter(liar);
    const node = await newcomer(network);
    // Alone, so that it is asked for everything.
    const running = node.run();
    await expect.poll(() => network.rejected).toEqual([{by: "newcomer", peer: "liar"}]);
    await Promise.all(["a", "b"].map((name) => peer(network, name)));
    expect(await running).toBe(HEIGHT);
    expect(await rootIn(node)).toBe(snapshot.manifest.stateRoot);
    expect(network.rejected).toEqual([{by: "newcomer", peer: "liar"}]);
  });

  test("with another manifest than it offered, or an answer that cannot be read", async () => {
    const network = new InProcessNetwork();
    await peer(network, "other manifest", {
      lie: async (protocol, body, answer) => {
        if (protocol !== SNAPSHOT_PART_PROTOCOL || snapshotPartRequest.decode(body).part !== "manifest")
          return answer();
        return earlier.manifestBytes();
      },
    });
    await peer(network, "unreadable", {
      lie: (protocol, _body, answer) =>
        protocol === SNAPSHOTS_PROTOCOL ? Promise.resolve(new Uint8Array(9)) : answer(),
    });
    const node = await newcomer(network);
    const running = node.run();
    await expect.poll(() => network.rejected.map((each) => each.peer).sort()).toEqual(["other manifest", "unreadable"]);
    await peer(network, "honest", {snapshots: [earlier]});
    expect(await running).toBe(2n);
  });

  test("with a snapshot far above all others, whose manifest does not even decode", async () => {
    const network = new InProcessNetwork();
    const junk = new Uint8Array(100).fill(7);
    await peer(network, "liar", {
      lie: async (protocol) =>
        protocol === SNAPSHOTS_PROTOCOL
          ? snapshotsAnswer.encode({offers: [{height: 2n ** 60n, root: snapshotRootOf(junk)}]})
          : junk,
    });
    await peer(network, "honest");
    const node = await newcomer(network);
    expect(await node.run()).toBe(HEIGHT);
    expect(network.rejected).toEqual([{by: "newcomer", peer: "liar"}]);
  });
});

/** Offers another snapshot each time, far above all others, and has none of them. */
function tempting(): Lie {
  let offered = 0;
  return (protocol) =>
    protocol === SNAPSHOTS_PROTOCOL
      ? Promise.resolve(
          snapshotsAnswer.encode({offers: [{height: 2n ** 60n, root: String(++offered).padStart(64, "0")}]}),
        )
      : Promise.reject(new UnavailableError("SNAPSHOT_NOT_HERE", "gone"));
}

test("who offers ever new snapshots and gives none of them holds nobody up", async () => {
  const network = new InProcessNetwork();
  await peer(network, "tempter", {lie: tempting()});
  await peer(network, "honest");
  const node = await newcomer(network);
  expect(await node.run()).toBe(HEIGHT);
});

test("what was begun is kept until another is shown to be of a final block", async () => {
  const network = new InProcessNetwork();
  const abort = new AbortController();
  const first = await peer(network, "a", {
    lie: async (protocol, body, answer) => {
      const answered = await answer();
      if (protocol === SNAPSHOT_PART_PROTOCOL && snapshotPartRequest.decode(body).part === "state") abort.abort();
      return answered;
    },
  });
  const node = await newcomer(network);
  await expect(node.run({signal: abort.signal})).rejects.toThrow();
  await first.port.stop();
  const tempter = await peer(network, "tempter", {lie: tempting()});
  const running = node.run();
  await expect.poll(() => tempter.asked.length).toBeGreaterThan(0);
  expect(readdirSync(path.join(node.directory, "fast-sync", snapshot.root))).toContain("headers-0");
  const second = await peer(network, "b");
  expect(await running).toBe(HEIGHT);
  expect(second.asked).not.toContain("headers 0");
});

test("of a proof that does not hold, no more is taken than shows it", async () => {
  const network = new InProcessNetwork();
  const liar = await peer(network, "liar", {
    lie: async (protocol, body, answer) => {
      if (protocol !== SNAPSHOT_PART_PROTOCOL) return answer();
      const {part, index} = snapshotPartRequest.decode(body);
      return part === "proof" ? new Uint8Array(index < 3 ? PROOF_PIECE_BYTES : 0) : answer();
    },
  });
  const node = await newcomer(network);
  const running = node.run();
  await expect.poll(() => network.rejected).toEqual([{by: "newcomer", peer: "liar"}]);
  expect(liar.asked).toEqual(["manifest 0", "proof 0"]);
  await peer(network, "honest");
  expect(await running).toBe(HEIGHT);
});

test("a piece behind the end of a proof costs who serves it nothing", async () => {
  const {directory, manifest, root} = snapshot;
  let answer: Parameters<Network["serve"]>[1] = () => Promise.reject(new Error("not served"));
  const serve: Network["serve"] = (protocol, handler) => {
    if (protocol === SNAPSHOT_PART_PROTOCOL) answer = handler;
  };
  new SnapshotDesk({serve}, path.dirname(directory));
  const asked = {height: manifest.height, root, part: "proof", index: 1_000} as const;
  expect((await answer(snapshotPartRequest.encode(asked), "somebody")).buffer.byteLength).toBe(0);
});

test("a peer that keeps silent, and one that refuses, hold nothing up and are not blamed", async () => {
  const network = new InProcessNetwork();
  await peer(network, "silent", {
    lie: (protocol, _body, answer) => (protocol === SNAPSHOTS_PROTOCOL ? answer() : new Promise(() => {})),
  });
  await peer(network, "refusing", {
    lie: (protocol, _body, answer) =>
      protocol === SNAPSHOTS_PROTOCOL ? answer() : Promise.reject(new UnavailableError("SNAPSHOT_NOT_HERE", "gone")),
  });
  await peer(network, "honest");
  const node = await newcomer(network);
  // The silent one is waited for as long as a request may take, which is the network's to say.
  const {request, ...port} = network.join("impatient");
  await port.start(signal);
  const impatient: Network["request"] = (to, protocol, body, how) =>
    request(to, protocol, body, to === "silent" ? {...how, signal: AbortSignal.timeout(300)} : how);
  expect(await node.run({network: {...port, request: impatient}})).toBe(HEIGHT);
  expect(network.rejected).toEqual([]);
});

test("a download that was killed goes on with what it has, also where a file was torn", async () => {
  const network = new InProcessNetwork();
  const abort = new AbortController();
  const first = await peer(network, "a", {
    lie: async (protocol, body, answer) => {
      const answered = await answer();
      if (protocol === SNAPSHOT_PART_PROTOCOL && snapshotPartRequest.decode(body).part === "state") abort.abort();
      return answered;
    },
  });
  const node = await newcomer(network);
  await expect(node.run({signal: abort.signal})).rejects.toThrow();
  const kept = path.join(node.directory, "fast-sync", snapshot.root);
  expect(readdirSync(kept)).toContain("headers-0");
  writeFileSync(path.join(kept, "block"), "torn");
  const before = first.asked.length;
  const second = await peer(network, "b");
  expect(await node.run()).toBe(HEIGHT);
  const again = [...first.asked.slice(before), ...second.asked];
  expect(again).toContain("block 0");
  for (const part of ["manifest 0", "proof 0", "headers 0"]) expect(again).not.toContain(part);
  expect(await rootIn(node)).toBe(snapshot.manifest.stateRoot);
});

test("where nobody has a snapshot, every block is for the node to take", async () => {
  const network = new InProcessNetwork();
  await peer(network, "a", {snapshots: []});
  const node = await newcomer(network);
  let nowMs = 0;
  expect(
    await node.run({
      monotonicMs: () => {
        nowMs += 20_000;
        return nowMs;
      },
    }),
  ).toBeNull();
  expect(existsSync(path.join(node.directory, "chain.db"))).toBe(false);
});

test("what only the operator can decide ends it, and nobody is blamed", async () => {
  const network = new InProcessNetwork();
  await peer(network, "a");
  const node = await newcomer(network);
  const {lightChainOf} = await import("../../../src/node/light/genesis.js");
  const base = lightChainOf(GENESIS);
  const checkpoints = {
    ...base,
    checkpoints: [...base.checkpoints, {...base.checkpoints[0]!, height: 2n, blockId: "11".repeat(32)}],
  };
  await expect(node.run({checkpoints})).rejects.toMatchObject({code: "CHAIN_FORKED"});
  expect(network.rejected).toEqual([]);
});
