import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {afterEach, beforeEach, describe, expect, test} from "vitest";
import {hexOf} from "../../../../src/codecs/bytes.js";
import {sha256} from "../../../../src/codecs/hash.js";
import {openBackend} from "../../../../src/node/compute/backend.js";
import {isTable} from "../../../../src/node/ledger/mining/checkpoints.js";
import {buildDag, type DagSeed} from "../../../../src/node/ledger/mining/dag.js";
import {mixDigest} from "../../../../src/node/ledger/mining/walk.js";
import {
  DagBuilder,
  type DagProgress,
  DEFAULT_DAG_OPTIONS,
  type WholeTable,
} from "../../../../src/node/mining/dag/builder.js";
import {DagCache} from "../../../../src/node/mining/dag/cache.js";
import {Eta} from "../../../../src/node/mining/dag/eta.js";

// Not a multiple of the interval, so that the last segment is a short one.
const seed: DagSeed = {epoch: 3n, workSetRoot: new Uint8Array(32).fill(7), entries: 20_100};
const expected = hexOf(sha256(buildDag(seed)));
const backend = await openBackend("wasm");

let directory = "";
let warnings: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "qsdm-dag-"));
  warnings = [];
});
afterEach(() => rmSync(directory, {recursive: true}));

/** A builder for which even this small table is a large one, which files keep. */
function builderOf(options: {smallEntries?: number; threads?: number} = {}) {
  const progress: DagProgress[] = [];
  const abort = new AbortController();
  const cache = new DagCache(directory, (warning) => warnings.push(warning));
  const builder = new DagBuilder(
    {...DEFAULT_DAG_OPTIONS, threads: 0, smallEntries: 16, searches: false, ...options},
    {backend, cache, nowMs: () => performance.now()},
  );
  return {builder, progress, abort, watch: {signal: abort.signal, progress: (at: DagProgress) => progress.push(at)}};
}
const files = (): string[] => readdirSync(directory).sort();
const fileOf = (ending: string): string => path.join(directory, files().find((name) => name.endsWith(ending))!);
const digestOf = (table: WholeTable): string => {
  if (isTable(table)) return hexOf(sha256(table));
  const bytes = new Uint8Array(table.entries * 32);
  table.read(0, bytes);
  return hexOf(sha256(bytes));
};

/** Changes a byte of a file and mends its checksum, as whoever forges one would. */
function forge(file: string, at: number): void {
  const bytes = new Uint8Array(readFileSync(file));
  bytes[at]! ^= 1;
  bytes.set(sha256(bytes.subarray(0, -32)), bytes.length - 32);
  writeFileSync(file, bytes);
}

describe("a large table", () => {
  test.each([0, 2])("by %d threads comes from chain, file and checkpoints, and is the same", async (threads) => {
    const {builder, watch, progress} = builderOf({threads});
    expect(digestOf(await builder.table(seed, watch))).toBe(expected);
    expect(files()).toHaveLength(2);
    expect(statSync(fileOf(".table")).mode & 0o777).toBe(0o600);
    expect(progress.at(-1)).toMatchObject({source: "chain", doneEntries: seed.entries, etaSeconds: 0});

    expect(digestOf(await builder.table(seed, watch))).toBe(expected);
    expect(progress.at(-1)).toMatchObject({source: "file", doneEntries: seed.entries});

    rmSync(fileOf(".table"));
    expect(digestOf(await builder.table(seed, watch))).toBe(expected);
    expect(progress.at(-1)).toMatchObject({source: "checkpoints", doneEntries: seed.entries});
    expect(warnings).toEqual([]);
  });

  test("is built again when its file is damaged, cut short or another table's", async () => {
    const {builder, watch} = builderOf();
    await builder.table(seed, watch);
    const damages: [string, (file: string) => void][] = [
      [
        "the checksum does not match",
        (file) => writeFileSync(file, new Uint8Array(readFileSync(file)).fill(1, 990, 1_000)),
      ],
      ["bytes instead of", (file) => truncateSync(file, 500)],
      ["another table's head", (file) => forge(file, 12)],
    ];
    for (const [warning, damage] of damages)
      for (const kind of [".table", ".256"]) {
        damage(fileOf(kind));
        if (kind === ".256") rmSync(fileOf(".table"));
        expect(digestOf(await builder.table(seed, watch))).toBe(expected);
        expect(warnings.pop()).toContain(warning);
        expect(files()).toHaveLength(2);
      }
  });

  test.each([
    ["a later checkpoint", 64 + 40 * 32],
    ["the first checkpoint", 64],
    ["the last checkpoint", 64 + 78 * 32],
  ])("is not built from a forged file with a wrong %s", async (_, at) => {
    const {builder, watch} = builderOf();
    await builder.table(seed, watch);
    forge(fileOf(".256"), at);
    rmSync(fileOf(".table"));
    expect(digestOf(await builder.table(seed, watch))).toBe(expected);
    const checkpoints = await builder.checkpoints(seed, watch);
    expect(await builder.verify(seed, checkpoints, watch)).toBe(true);
  });

  test.each([
    ["0 threads, its first entry", 0, 0],
    ["0 threads, an entry between checkpoints", 0, 777 * 32],
    ["1 thread, its last entry", 1, 20_100 * 32 - 1],
  ])("of a forged file is found out by %s, and the file is dropped", async (_, threads, at) => {
    const {builder, watch} = builderOf({threads});
    expect(await builder.wholeTable(seed, watch)).toMatchObject({fresh: true});
    const right = await builder.wholeTable(seed, watch);
    expect([right.fresh, await builder.verify(seed, right.table, watch)]).toEqual([false, true]);
    forge(fileOf(".table"), 64 + at);
    const {table, fresh} = await builder.wholeTable(seed, watch);
    expect([fresh, await builder.verify(seed, table, watch)]).toEqual([false, false]);
    expect(files().map((name) => path.extname(name))).toEqual([".256"]);
  });

  test.each([0, 1])("by %d threads leaves the disk as it was when nobody wants it any more", async (threads) => {
    const {builder, watch, abort} = builderOf({threads});
    const building = builder.table({...seed, entries: 2 ** 22}, watch);
    setTimeout(() => abort.abort(), 50);
    await expect(building).rejects.toMatchObject({name: "AbortError"});
    expect(files()).toEqual([]);
  });

  test("is there also when it cannot be kept", async () => {
    const {watch} = builderOf();
    writeFileSync(path.join(directory, "file"), "");
    const cache = new DagCache(path.join(directory, "file"), (warning) => warnings.push(warning));
    const options = {...DEFAULT_DAG_OPTIONS, threads: 0, smallEntries: 16, searches: false};
    const builder = new DagBuilder(options, {backend, cache, nowMs: () => 0});
    expect(digestOf(await builder.table(seed, watch))).toBe(expected);
    expect(warnings[0]).toContain("cannot keep");
  });

  test("of epochs before the last two leaves no files", async () => {
    const {builder, watch} = builderOf();
    for (const epoch of [8n, 9n, 10n]) await builder.checkpoints({...seed, epoch}, watch);
    expect(files().map((name) => Number(name.slice(0, 20)))).toEqual([9, 10]);
  });
});

describe("checkpoints", () => {
  test("are walked to the digests of the whole table", async () => {
    const {builder, watch} = builderOf();
    const start = {headerHash: new Uint8Array(32).fill(1), nonce: new Uint8Array(16)};
    const mix = mixDigest(buildDag(seed), start, 1);
    for (const fresh of [true, false]) {
      const checkpoints = await builder.checkpoints(seed, watch);
      expect(checkpoints).toMatchObject({fresh, entries: seed.entries, interval: 256});
      expect(checkpoints.marks.length).toBe(Math.ceil(seed.entries / 256) * 32);
      expect(backend.mixDigests(checkpoints, [start], 1)).toEqual([mix]);
    }
  });

  test("of a forged file are found out, and the file is dropped", async () => {
    const {builder, watch} = builderOf();
    await builder.checkpoints(seed, watch);
    forge(fileOf(".256"), 64 + 10 * 32);
    const checkpoints = await builder.checkpoints(seed, watch);
    expect(checkpoints.fresh).toBe(false);
    expect(await builder.verify(seed, checkpoints, watch)).toBe(false);
    expect(files()).toEqual([]);
  });
});

test("a small table is built where it is wanted and leaves no file", async () => {
  const {builder, watch, progress} = builderOf({smallEntries: 100_000});
  expect(digestOf(await builder.table(seed, watch))).toBe(expected);
  expect(progress.at(-1)).toMatchObject({source: "chain", doneEntries: seed.entries, entries: seed.entries});
  expect(files()).toEqual([]);
});

test("a table of one entry is refused", async () => {
  const {builder, watch} = builderOf();
  await expect(builder.table({...seed, entries: 1}, watch)).rejects.toMatchObject({code: "DAG_SIZE"});
});

test("the time to go is what the rest takes at the same pace", () => {
  const eta = new Eta(1_000, 5_000);
  expect(eta.after(10, 5_500)).toBeNull();
  expect(eta.after(0, 9_000)).toBeNull();
  expect(eta.after(250, 15_000)).toBe(30);
  expect(eta.after(1_000, 5_001)).toBe(0);
});
