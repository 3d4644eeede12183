import {mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {afterEach, beforeEach, describe, expect, type TestContext, test} from "vitest";
import {hexOf} from "../../../../src/codecs/bytes.js";
import {sha256} from "../../../../src/codecs/hash.js";
import {UnavailableError} from "../../../../src/errors.js";
import type {ComputeBackend} from "../../../../src/node/compute/backend.js";
import {isMapped, type MappedTable} from "../../../../src/node/compute/mapped-table.js";
import {bestPath} from "../../../../src/node/compute/native/addon.js";
import {nativeBackendOn} from "../../../../src/node/compute/native.js";
import {buildDag, type DagSeed} from "../../../../src/node/ledger/mining/dag.js";
import {mixDigest} from "../../../../src/node/ledger/mining/walk.js";
import {
  DagBuilder,
  type DagOptions,
  DEFAULT_DAG_OPTIONS,
  type WholeTable,
} from "../../../../src/node/mining/dag/builder.js";
import {DagCache} from "../../../../src/node/mining/dag/cache.js";
import {MiningTables} from "../../../../src/node/mining-tables.js";
import {addonOf} from "../../../support/native.js";

const HEAD_BYTES = 64;
const seed: DagSeed = {epoch: 3n, workSetRoot: new Uint8Array(32).fill(7), entries: 20_100};
const right = buildDag(seed);
const rightDigest = hexOf(sha256(right));
const start = {headerHash: new Uint8Array(32).fill(1), nonce: new Uint8Array(16)};

let directory = "";
let warnings: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "qsdm-dag-"));
  warnings = [];
});
afterEach(() => rmSync(directory, {recursive: true}));

/** The native backend, and a builder for which even this small table is a large one. */
function bench(context: TestContext, options: Partial<DagOptions> = {}, change: Partial<ComputeBackend> = {}) {
  const addon = addonOf(context);
  const backend = {...nativeBackendOn(addon, bestPath(addon)), ...change};
  const cache = new DagCache(directory, (warning) => warnings.push(warning));
  const all = {...DEFAULT_DAG_OPTIONS, threads: 0, smallEntries: 16, searches: false, ...options};
  const builder = new DagBuilder(all, {backend, cache, nowMs: () => performance.now()});
  const sources: string[] = [];
  const abort = new AbortController();
  const watch = {signal: abort.signal, progress: ({source}: {source: string}) => void sources.push(source)};
  return {backend, builder, watch, sources, abort};
}
const tableFile = (): string => path.join(directory, readdirSync(directory).find((name) => name.endsWith(".table"))!);
function digestOf(table: WholeTable): string {
  if (!isMapped(table)) return hexOf(sha256(table));
  const bytes = new Uint8Array(table.entries * 32);
  table.read(0, bytes);
  return hexOf(sha256(bytes));
}
function expectMapped(table: unknown): MappedTable {
  expect(isMapped(table as MappedTable)).toBe(true);
  return table as MappedTable;
}
/** Changes a byte of the file; a forger mends the checksum. */
function change(at: number, {forged}: {forged: boolean}): void {
  const bytes = new Uint8Array(readFileSync(tableFile()));
  bytes[HEAD_BYTES + at]! ^= 1;
  if (forged) bytes.set(sha256(bytes.subarray(0, -32)), bytes.length - 32);
  writeFileSync(tableFile(), bytes);
}

describe("a builder that maps", () => {
  test("builds a table once, and walks its file from then on", async (context) => {
    const {builder, watch, sources, backend} = bench(context);
    expect(digestOf(expectMapped(await builder.table(seed, watch)))).toBe(rightDigest);
    sources.length = 0;
    const table = expectMapped(await builder.table(seed, watch));
    expect(sources).toEqual(["file"]);
    expect(backend.mixDigests(table, [start], 1)).toEqual([mixDigest(right, start, 1)]);
    expect(warnings).toEqual([]);
  });

  test.for([
    ["a byte of it is another one", () => change(999, {forged: false})],
    ["it was cut short", () => truncateSync(tableFile(), 500)],
    ["it is empty", () => truncateSync(tableFile(), 0)],
  ] as const)("builds a file again when %s", async ([, damage], context) => {
    const {builder, watch} = bench(context);
    await builder.table(seed, watch);
    damage();
    expect(digestOf(expectMapped(await builder.table(seed, watch)))).toBe(rightDigest);
    expect(warnings).toEqual([expect.stringContaining("it is built again")]);
  });

  test.for([0, 1])("proves by %d threads what a file holds, and finds a forged entry", async (threads, context) => {
    const {builder, watch} = bench(context, {threads});
    await builder.table(seed, watch);
    const whole = await builder.wholeTable(seed, watch);
    expect([whole.fresh, await builder.verify(seed, whole.table, watch)]).toEqual([false, true]);
    change(777 * 32, {forged: true});
    const {table} = await builder.wholeTable(seed, watch);
    expect(await builder.verify(seed, expectMapped(table), watch)).toBe(false);
    expect(readdirSync(directory).map((name) => path.extname(name))).toEqual([".256"]);
  });

  test("copies for who cannot walk a file, where that is set, and where no file can be mapped", async (context) => {
    const made = bench(context);
    const copies = [
      await made.builder.table(seed, made.watch, false),
      await bench(context, {memory: "copied"}).builder.table(seed, made.watch),
      // Its pages are small, and there is memory.
      await bench(context, {searches: true}).builder.table(seed, made.watch),
      await bench(context, {memory: "mapped"}, {mapTable: undefined as never}).builder.table(seed, made.watch),
    ];
    for (const table of copies) expect([isMapped(table), digestOf(table)]).toEqual([false, rightDigest]);
    expect(warnings).toEqual([]);
    const refused = (): never => {
      throw new UnavailableError("TABLE_UNMAPPED", "the table's file cannot be mapped: No such device");
    };
    const table = await bench(context, {memory: "mapped"}, {mapTable: refused}).builder.table(seed, made.watch);
    expect([isMapped(table), digestOf(table)]).toEqual([false, rightDigest]);
    expect(warnings).toEqual([expect.stringContaining("No such device; a copy is used")]);
  });

  test("stops reading a file that nobody wants any more", async (context) => {
    const {builder, watch, abort} = bench(context);
    await builder.table(seed, watch);
    abort.abort();
    await expect(builder.table(seed, watch)).rejects.toMatchObject({name: "AbortError"});
  });
});

test("a node refuses work while it makes the table of a file anew that was changed in use", async (context) => {
  const {builder, backend} = bench(context);
  const errors: unknown[] = [];
  const log = {debug: () => {}, info: () => {}, warn: () => {}, error: (fields: unknown) => void errors.push(fields)};
  const tables = new MiningTables(() => seed, "full", {backend, builder, log});
  await tables.prepare(3n);
  const walk = tables.walk(3n);
  expect(walk(start, 1)).toEqual(mixDigest(right, start, 1));
  truncateSync(tableFile(), 0);
  expect(() => walk(start, 1)).toThrow(expect.objectContaining({code: "MINING_UNAVAILABLE"}));
  expect(errors).toEqual([{epoch: 3n, err: expect.objectContaining({code: "TABLE_CHANGED"})}]);
  await tables.prepare(3n);
  expect(tables.walk(3n)(start, 1)).toEqual(mixDigest(right, start, 1));
});
