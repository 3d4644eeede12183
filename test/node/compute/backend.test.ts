import {createHash} from "node:crypto";
import fc from "fast-check";
import {describe, expect, onTestFinished, test, vi} from "vitest";
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {
  allowedBackends,
  BACKEND_NAMES,
  capabilities,
  loadBackend,
  openBackend,
} from "../../../src/node/compute/backend.js";
import {cpuBackend} from "../../../src/node/compute/cpu.js";
import {nativePathName} from "../../../src/node/compute/native/addon.js";
import {buildDag, ENTRY_BYTES, firstEntry} from "../../../src/node/ledger/mining/dag.js";
import {targetOf} from "../../../src/node/ledger/mining/target.js";
import {backendsHere, fastest} from "../../support/native.js";
import vectors from "../ledger/mining/dag.vectors.json" with {type: "json"};
import {checkpointsOf} from "./checkpoints-of.js";

const bytes = (size: number) => fc.uint8Array({minLength: size, maxLength: size});
const start = fc.record({headerHash: bytes(32), nonce: bytes(16)});

test("the fastest backend that works is loaded", async () => {
  expect((await loadBackend()).name).toBe(fastest);
});

test("a batch may hold more messages than a call takes arguments", async () => {
  const many = Array.from({length: 200_000}, (_, i) => Uint8Array.of(i & 255));
  const digests = (await openBackend(fastest)).sha3(many);
  expect(digests).toHaveLength(many.length);
  expect(hexOf(digests.at(-1)!)).toBe(createHash("sha3-256").update(many.at(-1)!).digest("hex"));
});

describe("QSDM_COMPUTE", () => {
  test.each([
    [undefined, BACKEND_NAMES],
    ["", BACKEND_NAMES],
    ["auto", BACKEND_NAMES],
    ["native", ["native"]],
    ["cpu", ["cpu"]],
  ])("of %s allows %s", async (value, names) => expect(allowedBackends(value)).toEqual(names));

  test("leaves the one backend that it names", async () => {
    expect((await loadBackend(allowedBackends("cpu"))).name).toBe("cpu");
  });

  test("that names none is refused, with those that there are", () => {
    expect(() => allowedBackends("abacus")).toThrow(
      expect.objectContaining({code: "COMPUTE_UNKNOWN", hint: "use auto, native, wasm, cpu, webgpu, gpujs"}),
    );
  });

  test("is why a backend is not usable", async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("QSDM_COMPUTE", "wasm");
    expect(await capabilities()).toEqual([
      {backend: "cuda", usable: false, detail: expect.stringContaining("not yet run on a device")},
      {backend: "native", usable: false, detail: "turned off by QSDM_COMPUTE"},
      {backend: "wasm", usable: true, detail: "WebAssembly, 2 hashes at a time"},
      {backend: "cpu", usable: false, detail: "turned off by QSDM_COMPUTE"},
      {backend: "webgpu", usable: false, detail: "turned off by QSDM_COMPUTE"},
      {backend: "gpujs", usable: false, detail: "turned off by QSDM_COMPUTE"},
    ]);
    expect(nativePathName()).toBeNull();
  });
});

describe.each(backendsHere)("the backend %s", async (name) => {
  const backend = await openBackend(name);

  test("hashes with SHA3-256 of FIPS 202", () => {
    // Empty message and "abc": the values of FIPS 202's example files.
    expect(backend.sha3([new Uint8Array(), utf8("abc")]).map(hexOf)).toEqual([
      "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
      "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    ]);
  });

  test("hashes messages of any length like OpenSSL, whatever it hashed before", () => {
    const messages = fc.array(fc.uint8Array({maxLength: 300}), {maxLength: 6});
    const edges = [0, 1, 8, 134, 135, 136, 137, 272].map((size) => new Uint8Array(size).fill(0xff));
    fc.assert(
      fc.property(messages, (given) => {
        const all = [...given, ...edges, ...given];
        const expected = all.map((message) => createHash("sha3-256").update(message).digest("hex"));
        expect(backend.sha3(all).map(hexOf)).toEqual(expected);
      }),
      {numRuns: 30},
    );
  });

  test("walks a table to the recorded digests", () => {
    const mixes = vectors.cases.filter((each) => each.input.op === "mix" && each.input.n! < 100);
    expect(mixes.length).toBeGreaterThan(3);
    for (const {input, expected} of mixes) {
      const seed = {epoch: BigInt(input.epoch!), workSetRoot: Buffer.from(input.workset_root!, "hex")};
      const previous = firstEntry(seed);
      const table = new Uint8Array(input.n! * ENTRY_BYTES);
      table.set(previous);
      backend.extendDags([{previous, index: 1, into: table.subarray(ENTRY_BYTES)}]);
      const starts = [{headerHash: Buffer.from(input.header_hash!, "hex"), nonce: Buffer.from(input.nonce!, "hex")}];
      for (const dag of [table, checkpointsOf(table, 8)]) {
        expect(backend.mixDigests(dag, starts, 1).map(hexOf)).toEqual([expected!.mix_v1]);
        expect(backend.mixDigests(dag, starts, 2).map(hexOf)).toEqual([expected!.mix_v2]);
      }
    }
  });
});

describe("WebAssembly gives what the rules give", async () => {
  const backend = await openBackend("wasm");
  const table = buildDag({epoch: 3n, workSetRoot: new Uint8Array(32).fill(7), entries: 1_500});

  test("for runs of any length, side by side", () => {
    const run = fc
      .tuple(fc.integer({min: 1, max: 1_499}), fc.integer({min: 0, max: 1_499}))
      .map(([index, length]) => ({index, length: Math.min(length, 1_500 - index)}));
    fc.assert(
      fc.property(fc.array(run, {maxLength: 5}), (runs) => {
        const given = runs.map(({index, length}) => ({
          previous: table.slice((index - 1) * ENTRY_BYTES, index * ENTRY_BYTES),
          index,
          into: new Uint8Array(length * ENTRY_BYTES),
        }));
        backend.extendDags(given);
        for (const {index, into} of given)
          expect(hexOf(into)).toBe(hexOf(table.subarray(index * ENTRY_BYTES, index * ENTRY_BYTES + into.length)));
      }),
      {numRuns: 40},
    );
  });

  test("for walks over a table and over checkpoints at any distance, in any number", () => {
    fc.assert(
      fc.property(fc.array(start, {maxLength: 5}), fc.constantFrom(1, 2, 7, 256, 2_000), (starts, interval) => {
        const checkpoints = checkpointsOf(table, interval);
        for (const version of [1, 2] as const) {
          const expected = cpuBackend.mixDigests(table, starts, version);
          expect(backend.mixDigests(table, starts, version)).toEqual(expected);
          expect(backend.mixDigests(checkpoints, starts, version)).toEqual(expected);
        }
      }),
      {numRuns: 30},
    );
  });

  test("for tensor walks over zeros, subnormals, infinities and NaNs", () => {
    // Both signs of zero, infinity, the smallest and the largest finite ones, and NaNs with other payloads.
    const halves = [0x0000, 0x8000, 0x7c00, 0xfc00, 0x0001, 0x83ff, 0x7bff, 0xfbff, 0x7c01, 0xfe00, 0x3c00, 0xbc01];
    const words = fc.array(fc.constantFrom(...halves), {minLength: 48, maxLength: 48});
    fc.assert(
      fc.property(words, fc.array(start, {minLength: 1, maxLength: 3}), (entries, starts) => {
        const special = Uint8Array.from(entries.flatMap((word) => [word >> 8, word & 0xff]));
        expect(backend.mixDigests(special, starts, 2)).toEqual(cpuBackend.mixDigests(special, starts, 2));
      }),
      {numRuns: 30},
    );
  });

  test("for a message after a tensor walk, which left more in the same place", () => {
    const starts = [{headerHash: new Uint8Array(32), nonce: new Uint8Array(16)}];
    backend.mixDigests(table, starts, 2);
    expect(backend.sha3([utf8("abc")]).map(hexOf)).toEqual(cpuBackend.sha3([utf8("abc")]).map(hexOf));
    expect(backend.mixDigests(table, starts, 1)).toEqual(cpuBackend.mixDigests(table, starts, 1));
  });

  test("for a table that does not start on a word's boundary", () => {
    const shifted = new Uint8Array(table.length + 1);
    shifted.set(table, 1);
    const starts = [{headerHash: new Uint8Array(32), nonce: new Uint8Array(16)}];
    expect(backend.mixDigests(shifted.subarray(1), starts, 1)).toEqual(cpuBackend.mixDigests(table, starts, 1));
  });

  test.each([1, 2] as const)("for a search with mix version %d, up to odd numbers of attempts", (mix) => {
    const job = {headerHash: new Uint8Array(32), batchRoot: new Uint8Array(32), target: targetOf(6n), table, mix};
    fc.assert(
      fc.property(bytes(16), fc.integer({min: 1, max: 9}), (nonce, attempts) => {
        expect(backend.solveSlice(job, nonce, attempts)).toEqual(cpuBackend.solveSlice(job, nonce, attempts));
      }),
      {numRuns: 30},
    );
  });
});
