/** What the thread of a WebGPU device does: hashes, walks and searches by the shader, over a table that it holds. */
import {ENTRY_BYTES} from "../../ledger/mining/dag.js";
import type {DeviceEngine, DeviceSearch} from "../device/calls.js";
import {BLOCK_BYTES} from "../keccak.js";
import {type Adapter, findAdapter} from "./adapter.js";
import {DeviceTable} from "./device-table.js";
import {Pipelines} from "./pipelines.js";
import {NOTHING, PARAMETER, PARAMETER_WORDS} from "./shader.js";

const START_BYTES = 48;
const DIGEST_BYTES = 32;
/** How long a search may keep the device: drivers end what takes seconds, and a miner wants to look at the tip. */
const SLICE_MS = 20;
const FIRST_ATTEMPTS = 64;
const MOST_ATTEMPTS = 2 ** 20;
/** Entries of the table that the speed is tried on. */
const TRIAL_ENTRIES = 1_024;

/** A copy of bytes as words; little-endian, as every machine that V8 runs on. */
const wordsOf = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.slice().buffer);
const bytesOf = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
const bigEndian = (bytes: Uint8Array): Uint32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({length: bytes.length / 4}, (_, i) => view.getUint32(4 * i));
};

const kept = new Set<Adapter>();

/** @throws UnavailableError WEBGPU_UNAVAILABLE */
export async function openWebgpuEngine(): Promise<DeviceEngine> {
  const found = await findAdapter("webgpu");
  const {adapter, name, software} = found;
  const {maxBufferSize, maxStorageBufferBindingSize} = adapter.limits;
  kept.add(found);
  const device = await adapter.requestDevice({requiredLimits: {maxBufferSize, maxStorageBufferBindingSize}});
  const pipelines = await Pipelines.create(device);
  const table = new DeviceTable(device);

  const parameters = (count: number): Uint32Array => {
    const words = new Uint32Array(PARAMETER_WORDS);
    words[PARAMETER.entries] = table.entries;
    words[PARAMETER.shift] = table.shift;
    words[PARAMETER.count] = count;
    return words;
  };
  const search = async ({fixed, limit, start, attempts, mix}: DeviceSearch): Promise<number | null> => {
    const words = parameters(attempts);
    words.set(wordsOf(fixed.subarray(0, DIGEST_BYTES)), PARAMETER.header);
    words.set(wordsOf(fixed.subarray(DIGEST_BYTES)), PARAMETER.batchRoot);
    words.set(wordsOf(start), PARAMETER.nonce);
    words.set(bigEndian(limit), PARAMETER.limit);
    const run = {parameters: words, threads: attempts, output: Uint32Array.of(NOTHING), table: table.buffers};
    const [found] = await pipelines.run(mix === 1 ? "search1" : "search2", run);
    return found === NOTHING ? null : found!;
  };
  const engine = {
    detail: name,
    software,
    async hash(blocks: Uint8Array) {
      const threads = blocks.length / BLOCK_BYTES;
      const output = new Uint32Array((threads * DIGEST_BYTES) / 4);
      return bytesOf(
        await pipelines.run("hashes", {
          ...{parameters: parameters(threads), threads, output},
          ...{input: wordsOf(blocks), table: table.buffers},
        }),
      );
    },
    async table(bytes: Uint8Array) {
      await table.load(bytes);
      return null;
    },
    async walk({starts, mix}: {readonly starts: Uint8Array; readonly mix: 1 | 2}) {
      const threads = starts.length / START_BYTES;
      const output = new Uint32Array((threads * DIGEST_BYTES) / 4);
      const run = {parameters: parameters(threads), threads, output, input: wordsOf(starts), table: table.buffers};
      return bytesOf(await pipelines.run(mix === 1 ? "walks1" : "walks2", run));
    },
    search,
    async close() {
      device.destroy();
      // Named here so that it lives as long as the device: Dawn's instance is collected with it, whatever still runs.
      kept.delete(found);
      return null;
    },
  } satisfies Omit<DeviceEngine, "batch">;

  await table.load(new Uint8Array(TRIAL_ENTRIES * ENTRY_BYTES).fill(0x5a));
  return {...engine, batch: await attemptsOfSlice(search)};
}

/** Attempts that take about as long as a slice may. */
async function attemptsOfSlice(search: (of: DeviceSearch) => Promise<number | null>): Promise<number> {
  const of = {fixed: new Uint8Array(2 * DIGEST_BYTES), limit: new Uint8Array(DIGEST_BYTES), start: new Uint8Array(16)};
  for (let attempts = FIRST_ATTEMPTS; ; attempts *= 2) {
    // The first call of a size also pays for buffers and, at the start, for what the driver puts off.
    await search({...of, attempts, mix: 1});
    const startedAtMs = performance.now();
    await search({...of, attempts, mix: 1});
    if (performance.now() - startedAtMs > SLICE_MS / 2 || attempts === MOST_ATTEMPTS) return attempts;
  }
}
