/**
 * Hashing for mining and verifying, in one process, peers interleaved: noble and `node:crypto` are the peers, the
 * backends of this program what is measured. Figures are the best of seven rounds.
 */
import {randomBytes} from "node:crypto";
import {availableParallelism} from "node:os";
import {sha3_256} from "@noble/hashes/sha3.js";
import {concat, equalBytes} from "../../src/codecs/bytes.js";
import {sha3} from "../../src/codecs/hash.js";
import {openBackend} from "../../src/node/compute/backend.js";
import {type DagCheckpoints, markCount} from "../../src/node/ledger/mining/checkpoints.js";
import {buildDag, ENTRY_BYTES, firstEntry} from "../../src/node/ledger/mining/dag.js";
import {mixDigest, WALK_STEPS, type WalkStart} from "../../src/node/ledger/mining/walk.js";
import {fill} from "../../src/node/mining/dag/fill.js";
import {createBoard} from "../../src/node/mining/dag/job.js";

export const name = "proof of work: walks, tables, light verification";

const ROUNDS = 7;
/** The table of a main network. */
const ENTRIES = 2 ** 26;
const INTERVAL = 2 ** 8;
const seed = {epoch: 1n, workSetRoot: new Uint8Array(32).fill(7)};

/** Best milliseconds of each, rounds interleaved. */
function best<Name extends string>(runs: Readonly<Record<Name, () => unknown>>): Record<Name, number> {
  const names = Object.keys(runs) as Name[];
  const result = Object.fromEntries(names.map((each) => [each, Number.POSITIVE_INFINITY])) as Record<Name, number>;
  for (let round = 0; round < ROUNDS; round++)
    for (const each of names) {
      const start = performance.now();
      runs[each]();
      result[each] = Math.min(result[each], performance.now() - start);
    }
  return result;
}

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

export async function run(print: (line: string) => void): Promise<void> {
  const [wasm, cpu] = [await openBackend("wasm"), await openBackend("cpu")];
  const small = buildDag({...seed, entries: 2 ** 16});
  const ratio = (peer: number, ours: number): string => `${(peer / ours).toFixed(2)}x`;

  const starts = startsOf(32);
  const right = starts.map((start) => mixDigest(small, start, 1));
  for (const digests of [wasm.mixDigests(small, starts, 1), starts.map((start) => plainWalk(sha3_256, small, start))])
    if (!digests.every((digest, i) => equalBytes(digest, right[i]!))) print("WRONG DIGESTS: nothing below counts");
  const walks = best({
    noble: () => starts.map((start) => plainWalk(sha3_256, small, start)),
    crypto: () => starts.map((start) => plainWalk(sha3, small, start)),
    cpu: () => cpu.mixDigests(small, starts, 1),
    wasm: () => wasm.mixDigests(small, starts, 1),
  });
  const perSecond = (ms: number): string => ((starts.length * 1_000) / ms).toFixed(0);
  print(`walks per second and thread: wasm ${perSecond(walks.wasm)}, cpu ${perSecond(walks.cpu)}`);
  print(`  peers: node:crypto ${perSecond(walks.crypto)}, noble ${perSecond(walks.noble)}`);
  print(
    `  ratio of wasm to node:crypto ${ratio(walks.crypto, walks.wasm)}, to noble ${ratio(walks.noble, walks.wasm)}`,
  );

  const chain = new Uint8Array(20_000 * ENTRY_BYTES);
  const previous = firstEntry(seed);
  const message = new Uint8Array(36);
  const entries = best({
    noble: () => {
      for (let i = 0; i < 2_000; i++) sha3_256(message);
    },
    crypto: () => {
      for (let i = 0; i < 20_000; i++) sha3(message);
    },
    chain: () => wasm.extendDags([{previous, index: 1, into: chain}]),
  });
  const seconds = (ms: number, count: number): string => ((ms / count / 1_000) * ENTRIES).toFixed(1);
  const [coldSeconds, cryptoSeconds] = [seconds(entries.chain, 20_000), seconds(entries.crypto, 20_000)];
  print(`P8 cold build of 2^26 entries, from 20,000: ${coldSeconds} s`);
  print(`  peers: node:crypto ${cryptoSeconds} s, noble ${seconds(entries.noble, 2_000)} s`);
  print(
    `  ratio to node:crypto ${ratio(entries.crypto, entries.chain)}, noble ${ratio(entries.noble * 10, entries.chain)}`,
  );

  await parallel(print, {perEntryMs: entries.chain / 20_000});

  // Reads cost the same whatever the marks are, so 8 MiB of noise stand for the checkpoints of a whole table.
  const marks = new Uint8Array(randomBytes(markCount(ENTRIES, INTERVAL) * ENTRY_BYTES));
  const dag: DagCheckpoints = {entries: ENTRIES, interval: INTERVAL, marks};
  const eight = startsOf(8);
  const light = best({
    one: () => wasm.mixDigests(dag, eight.slice(0, 1), 1),
    eight: () => wasm.mixDigests(dag, eight, 1),
    crypto: () => cpu.mixDigests(dag, eight.slice(0, 1), 1),
  });
  print(`P10 one proof from ${marks.length / 2 ** 20} MiB: ${light.one.toFixed(2)} ms (goal 4)`);
  print(`  in batches of eight: ${(light.eight / 8).toFixed(2)} ms each (goal 0.8, which takes native code)`);
  print(`  peer, the rules over node:crypto: ${light.crypto.toFixed(2)} ms, ratio ${ratio(light.crypto, light.one)}`);
}

/** P9: 2^24 entries from checkpoints by two threads, each segment proved, against the chain of this run. */
async function parallel(print: (line: string) => void, {perEntryMs}: {perEntryMs: number}): Promise<void> {
  const backend = await openBackend("wasm");
  const shared = (bytes: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(bytes));
  const of = {seed: {...seed, entries: 2 ** 24}, interval: INTERVAL, table: null as Uint8Array | null};
  const marks = shared(markCount(of.seed.entries, INTERVAL) * ENTRY_BYTES);
  const plan = {backend, signal: new AbortController().signal, progress: () => undefined};
  await fill({...of, marks, board: createBoard()}, {...plan, method: "chain", threads: 0});
  const threads = Math.min(2, availableParallelism());
  const table = shared(of.seed.entries * ENTRY_BYTES);
  let bestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    if (!(await fill({...of, table, marks, board: createBoard()}, {...plan, method: "segments", threads})))
      print("WRONG CHECKPOINTS: P9 does not count");
    bestMs = Math.min(bestMs, performance.now() - start);
  }
  const perEntry = (bestMs / of.seed.entries) * 1e6;
  print(`P9 from checkpoints, ${threads} threads, proved: ${perEntry.toFixed(0)} ns an entry, threads' start included`);
  print(`  2^26 entries: ${((perEntry * ENTRIES) / 1e9).toFixed(1)} s`);
  print(`  ratio to the chain (P8): ${((perEntryMs * 1e6) / perEntry).toFixed(2)}x (goal 8, which takes native code)`);
}
