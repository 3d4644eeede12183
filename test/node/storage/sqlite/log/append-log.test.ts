import {createHash} from "node:crypto";
import {cpSync, existsSync} from "node:fs";
import path from "node:path";
import fc from "fast-check";
import {describe, expect, test, vi} from "vitest";
import {equalBytes, hexOf} from "../../../../../src/codecs/bytes.js";
import {openSqlite, type Sqlite} from "../../../../../src/node/storage/sqlite/driver.js";
import {AppendLog} from "../../../../../src/node/storage/sqlite/log/append-log.js";
import type {Cell} from "../../../../../src/node/storage/sqlite/log/chunk.js";
import {logSchema} from "../../../../../src/node/storage/sqlite/log/schema.js";
import {scratchDirectory} from "../../../../support/chain.js";

/** Room for all, and for a few chunks and hardly a part. */
const CACHE_BYTES = 2 ** 24;
const SMALL_CACHE_BYTES = 2 ** 16;
const NAME = "cell";
const NOTHING = new Uint8Array(0);
const ALL = {from: 0n, to: 1n << 60n, limit: 1_000_000};

/** Key number `n`: as good as random, but for every eighth, whose first 64 bits some others have. */
function keyAt(n: number): Uint8Array {
  const key = new Uint8Array(createHash("sha256").update(`${n}`).digest());
  if (n % 8 === 0) new DataView(key.buffer).setBigUint64(0, BigInt(n >> 8));
  return key;
}

const valueAt = (n: number, size: number): Uint8Array => new Uint8Array(size).fill(n % 251);

/** A log on a file, beside what it should hold. */
class Tried {
  file: string;
  readonly #want = new Map<number, {readonly height: number; readonly value: Uint8Array}>();
  readonly #gone = new Map<number, {readonly height: number; readonly value: Uint8Array}>();
  #height = 0;
  #db: Sqlite;
  log: AppendLog;

  constructor(private readonly cacheBytes = CACHE_BYTES) {
    this.file = path.join(scratchDirectory(), "log.db");
    this.#db = openSqlite(this.file);
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${logSchema(NAME)}`);
    this.log = new AppendLog(this.#db, NAME, this.cacheBytes);
  }

  get count(): number {
    return this.#want.size + this.#gone.size;
  }

  #cells(count: number, size: number): Cell[] {
    return Array.from({length: count}, (_, i) => {
      const n = this.count + i;
      return {key: keyAt(n), value: valueAt(n, 1 + ((size + i) % (size + 3)))};
    });
  }

  append(count: number, size = 20): void {
    const cells = this.#cells(count, size);
    const [height, first] = [this.#height++, this.count];
    this.#db.transaction(() => this.log.append(BigInt(height), cells))();
    for (const [i, {value}] of cells.entries()) this.#want.set(first + i, {height, value});
  }

  /** A batch whose chunks are numbered from `seq` on. */
  appendAt(seq: number, count: number): void {
    this.exec(`INSERT INTO ${NAME} (seq, height, cells, value) VALUES (${seq - 1}, 1000000, 0, x'')`);
    this.append(count);
    this.exec(`DELETE FROM ${NAME} WHERE seq = ${seq - 1}`);
  }

  /** A batch whose transaction fails behind it. */
  fail(count: number): void {
    const write = this.#db.transaction(() => {
      this.log.append(BigInt(this.#height), this.#cells(count, 20));
      throw new Error("failed");
    });
    expect(write).toThrow("failed");
    this.log.forget();
  }

  /** The oldest batches behind the first. */
  drop(batches: number): void {
    const to = Math.min(batches, this.#height - 1);
    this.#db.transaction(() => this.log.drop(1n, BigInt(to)))();
    for (const [n, each] of this.#want)
      if (each.height > 0 && each.height <= to) {
        this.#want.delete(n);
        this.#gone.set(n, each);
      }
  }

  /** So many of the dropped batches, the newest first. */
  putBack(batches: number): void {
    const heights = [...new Set([...this.#gone.values()].map(({height}) => height))].sort((a, b) => b - a);
    for (const height of heights.slice(0, batches)) {
      const back = [...this.#gone].filter(([, each]) => each.height === height);
      this.#db.transaction(() =>
        this.log.append(
          BigInt(height),
          back.map(([n, {value}]) => ({key: keyAt(n), value})),
        ),
      )();
      for (const [n, each] of back) {
        this.#gone.delete(n);
        this.#want.set(n, each);
      }
    }
  }

  reopen(): void {
    this.#db.close();
    this.#open(this.file);
  }

  #open(file: string): void {
    this.file = file;
    this.#db = openSqlite(file);
    this.log = new AppendLog(this.#db, NAME, this.cacheBytes);
  }

  /** Goes on from what a kill at this moment leaves. */
  kill(): void {
    const copy = path.join(scratchDirectory(), "log.db");
    for (const end of ["", "-wal"]) if (existsSync(this.file + end)) cpSync(this.file + end, copy + end);
    this.#db.close();
    this.#open(copy);
  }

  /** Holds every key, those that were dropped and some that never were, to the map. */
  check(): void {
    const others = Array.from({length: 40}, (_, i) => this.count + i);
    const lost = [...this.#want].filter(([n, {value}]) => !equalBytes(this.log.get(keyAt(n)) ?? NOTHING, value));
    expect(lost.map(([n]) => n)).toEqual([]);
    expect([...this.#gone.keys(), ...others].filter((n) => this.log.get(keyAt(n)) !== null)).toEqual([]);
    const all = [...this.#want.keys(), ...this.#gone.keys(), ...others].reverse();
    const values = this.log.getAll(all.map(keyAt));
    expect(values.map((value) => value && hexOf(value))).toEqual(
      all.map((n) => (this.#want.has(n) ? hexOf(this.#want.get(n)!.value) : null)),
    );
    const newest = [...this.#want].sort(([a], [b]) => b - a).map(([, {value}]) => hexOf(value));
    expect(this.log.between(ALL).map(hexOf)).toEqual(newest);
    expect(this.log.between({...ALL, limit: 3}).map(hexOf)).toEqual(newest.slice(0, 3));
    expect(this.log.verify()).toEqual([]);
  }

  runs(): {state: bigint; entries: bigint}[] {
    return this.#db.prepare(`SELECT state, entries FROM ${NAME}_run ORDER BY id`).all() as never;
  }

  exec(sql: string): void {
    this.#db.exec(sql);
    this.log.forget();
  }

  close(): void {
    this.#db.close();
  }
}

const count = (of: readonly {state: bigint}[], state: bigint): number => of.filter((run) => run.state === state).length;

test("holds what a map holds, whatever is appended, dropped, undone and opened again", () => {
  const step = fc.oneof(
    {weight: 6, arbitrary: fc.record({is: fc.constant("append" as const), n: fc.integer({min: 0, max: 60})})},
    {weight: 1, arbitrary: fc.record({is: fc.constant("append" as const), n: fc.integer({min: 900, max: 1_500})})},
    {weight: 1, arbitrary: fc.record({is: fc.constant("fail" as const), n: fc.integer({min: 1, max: 60})})},
    {weight: 1, arbitrary: fc.record({is: fc.constant("drop" as const), n: fc.integer({min: 1, max: 20})})},
    {weight: 1, arbitrary: fc.record({is: fc.constant("putBack" as const), n: fc.integer({min: 1, max: 9})})},
    {weight: 1, arbitrary: fc.record({is: fc.constantFrom("reopen" as const, "kill" as const), n: fc.constant(0)})},
  );
  fc.assert(
    fc.property(fc.array(step, {maxLength: 30}), (steps) => {
      const tried = new Tried(SMALL_CACHE_BYTES);
      for (const {is, n} of steps) tried[is](n as never);
      tried.check();
      tried.close();
    }),
    {numRuns: 25},
  );
});

test("a merge that takes many batches is killed behind each, and loses nothing", () => {
  const tried = new Tried();
  for (const size of [10_000, 10_000, 10_000, 4_100]) tried.append(size, 4);
  let steps = 0;
  for (; count(tried.runs(), 1n) > 0; steps++) {
    if (steps === 2) tried.check();
    tried.kill();
    tried.append(1);
  }
  expect(steps).toBeGreaterThan(2);
  tried.check();
  expect(tried.runs().some(({entries}) => entries === 34_100n)).toBe(true);
  tried.close();
});

test("batches of every size leave few runs", () => {
  const tried = new Tried();
  const sizes = [1, 1_500, 2, 700, 1, 1, 40];
  let most = 0;
  for (let i = 0; i < 90; i++) {
    tried.append(sizes[i % sizes.length]!, 4);
    most = Math.max(most, count(tried.runs(), 0n));
  }
  // Three to a level, and the four that are being merged.
  expect(most).toBeLessThanOrEqual(7 * 5);
  tried.check();
  tried.close();
});

test("what is dropped leaves the index with it, and what leads nowhere is merged away", () => {
  const tried = new Tried();
  for (let i = 0; i < 40; i++) tried.append(100);
  tried.drop(30);
  tried.check();
  for (let i = 0; i < 40; i++) tried.append(100);
  const left = tried.runs().reduce((sum, {entries}) => sum + Number(entries), 0);
  expect(left).toBeLessThanOrEqual(5_100 + 1_600);
  tried.drop(79);
  tried.reopen();
  tried.append(1);
  tried.check();
  tried.close();
});

test("no statement sorts what it reads, for that is as long as the chain", () => {
  const db = openSqlite("");
  db.exec(logSchema(NAME));
  const prepare = vi.spyOn(db, "prepare");
  const log = new AppendLog(db, NAME, CACHE_BYTES);
  const statements = prepare.mock.calls.map(([sql]) => sql);
  prepare.mockRestore();
  expect(log.verify()).toEqual([]);
  expect(statements.length).toBeGreaterThan(6);
  const sorting = statements.filter((sql) => {
    const nulls = [...sql.matchAll(/\?/g)].map(() => null);
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...nulls) as {detail: string}[];
    return plan.some(({detail}) => /TEMP B-TREE/.test(detail));
  });
  expect(sorting).toEqual([]);
  db.close();
});

test("runs are merged as far as the places of one can count, whichever of them begins first", () => {
  const tried = new Tried();
  tried.append(500);
  tried.appendAt(5_000_000, 1_500);
  tried.appendAt(10_000_000, 500);
  tried.append(500);
  // With the first one, a run of as many as the second, which lies within it.
  tried.append(500);
  // More than 2^24 chunks from the first one, and less from the second.
  tried.appendAt(20_000_000, 1_500);
  tried.append(1_500);
  tried.check();
  tried.close();
});

test("a cell may be longer than a page, and a batch empty", () => {
  const tried = new Tried();
  tried.append(0);
  tried.append(3, 20_000);
  tried.append(40, 1_300);
  tried.reopen();
  tried.check();
  tried.close();
});

describe("damage is told", () => {
  const filled = (): Tried => {
    const tried = new Tried();
    tried.append(30);
    tried.append(30);
    return tried;
  };

  test.each<[string, string, RegExp]>([
    [
      "a chunk that is cut short",
      `UPDATE ${NAME} SET value = substr(value, 1, 90) WHERE seq = 1`,
      /^cell 1: .*damaged: /,
    ],
    ["a chunk of nothing", `UPDATE ${NAME} SET value = zeroblob(8) WHERE seq = 1`, /^cell 1: .*damaged: /],
    [
      "a key that is another",
      `UPDATE ${NAME} SET value = (SELECT value FROM ${NAME} WHERE seq = 2) WHERE seq = 1`,
      /does not find/,
    ],
    ["a part that is gone", `DELETE FROM ${NAME}_part WHERE seq = (SELECT min(seq) FROM ${NAME}_part)`, /is missing/],
    ["a run that is gone", `DELETE FROM ${NAME}_run WHERE id = 1`, /does not find/],
    ["a part of another size", `UPDATE ${NAME}_part SET value = substr(value, 2)`, /part of the index has 359 bytes/],
    [
      "a part that is not in order",
      `UPDATE ${NAME}_part SET value = x'${"02000000010000000000000000000000".repeat(1)}0000000000000000'`,
      /not in order/,
    ],
  ])("%s", (_, sql, finding) => {
    const tried = filled();
    tried.exec(sql);
    expect(tried.log.verify()[0]).toMatch(finding);
    tried.close();
  });

  test("to whoever asks as well, as something that neither client nor peer did", () => {
    const tried = filled();
    tried.exec(`UPDATE ${NAME} SET value = zeroblob(9)`);
    expect(() => tried.log.get(keyAt(0))).toThrow(expect.objectContaining({code: "DATABASE_CORRUPT", httpStatus: 503}));
    expect(() => tried.log.between(ALL)).toThrow(expect.objectContaining({code: "DATABASE_CORRUPT"}));
    tried.close();
  });

  test("keys are of 32 bytes", () => {
    const tried = filled();
    const write = () => tried.log.append(9n, [{key: new Uint8Array(31), value: new Uint8Array(1)}]);
    expect(write).toThrow(/31 bytes/);
    expect(() => tried.log.get(new Uint8Array(33))).toThrow(/33 bytes/);
    tried.close();
  });
});
