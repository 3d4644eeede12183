import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {bytesOfHex} from "../../../src/codecs/bytes.js";
import {openBackend} from "../../../src/node/compute/backend.js";
import {buildDag} from "../../../src/node/ledger/mining/dag.js";
import {meetsTarget, powHash} from "../../../src/node/ledger/mining/pow.js";
import {targetOf} from "../../../src/node/ledger/mining/target.js";
import {mixDigest} from "../../../src/node/ledger/mining/walk.js";
import {openSolver} from "../../../src/node/mining/devices.js";
import type {Solver} from "../../../src/node/mining/solver.js";
import {WorkerSolver} from "../../../src/node/mining/worker-solver.js";
import {backendsHere} from "../../support/native.js";
import known from "./known-nonce.vectors.json" with {type: "json"};

const plainTable = buildDag({epoch: 0n, workSetRoot: new Uint8Array(32), entries: 64});
const table = new Uint8Array(new SharedArrayBuffer(plainTable.length));
table.set(plainTable);
const search = (difficulty: bigint) => ({
  headerHash: new Uint8Array(32).fill(1),
  batchRoot: new Uint8Array(32).fill(2),
  target: targetOf(difficulty),
  mix: 1 as const,
});
const start = new Uint8Array(16).fill(255);

describe.each(backendsHere)("a solver of two threads with the backend %s", (backend) => {
  let solver: Solver;
  beforeAll(async () => {
    solver = openSolver(await openBackend(backend), 2);
    solver.useTable(table);
  });
  afterAll(() => solver.close());

  test("finds nonces whose work holds, and counts its attempts", async () => {
    for (const difficulty of [1n, 50n, 200n]) {
      const before = solver.attempts();
      const job = search(difficulty);
      const solution = await solver.search(job, start, new AbortController().signal);
      expect(solution!.mixDigest).toEqual(mixDigest(table, {...job, ...solution!}, 1));
      expect(meetsTarget(powHash({...job, ...solution!}), job.target)).toBe(true);
      expect(solver.attempts()).toBeGreaterThan(before);
    }
  });

  test("stops within a moment when told to, and is ready for the next search", async () => {
    const abort = new AbortController();
    const endless = solver.search(search(1n << 250n), start, abort.signal);
    setTimeout(() => abort.abort(), 50);
    expect(await endless).toBeNull();
    const idle = solver.attempts();
    await new Promise((done) => setTimeout(done, 50));
    const resting = solver.attempts();
    expect(resting - idle).toBeLessThanOrEqual(64);
    expect(await solver.search(search(2n), start, new AbortController().signal)).not.toBeNull();
  });

  test("does not begin what is already called off", async () => {
    expect(await solver.search(search(1n), start, AbortSignal.abort())).toBeNull();
  });
});

test("a thread that dies fails the search instead of leaving it waiting", async () => {
  const solver = new WorkerSolver({threads: 1, backend: "cpu"});
  try {
    // Without a table the thread breaks.
    const search1 = solver.search(search(1n), start, new AbortController().signal);
    await expect(search1).rejects.toMatchObject({code: "SOLVER_FAILED"});
    const search2 = solver.search(search(1n), start, new AbortController().signal);
    await expect(search2).rejects.toMatchObject({code: "SOLVER_FAILED"});
  } finally {
    await solver.close();
  }
});

test("a search without a table is refused by either kind of solver", async () => {
  for (const backend of backendsHere.filter((name) => name !== "wasm")) {
    const solver = openSolver(await openBackend(backend), 1);
    try {
      const refused = solver.search(search(1n), start, new AbortController().signal);
      await expect(refused).rejects.toMatchObject({code: "SOLVER_FAILED"});
    } finally {
      await solver.close();
    }
  }
});

// Expected values: known_nonce.py, which shares no code with this program.
describe.each(backendsHere)(
  "at difficulty 16,384 on a table of 2^16 entries, a thread with the backend %s",
  (backend) => {
    test("finds the nonce that an independent implementation found", async () => {
      const {input, expected} = known;
      const dag = buildDag({epoch: BigInt(input.epoch), workSetRoot: bytesOfHex(input.workset_root), entries: input.n});
      const shared = new Uint8Array(new SharedArrayBuffer(dag.length));
      shared.set(dag);
      const solver = openSolver(await openBackend(backend), 1);
      try {
        solver.useTable(shared);
        const job = {
          headerHash: bytesOfHex(input.header_hash),
          batchRoot: bytesOfHex(input.batch_root),
          target: targetOf(BigInt(input.difficulty)),
          mix: 1 as const,
        };
        const found = await solver.search(job, bytesOfHex(input.start_nonce), AbortSignal.timeout(60_000));
        expect(found).toEqual({nonce: bytesOfHex(expected.nonce), mixDigest: bytesOfHex(expected.mix_digest)});
        expect(solver.attempts()).toBe(expected.attempts);
      } finally {
        await solver.close();
      }
    });
  },
);
