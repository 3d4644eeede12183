import {createHash, randomBytes} from "node:crypto";
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {concat, hexOf, utf8} from "../../../../src/codecs/bytes.js";
import type {ComputeBackend} from "../../../../src/node/compute/backend.js";
import {cpuBackend} from "../../../../src/node/compute/cpu.js";
import {SPONGE} from "../../../../src/node/compute/native/addon.js";
import {nativeBackendOn} from "../../../../src/node/compute/native.js";
import {buildDag, ENTRY_BYTES} from "../../../../src/node/ledger/mining/dag.js";
import {targetOf} from "../../../../src/node/ledger/mining/target.js";
import {addonOf, builtAddon} from "../../../support/native.js";
import dagVectors from "../../ledger/mining/dag.vectors.json" with {type: "json"};
import tensorVectors from "../../ledger/mining/tensor.vectors.json" with {type: "json"};
import {checkpointsOf} from "../checkpoints-of.js";

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const bytes = (size: number) => fc.uint8Array({minLength: size, maxLength: size});
const start = fc.record({headerHash: bytes(32), nonce: bytes(16)});
const startOf = (input: {header_hash?: string; nonce?: string; start_nonce?: string}) => ({
  headerHash: bytesOf(input.header_hash!),
  nonce: bytesOf((input.nonce ?? input.start_nonce)!),
});

test("the addon has been built here", (context) => {
  expect(addonOf(context).paths[0]).toEqual({name: "scalar", lanes: 1, missing: null});
});

const usable = (builtAddon?.paths ?? []).flatMap(({name, missing}, path) => (missing === null ? {name, path} : []));
describe.each(usable)("the native path $name", ({path}) => {
  const addon = builtAddon!;
  const backend = nativeBackendOn(addon, path);

  test("hashes FIPS 202's example messages", () => {
    // Empty message, "abc", the 448-bit message, and 200 bytes of A3, from the example files of FIPS 202.
    const messages = [
      new Uint8Array(),
      utf8("abc"),
      utf8("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
      new Uint8Array(200).fill(0xa3),
    ];
    expect(backend.sha3(messages).map(hexOf)).toEqual([
      "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
      "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
      "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376",
      "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787",
    ]);
  });

  test.each([
    ["sha3-256", SPONGE.sha3_256],
    ["shake128", SPONGE.shake128],
    ["shake256", SPONGE.shake256],
  ] as const)("answers as OpenSSL's %s does, for messages and digests of any length side by side", (name, sponge) => {
    const lengths = fc.array(fc.oneof(fc.integer({min: 0, max: 600}), fc.constantFrom(0, 32, 64, 128, 135, 136, 168)), {
      minLength: 1,
      maxLength: 40,
    });
    const digestBytes = sponge === SPONGE.sha3_256 ? fc.constant(32) : fc.constantFrom(1, 31, 32, 136, 168, 512);
    fc.assert(
      fc.property(lengths, digestBytes, fc.nat(), (sizes, size, salt) => {
        const messages = sizes.map((length, i) => new Uint8Array(length).map((_, at) => at * 31 + i * 7 + salt));
        const ends = Uint32Array.from(
          messages.map(
            (
              (sum) =>
              ({length}) =>
                (sum += length)
            )(0),
          ),
        );
        const digests = new Uint8Array(messages.length * size);
        addon.hash(path, sponge, concat(...messages), ends, digests);
        const options = sponge === SPONGE.sha3_256 ? {} : {outputLength: size};
        const expected = messages.map((message) => createHash(name, options).update(message).digest("hex"));
        expect(hexOf(digests)).toBe(expected.join(""));
      }),
      {numRuns: 60},
    );
  });

  test("builds the recorded tables and walks them to the recorded digests, also from checkpoints", () => {
    const walks = [...dagVectors.cases, ...tensorVectors.cases].filter(
      ({input}) => input.op === "mix" || input.op === "mix_v2" || input.op === "mix_v2_trace",
    );
    expect(walks.length).toBe(58);
    for (const {input, expected} of walks as readonly Recorded[]) {
      const table = tableOf(input);
      const starts = [startOf(input)];
      for (const dag of [table, checkpointsOf(table, 7)]) {
        if (expected.mix_v1) expect(backend.mixDigests(dag, starts, 1).map(hexOf)).toEqual([expected.mix_v1]);
        expect(backend.mixDigests(dag, starts, 2).map(hexOf)).toEqual([expected.mix_v2]);
      }
    }
  });

  test("finds the recorded solutions", () => {
    const searches = (dagVectors.cases as readonly Recorded[]).filter(({input}) => input.op === "solve");
    expect(searches.length).toBe(6);
    for (const {input, expected} of searches) {
      const job = {
        ...startOf(input),
        batchRoot: bytesOf(input.batch_root!),
        target: targetOf(BigInt(input.difficulty!)),
        table: tableOf(input),
        mix: input.tensor_core_active ? 2 : 1,
      } as const;
      const {solution, attempts} = backend.solveSlice(job, job.nonce, 10_000);
      expect([attempts, hexOf(solution!.nonce), hexOf(solution!.mixDigest)]).toEqual([
        Number(expected.attempts),
        expected.nonce,
        expected.mix_digest,
      ]);
    }
  });

  const seed = {epoch: 3n, workSetRoot: new Uint8Array(32).fill(7), entries: 1_500};
  const table = buildDag(seed);

  test("extends runs of any length, side by side", () => {
    const run = fc
      .tuple(fc.integer({min: 1, max: 1_499}), fc.integer({min: 0, max: 400}))
      .map(([index, length]) => ({index, length: Math.min(length, 1_500 - index)}));
    fc.assert(
      fc.property(fc.array(run, {maxLength: 20}), (runs) => {
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

  test("walks as the rules do, over a table and over checkpoints at any distance, in any number", () => {
    const some = fc.array(start, {minLength: 1, maxLength: 40});
    fc.assert(
      fc.property(some, fc.constantFrom(1, 2, 7, 64, 2_000), fc.constantFrom(1, 2), (starts, interval, version) => {
        const expected = cpuBackend.mixDigests(table, starts, version as 1 | 2);
        expect(backend.mixDigests(table, starts, version as 1 | 2)).toEqual(expected);
        expect(backend.mixDigests(checkpointsOf(table, interval), starts, version as 1 | 2)).toEqual(expected);
      }),
      {numRuns: 20},
    );
  });

  test.each([1, 2] as const)("searches with mix version %d as the rules do, to any number of attempts", (mix) => {
    const shared = new Uint8Array(new SharedArrayBuffer(table.length));
    shared.set(table);
    const difficulty = fc.constantFrom(1n, 6n, 40n, 1n << 255n);
    const nonce = fc.oneof(bytes(16), fc.constant(new Uint8Array(16).fill(0xff)));
    fc.assert(
      fc.property(bytes(32), nonce, fc.integer({min: 0, max: 40}), difficulty, (headerHash, from, attempts, hard) => {
        const job = {headerHash, batchRoot: headerHash, target: targetOf(hard), table: shared, mix};
        expect(backend.solveSlice(job, from, attempts)).toEqual(cpuBackend.solveSlice(job, from, attempts));
      }),
      {numRuns: 25},
    );
  });

  test.each([0n, -1n, 1n, 1n << 256n, 1n << 300n])("searches below the target %d as the rules do", (target) => {
    const job = {headerHash: new Uint8Array(32), batchRoot: new Uint8Array(32), target, table, mix: 1} as const;
    const from = new Uint8Array(16);
    expect(backend.solveSlice(job, from, 5)).toEqual(cpuBackend.solveSlice(job, from, 5));
  });

  test("takes a table that starts at an odd address, and headers that are no hashes", () => {
    const shifted = new Uint8Array(table.length + 1);
    shifted.set(table, 1);
    for (const size of [32, 31, 0]) {
      const starts = [{headerHash: new Uint8Array(size), nonce: new Uint8Array(16)}];
      expect(backend.mixDigests(shifted.subarray(1), starts, 1)).toEqual(cpuBackend.mixDigests(table, starts, 1));
    }
  });

  /** Fields of the recorded cases that these tests read. */
  interface Recorded {
    readonly input: {
      readonly op: string;
      readonly epoch?: string;
      readonly workset_root?: string;
      readonly n?: number;
      readonly header_hash?: string;
      readonly nonce?: string;
      readonly start_nonce?: string;
      readonly batch_root?: string;
      readonly difficulty?: string;
      readonly tensor_core_active?: boolean;
    };
    readonly expected: Readonly<Partial<Record<"mix_v1" | "mix_v2" | "mix_digest" | "nonce" | "attempts", string>>>;
  }

  /** The table of a case, whose first entry is the rules' own and the rest this path's. */
  function tableOf({epoch, workset_root: root, n}: Recorded["input"]): Uint8Array {
    const first = buildDag({epoch: BigInt(epoch!), workSetRoot: bytesOf(root!), entries: 2});
    const whole = new Uint8Array(n! * ENTRY_BYTES);
    const previous = first.slice(0, ENTRY_BYTES);
    whole.set(previous);
    backend.extendDags([{previous, index: 1, into: whole.subarray(ENTRY_BYTES)}]);
    return whole;
  }
});

test("10,000 random walks end in the same digests on every path", (context) => {
  const addon = addonOf(context);
  const [slowest, ...others] = usable.map(({path}) => nativeBackendOn(addon, path));
  const salt = randomBytes(32);
  const table = buildDag({epoch: 1n, workSetRoot: new Uint8Array(salt), entries: 3_000});
  const noise = createHash("shake256", {outputLength: 4_000 * 48})
    .update(salt)
    .digest();
  const starts = Array.from({length: 4_000}, (_, i) => ({
    headerHash: new Uint8Array(noise.subarray(48 * i, 48 * i + 32)),
    nonce: new Uint8Array(noise.subarray(48 * i + 32, 48 * i + 48)),
  }));
  const light = checkpointsOf(table, 16);
  const all = (backend: ComputeBackend): string =>
    [
      backend.mixDigests(table, starts, 1),
      backend.mixDigests(light, starts, 1),
      backend.mixDigests(table, starts.slice(0, 1_000), 2),
      backend.mixDigests(light, starts.slice(1_000, 2_000), 2),
    ]
      .flatMap((mixes) => mixes.map(hexOf))
      .join("\n");
  const expected = all(slowest!);
  for (const other of others) expect(all(other) === expected, `salt ${salt.toString("hex")}`).toBe(true);
});
