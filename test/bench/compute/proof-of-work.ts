/** P7 to P10: walks, tables, verification from checkpoints. */
import {randomBytes} from "node:crypto";
import {mkdtemp, open, rm} from "node:fs/promises";
import {availableParallelism, tmpdir} from "node:os";
import path from "node:path";
import {sha3_256} from "@noble/hashes/sha3.js";
import {concat, equalBytes} from "../../../src/codecs/bytes.js";
import {sha3} from "../../../src/codecs/hash.js";
import type {ComputeBackend} from "../../../src/node/compute/backend.js";
import {type Dag, type DagCheckpoints, markCount} from "../../../src/node/ledger/mining/checkpoints.js";
import {ENTRY_BYTES, firstEntry} from "../../../src/node/ledger/mining/dag.js";
import {type MixVersion, mixDigest, WALK_STEPS, type WalkStart} from "../../../src/node/ledger/mining/walk.js";
import {fill} from "../../../src/node/mining/dag/fill.js";
import {createBoard} from "../../../src/node/mining/dag/job.js";
import {largeShareOf} from "../../../src/node/mining/dag/memory.js";
import {naiveWalks} from "./native-peers.js";
import {best, type Print, ratio} from "./rounds.js";

/** The table of a main network. */
const ENTRIES = 2 ** 26;
const INTERVAL = 2 ** 8;
/** Permutations of a walk: start, 64 steps, and the hash against the target; a tensor step takes four more and one wider. */
const PERMUTATIONS = {1: 66, 2: 322} as const;
const WALKS = 2_048;
/** What the slow peers do of that. */
const SLOW_WALKS = 16;
const MAPPED_ATTEMPTS = 32_768;
const PIECE_BYTES = 2 ** 21;
const seed = {epoch: 1n, workSetRoot: new Uint8Array(32).fill(7)};

const startsOf = (count: number): WalkStart[] =>
  Array.from({length: count}, () => ({headerHash: new Uint8Array(32), nonce: new Uint8Array(randomBytes(16))}));

/** The walk as the specification has it, over any SHA3. */
function plainWalk(hash: (message: Uint8Array) => Uint8Array, table: Uint8Array, start: WalkStart): Uint8Array {
  let mix = hash(concat(start.headerHash, start.nonce));
  for (let step = 0; step < WALK_STEPS; step++) {
    const index = new DataView(mix.buffer, mix.byteOffset).getUint32(0) % (table.length / ENTRY_BYTES);
    mix = hash(concat(mix, table.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES)));
  }
  return mix;
}

/** P7, over as much memory as a main network's table, whose entries are noise. */
export function benchWalks(backends: readonly ComputeBackend[], table: Uint8Array, print: Print): void {
  const few = startsOf(SLOW_WALKS);
  const job = {headerHash: new Uint8Array(32), batchRoot: new Uint8Array(32), target: 1n, table};
  for (const version of [1, 2] as const) {
    const right = few.map((start) => mixDigest(table, start, version));
    for (const backend of backends)
      if (!backend.mixDigests(table, few, version).every((digest, i) => equalBytes(digest, right[i]!)))
        print(`WRONG DIGESTS from ${backend.name}: nothing below counts`);
  }
  const count = (backend: ComputeBackend): number => (backend.name === "native" ? WALKS : SLOW_WALKS);
  const walks = (version: MixVersion) =>
    best<string>({
      ...(version === 1 ? {noble: () => few.map((start) => plainWalk(sha3_256, table, start))} : {}),
      "node:crypto": () =>
        few.map((start) => (version === 1 ? plainWalk(sha3, table, start) : mixDigest(table, start, 2))),
      ...Object.fromEntries(
        backends.map((backend) => [
          backend.name,
          // Other nonces each time: the same ones would find their entries in the cache.
          () => backend.solveSlice({...job, mix: version}, new Uint8Array(randomBytes(16)), count(backend)),
        ]),
      ),
    });
  const runs = Array.from({length: 16}, () => ({
    previous: new Uint8Array(32),
    index: 1,
    into: new Uint8Array(1_000 * ENTRY_BYTES),
  }));
  const permutations = best(
    Object.fromEntries(backends.map((backend) => [backend.name, () => backend.extendDags(runs)])),
  );
  const naive = naiveWalks(ENTRIES, print);
  for (const version of [1, 2] as const) {
    const took = walks(version);
    const each = (name: string, walked: number): number => took[name]! / walked;
    print(`P7 walks with mix ${version}, one thread, 2 GiB of table (goal: 0.9 of the bound)`);
    for (const backend of backends) {
      const ms = each(backend.name, count(backend));
      const bound = (permutations[backend.name]! / 16_000) * PERMUTATIONS[version];
      print(
        `  ${backend.name} ${(1e3 / ms).toFixed(0)}/s, ${(bound / ms).toFixed(2)} of the bound of ` +
          `${PERMUTATIONS[version]} permutations; ratio to node:crypto ${ratio(each("node:crypto", SLOW_WALKS), ms)}` +
          (version === 1 ? `, noble ${ratio(each("noble", SLOW_WALKS), ms)} (goal 90)` : "") +
          (version === 1 && naive !== null ? `, plain C at ${naive}/s ${ratio(1e3 / naive, ms)}` : ""),
      );
    }
  }
}

/**
 * P7 again, over the same table in a file that is mapped, against the copy in memory; and what it takes to begin with
 * either, checksum left out, from the page cache.
 */
export async function benchMapping(native: ComputeBackend, table: Uint8Array, print: Print): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), "qsdm-bench-"));
  const file = await open(path.join(directory, "table"), "w+");
  try {
    for (let at = 0; at < table.length; at += PIECE_BYTES) await file.write(table, at, PIECE_BYTES);
    const piece = new Uint8Array(PIECE_BYTES);
    const copyStart = performance.now();
    for (let at = 0; at < table.length; at += PIECE_BYTES) await file.read(piece, 0, PIECE_BYTES, at);
    const copyMs = performance.now() - copyStart;
    const mapStart = performance.now();
    const mapped = native.mapTable!({fd: file.fd, offset: 0, entries: ENTRIES});
    for (let at = 0; at < table.length; at += PIECE_BYTES) mapped.read(at, piece.subarray(0, 1));
    const mapMs = performance.now() - mapStart;
    const few = startsOf(SLOW_WALKS);
    const [there, here] = [mapped, table].map((dag) => native.mixDigests(dag, few, 1));
    if (!there!.every((digest, i) => equalBytes(digest, here![i]!))) print("WRONG DIGESTS from the mapping");
    const job = {headerHash: new Uint8Array(32), batchRoot: new Uint8Array(32), target: 1n, mix: 1 as const};
    const search = (dag: Dag) => () =>
      native.solveSlice({...job, table: dag}, new Uint8Array(randomBytes(16)), MAPPED_ATTEMPTS);
    const took = best({copy: search(table), mapped: search(mapped)});
    const rate = (ms: number): string => `${((MAPPED_ATTEMPTS / ms) * 1e3).toFixed(0)}/s`;
    print(
      `P7 over a mapped file, ${Math.round(largeShareOf(mapped) * 100)} % in large pages: ${rate(took.mapped!)}, ` +
        `ratio to a copy in memory, ${rate(took.copy!)}: ${ratio(took.copy!, took.mapped!)}`,
    );
    print(`  to begin: ${mapMs.toFixed(0)} ms, reading a copy ${copyMs.toFixed(0)} ms: ${ratio(copyMs, mapMs)}`);
  } finally {
    await file.close();
    await rm(directory, {recursive: true});
  }
}

/** P8 and P9. */
export async function benchTables(backends: readonly ComputeBackend[], print: Print): Promise<void> {
  const chain = new Uint8Array(20_000 * ENTRY_BYTES);
  const previous = firstEntry(seed);
  const message = new Uint8Array(36);
  const took = best({
    noble: () => {
      for (let i = 0; i < 2_000; i++) sha3_256(message);
    },
    "node:crypto": () => {
      for (let i = 0; i < 20_000; i++) sha3(message);
    },
    ...Object.fromEntries(
      backends.map((each) => [each.name, () => each.extendDags([{previous, index: 1, into: chain}])]),
    ),
  }) as Record<string, number>;
  const seconds = (ms: number): string => `${((ms / 20_000 / 1_000) * ENTRIES).toFixed(1)} s`;
  const noble = took.noble! * 10;
  print("P8 cold build of 2^26 entries, from 20,000");
  print(`  peers: node:crypto ${seconds(took["node:crypto"]!)}, noble ${seconds(noble)}`);
  for (const {name} of backends.filter((each) => each.name !== "cpu"))
    print(
      `  ${name} ${seconds(took[name]!)}: ratio to node:crypto ${ratio(took["node:crypto"]!, took[name]!)}, ` +
        `noble ${ratio(noble, took[name]!)}`,
    );
  for (const backend of backends.filter((each) => each.name !== "cpu"))
    await fromCheckpoints(backend, {perEntryMs: took[backend.name]! / 20_000, print});
}

/** P9: 2^24 entries from checkpoints by two threads, each segment proved, against the chain of this run. */
async function fromCheckpoints(
  backend: ComputeBackend,
  {perEntryMs, print}: {perEntryMs: number; print: Print},
): Promise<void> {
  const shared = (bytes: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(bytes));
  const of = {seed: {...seed, entries: 2 ** 24}, interval: INTERVAL, table: null as Uint8Array | null, mapped: null};
  const marks = shared(markCount(of.seed.entries, INTERVAL) * ENTRY_BYTES);
  const plan = {backend, signal: new AbortController().signal, progress: () => undefined};
  await fill({...of, marks, checks: false, board: createBoard()}, {...plan, method: "chain", threads: 0});
  const threads = Math.min(2, availableParallelism());
  const table = shared(of.seed.entries * ENTRY_BYTES);
  let bestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    if (
      !(await fill({...of, table, marks, checks: false, board: createBoard()}, {...plan, method: "segments", threads}))
    )
      print("WRONG CHECKPOINTS: P9 does not count");
    bestMs = Math.min(bestMs, performance.now() - start);
  }
  const perEntry = (bestMs / of.seed.entries) * 1e6;
  print(
    `P9 ${backend.name}, ${threads} threads, proved: ${perEntry.toFixed(0)} ns an entry, threads' start included, ` +
      `2^26 in ${((perEntry * ENTRIES) / 1e9).toFixed(1)} s`,
  );
  print(`  ratio to the chain (P8): ${((perEntryMs * 1e6) / perEntry).toFixed(2)}x (goal 8)`);
}

/** P10. Reads cost the same whatever the marks are, so 8 MiB of noise stand for the checkpoints of a whole table. */
export function benchLight(backends: readonly ComputeBackend[], noise: Uint8Array, print: Print): void {
  const marks = noise.subarray(0, markCount(ENTRIES, INTERVAL) * ENTRY_BYTES);
  const dag: DagCheckpoints = {entries: ENTRIES, interval: INTERVAL, marks};
  const eight = startsOf(8);
  const took = best(
    Object.fromEntries(
      backends.flatMap((backend) => [
        [`${backend.name} one`, () => backend.mixDigests(dag, eight.slice(0, 1), 1)],
        [`${backend.name} eight`, () => backend.mixDigests(dag, eight, 1)],
      ]),
    ),
  ) as Record<string, number>;
  print(`P10 one proof from ${marks.length / 2 ** 20} MiB, and in batches of eight (goals: 4 ms and 0.8 ms each)`);
  for (const {name} of backends)
    print(
      `  ${name} ${took[`${name} one`]!.toFixed(2)} ms and ${(took[`${name} eight`]! / 8).toFixed(2)} ms; ratios to cpu, ` +
        `the rules over node:crypto: ${ratio(took["cpu one"]!, took[`${name} one`]!)} and ` +
        `${ratio(took["cpu eight"]!, took[`${name} eight`]!)}`,
    );
}
