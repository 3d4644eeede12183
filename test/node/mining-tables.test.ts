import {describe, expect, test} from "vitest";
import {UnavailableError} from "../../src/errors.js";
import {openBackend} from "../../src/node/compute/backend.js";
import {isMapped} from "../../src/node/compute/mapped-table.js";
import {buildDag, type DagSeed} from "../../src/node/ledger/mining/dag.js";
import {mixDigest} from "../../src/node/ledger/mining/walk.js";
import {DagBuilder, DEFAULT_DAG_OPTIONS} from "../../src/node/mining/dag/builder.js";
import {MiningTables, type TablesPorts} from "../../src/node/mining-tables.js";

const seedOf = (epoch: bigint): DagSeed => ({epoch, workSetRoot: new Uint8Array(32).fill(5), entries: 3_000});
const start = {headerHash: new Uint8Array(32).fill(1), nonce: new Uint8Array(16).fill(2)};
const mixOf = (epoch: bigint): Uint8Array => mixDigest(buildDag(seedOf(epoch)), start, 1);
const backend = await openBackend("wasm");

function bench(kind: "light" | "full", change: Partial<TablesPorts["builder"]> = {}) {
  const builder = new DagBuilder(
    {...DEFAULT_DAG_OPTIONS, threads: 0, smallEntries: 16, searches: false},
    {backend, cache: null, nowMs: () => 0},
  );
  const errors: unknown[] = [];
  const log = {debug: () => {}, info: () => {}, warn: () => {}, error: (fields: unknown) => void errors.push(fields)};
  let walks = 0;
  const ports: TablesPorts = {
    backend: {
      mixDigests(...args) {
        walks++;
        return backend.mixDigests(...args);
      },
    },
    builder: {
      wholeTable: (...args) => builder.wholeTable(...args),
      checkpoints: (...args) => builder.checkpoints(...args),
      verify: (...args) => builder.verify(...args),
      isSmall: () => false,
      isQuick: () => false,
      ...change,
    },
    log,
  };
  return {tables: new MiningTables(seedOf, kind, ports), errors, walks: () => walks, builder};
}

describe.each(["light", "full"] as const)("a node with tables kept %s", (kind) => {
  test("says that it builds one, and then walks to the digests of the rules", async () => {
    const {tables} = bench(kind);
    expect(() => tables.walk(4n)).toThrow(expect.objectContaining({code: "MINING_UNAVAILABLE"}));
    await tables.prepare(4n);
    expect(tables.walk(4n)(start, 1)).toEqual(mixOf(4n));
  });

  test("keeps two epochs", async () => {
    const {tables} = bench(kind);
    for (const epoch of [4n, 5n, 6n]) await tables.prepare(epoch);
    expect(tables.walk(5n)(start, 1)).toEqual(mixOf(5n));
    expect(tables.walk(6n)(start, 1)).toEqual(mixOf(6n));
    expect(() => tables.walk(4n)).toThrow(expect.objectContaining({code: "MINING_UNAVAILABLE"}));
  });
});

test("says how far a build is, to whoever wants its table", async () => {
  let finish: () => void = () => undefined;
  const {tables, builder} = bench("light", {
    async checkpoints(seed, watch) {
      watch.progress({epoch: seed.epoch, source: "chain", doneEntries: 750, entries: 3_000, etaSeconds: 12.2});
      await new Promise<void>((done) => {
        finish = done;
      });
      return builder.checkpoints(seed, watch);
    },
  });
  const preparing = tables.prepare(1n);
  expect(() => tables.walk(1n)).toThrow("the table of epoch 1 is being built (25 %, 13 s to go)");
  expect(tables.has(1n)).toBe(false);
  finish();
  await preparing;
  expect(tables.has(1n)).toBe(true);
});

test("a walk over checkpoints is done once and remembered for its block", async () => {
  const {tables, walks} = bench("light");
  await tables.prepare(1n);
  const walk = tables.walk(1n);
  expect(walk(start, 1)).toEqual(walk(start, 1));
  expect(walks()).toBe(1);
  expect(walk(start, 2)).not.toEqual(walk(start, 1));
  expect(walks()).toBe(2);
});

describe.each(["light", "full"] as const)("what a file gives to a node with tables kept %s", (kind) => {
  /** The first build gives what a forged file would: one byte is wrong, and `fresh` is false. */
  const forging = (quick: boolean) => {
    const built = {times: 0};
    const forged = <T extends Uint8Array>(bytes: T): T => {
      bytes[64]! ^= 1;
      return bytes;
    };
    const made = bench(kind, {
      isQuick: () => quick,
      async checkpoints(seed, watch) {
        const right = await made.builder.checkpoints(seed, watch);
        return built.times++ > 0 ? right : {...right, marks: forged(right.marks), fresh: false};
      },
      async wholeTable(seed, watch) {
        const right = await made.builder.wholeTable(seed, watch);
        return built.times++ > 0 || isMapped(right.table) ? right : {table: forged(right.table), fresh: false};
      },
    });
    return {...made, built};
  };

  test("is proved before it is used where that is quick", async () => {
    const {tables, errors, built} = forging(true);
    await tables.prepare(1n);
    expect([tables.walk(1n)(start, 1), built.times, errors.length]).toEqual([mixOf(1n), 2, 1]);
  });

  test("is proved while it is used otherwise, and built again when it is wrong", async () => {
    const {tables, errors, built} = forging(false);
    await tables.prepare(1n);
    await expect.poll(() => built.times).toBe(2);
    await tables.prepare(1n);
    expect([tables.walk(1n)(start, 1), errors.length]).toEqual([mixOf(1n), 1]);
  });
});

test("a build that fails is logged and tried again by the next who asks", async () => {
  let tries = 0;
  const {tables, errors} = bench("light", {
    async checkpoints() {
      tries++;
      throw new UnavailableError("DAG_THREAD_FAILED", "gone");
    },
  });
  for (const wanted of [1, 2]) {
    expect(() => tables.walk(1n)).toThrow(expect.objectContaining({code: "MINING_UNAVAILABLE"}));
    await expect.poll(() => errors.length).toBe(wanted);
  }
  expect(tries).toBe(2);
});

test("what is not known yet is said to whoever asks", () => {
  const {builder} = bench("light");
  const log = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};
  const unknown = (): never => {
    throw new UnavailableError("MINING_UNAVAILABLE", "not drawn");
  };
  const tables = new MiningTables(unknown, "light", {backend, builder, log});
  expect(() => tables.walk(1n)).toThrow("not drawn");
});
