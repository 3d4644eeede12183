import fc from "fast-check";
import {describe, expect, type TestContext, test} from "vitest";
import {hexOf} from "../../../../src/codecs/bytes.js";
import type {ComputeBackend} from "../../../../src/node/compute/backend.js";
import {cpuBackend} from "../../../../src/node/compute/cpu.js";
import {breakEvenOf} from "../../../../src/node/compute/cuda/break-even.js";
import {cudaBackendOn} from "../../../../src/node/compute/cuda.js";
import {buildDag, ENTRY_BYTES, firstEntry} from "../../../../src/node/ledger/mining/dag.js";
import {targetOf} from "../../../../src/node/ledger/mining/target.js";
import {checkBackend} from "../../../../src/node/mining/choose-backend.js";
import {standIn} from "../../../support/cuda.js";
import vectors from "../../ledger/mining/dag.vectors.json" with {type: "json"};
import {checkpointsOf} from "../checkpoints-of.js";

/** The backend with nothing left to the CPU, on the stand-in for a device. */
function bareOn(context: TestContext): ComputeBackend {
  const {library, devices} = standIn(context);
  return cudaBackendOn({library, number: 0, device: devices[0]!}, cpuBackend).bare!;
}

const bytes = (size: number) => fc.uint8Array({minLength: size, maxLength: size});
const table = buildDag({epoch: 3n, workSetRoot: new Uint8Array(32).fill(7), entries: 500});

describe("the kernels, run by the CPU, give what the rules give", () => {
  test("for messages of any length at any place", (context) => {
    const cuda = bareOn(context);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({maxLength: 300}), {maxLength: 9}), (messages) => {
        expect(cuda.sha3(messages)).toEqual(cpuBackend.sha3(messages));
      }),
      {numRuns: 30},
    );
  });

  test("for the recorded walks, over a table that was copied and one that was built from checkpoints", (context) => {
    const cuda = bareOn(context);
    const mixes = vectors.cases.filter((each) => each.input.op === "mix" && each.input.n! < 100);
    expect(mixes.length).toBeGreaterThan(3);
    for (const {input, expected} of mixes) {
      const seed = {epoch: BigInt(input.epoch!), workSetRoot: Buffer.from(input.workset_root!, "hex")};
      const previous = firstEntry(seed);
      const recorded = new Uint8Array(input.n! * ENTRY_BYTES);
      recorded.set(previous);
      cpuBackend.extendDags([{previous, index: 1, into: recorded.subarray(ENTRY_BYTES)}]);
      const starts = [{headerHash: Buffer.from(input.header_hash!, "hex"), nonce: Buffer.from(input.nonce!, "hex")}];
      for (const dag of [recorded, checkpointsOf(recorded, 8)]) {
        expect(cuda.mixDigests(dag, starts, 1).map(hexOf)).toEqual([expected!.mix_v1]);
        expect(cuda.mixDigests(dag, starts, 2).map(hexOf)).toEqual([expected!.mix_v2]);
      }
    }
  });

  test.for([1, 2] as const)("for a search with mix version %d, over any number of launches", (mix, context) => {
    const cuda = bareOn(context);
    // A launch of the stand-in takes 1,024 attempts.
    const job = {headerHash: new Uint8Array(32), batchRoot: new Uint8Array(32), target: targetOf(900n), table, mix};
    const attempts = mix === 1 ? fc.integer({min: 1, max: 2_100}) : fc.integer({min: 1, max: 40});
    const nonce = fc.oneof(bytes(16), fc.constant(new Uint8Array(16).fill(0xff)));
    fc.assert(
      fc.property(nonce, attempts, (start, count) => {
        expect(cuda.solveSlice(job, start, count)).toEqual(cpuBackend.solveSlice(job, start, count));
      }),
      {numRuns: 8},
    );
  });

  test("which is what a miner checks before it uses them", (context) => {
    const cuda = bareOn(context);
    expect(() => checkBackend(cuda)).not.toThrow();
    const broken: ComputeBackend = {...cuda, solveSlice: (_job, _start, attempts) => ({solution: null, attempts})};
    expect(() => checkBackend({...cpuBackend, bare: broken})).toThrow(
      expect.objectContaining({code: "SELF_TEST_FAILED", message: "backend cuda: its search finds something else"}),
    );
  });
});

describe("small batches stay on the CPU", () => {
  test("and large ones go to the device", (context) => {
    const {library, devices} = standIn(context);
    const asked: number[] = [];
    const counting = {
      ...library,
      sha3: (...given: Parameters<typeof library.sha3>) => {
        asked.push(given[2].length);
        library.sha3(...given);
      },
    };
    // Hashing takes the host a hundred times as long as it should, so that the device wins from the first size on.
    const slow: ComputeBackend["sha3"] = (messages) => {
      for (let again = 0; again < 100; again++) cpuBackend.sha3(messages);
      return cpuBackend.sha3(messages);
    };
    const cuda = cudaBackendOn({library: counting, number: 0, device: devices[0]!}, {...cpuBackend, sha3: slow});
    const batch = (count: number) => new Array<Uint8Array>(count).fill(new Uint8Array(3));
    expect(cuda.sha3(batch(64))).toEqual(cpuBackend.sha3(batch(64)));
    expect(asked.length).toBeGreaterThan(1);
    asked.length = 0;
    cuda.sha3(batch(63));
    expect(asked).toEqual([]);
    cuda.sha3(batch(65));
    expect(asked).toEqual([65]);
  });

  test.each([
    ["a device that is quicker from 300 on", (count: number) => 30 + count * 0.1, (count: number) => count * 0.2, 512],
    ["one that is always quicker", () => 0, () => 1, 64],
    ["one that never is", () => 2, () => 1, Number.POSITIVE_INFINITY],
  ])("%s", (_, deviceMs, hostMs, expected) => {
    let nowMs = 0;
    const spend = (cost: (count: number) => number) => (count: number) => {
      nowMs += cost(count);
    };
    expect(breakEvenOf({host: spend(hostMs), device: spend(deviceMs), nowMs: () => nowMs})).toBe(expected);
  });
});
