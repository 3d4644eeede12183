import {copyFileSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from "node:fs";
import path from "node:path";
import {describe, expect, test} from "vitest";
import {genesisBlock} from "../../../../src/node/ledger/chain/genesis.js";
import {loadCompression} from "../../../../src/node/storage/sqlite/compression.js";
import {openSqlite} from "../../../../src/node/storage/sqlite/driver.js";
import {SqliteStore} from "../../../../src/node/storage/sqlite/store.js";
import {scratchDirectory, testGenesis} from "../../../support/chain.js";
import {CONTRACT_LIMITS, commitAt, fill, idOf, storeContract} from "../contract.js";

const scratchFile = (): string => path.join(scratchDirectory(), "chain.db");
/** Every file there, and all that is in it. */
const filesIn = (directory: string): string[][] =>
  readdirSync(directory).map((name) => [name, readFileSync(path.join(directory, name)).toString("hex")]);
/** As Linux tells who has locked what; other systems do not. */
const LOCKS = "/proc/locks";
const locksOn = (file: string): string[] =>
  (existsSync(LOCKS) ? readFileSync(LOCKS, "utf8").split("\n") : [])
    .filter((line) => line.includes(`:${statSync(file).ino} `))
    .map((line) => line.slice(line.indexOf(":") + 1));
const open = (file: string) => SqliteStore.open({path: file, ...CONTRACT_LIMITS});

describe("the port's contract", () => storeContract((directory) => open(path.join(directory, "chain.db"))));

describe("a file that cannot be used is refused with its reason", () => {
  test.each<[string, (file: string) => void]>([
    ["DATABASE_FOREIGN", (file) => openSqlite(file).exec("CREATE TABLE other (x)").close()],
    [
      "DATABASE_NEWER",
      (file) =>
        openSqlite(file)
          .exec("CREATE TABLE x (y); PRAGMA application_id = 1903387757; PRAGMA user_version = 99")
          .close(),
    ],
    [
      "DATABASE_OLDER",
      (file) =>
        openSqlite(file)
          .exec("CREATE TABLE x (y); PRAGMA application_id = 1903387757; PRAGMA user_version = 0")
          .close(),
    ],
    [
      "DATABASE_CORRUPT",
      (file) => writeFileSync(file, "this is not a database, it only looks like a file\n".repeat(100)),
    ],
  ])("%s, and is left as it was", async (code, prepare) => {
    const file = scratchFile();
    prepare(file);
    const before = readFileSync(file);
    await expect(open(file)).rejects.toMatchObject({code});
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(path.dirname(file))).toEqual(["chain.db"]);
  });

  test.each([
    ["its log, as a crash left it", "wal", "CREATE TABLE other (x)", ""],
    ["its log, with all its tables", "wal", "", "CREATE TABLE other (x); INSERT INTO other VALUES (1)"],
    ["its journal, as a crash left it", "delete", "CREATE TABLE other (x)", ""],
  ])("DATABASE_FOREIGN with %s: every file is left as it was", async (_what, journal, first, then) => {
    const directory = scratchDirectory();
    const file = path.join(directory, "chain.db");
    const db = openSqlite(path.join(scratchDirectory(), "other.db"));
    db.pragma("cache_spill = 1");
    db.pragma(`journal_mode = ${journal}`);
    db.exec(first);
    // What is half done is copied from under it.
    if (then === "")
      db.exec("BEGIN; CREATE TABLE more (x); PRAGMA cache_size = 1; INSERT INTO other SELECT randomblob(9999)");
    else db.exec(then);
    for (const suffix of ["", "-wal", "-journal"])
      if (existsSync(db.name + suffix)) copyFileSync(db.name + suffix, file + suffix);
    db.close();
    const before = filesIn(directory);
    expect(before.length).toBe(2);
    await expect(open(file)).rejects.toMatchObject({code: "DATABASE_FOREIGN"});
    expect(filesIn(directory)).toEqual(before);
  });

  test("DATABASE_OLDER where the version before wrote it, whose headers have other fields, and is left as it was", async () => {
    const file = scratchFile();
    (await open(file)).close();
    const version = (): unknown => {
      const db = openSqlite(file);
      const found = Number(db.pragma("user_version", {simple: true}));
      db.close();
      return found;
    };
    const before = openSqlite(file);
    before.pragma("user_version = 7");
    before.close();
    await expect(open(file)).rejects.toMatchObject({code: "DATABASE_OLDER"});
    expect(version()).toBe(7);
  });

  test("DATA_DIR_LOCKED while another store has it open, by whatever name, and not afterwards", async () => {
    const file = scratchFile();
    const first = await open(file);
    symlinkSync(file, `${file}.link`);
    const held = locksOn(file);
    await expect(open(`${file}.link`)).rejects.toMatchObject({code: "DATA_DIR_LOCKED"});
    // Who is refused in this process leaves other processes locked out.
    expect([locksOn(file), held.length > 0]).toEqual([held, existsSync(LOCKS)]);
    first.close();
    (await open(file)).close();
  });
});

test("a file that nobody changes is opened and closed without a write", async () => {
  const file = scratchFile();
  (await open(file)).close();
  const before = readFileSync(file);
  (await open(file)).close();
  expect(readFileSync(file).equals(before)).toBe(true);
});

describe("compression", () => {
  test.each([0, 1, 255, 256, 100_000])("gives %s bytes back", async (size) => {
    const {pack, unpack} = await loadCompression();
    const row = Uint8Array.from({length: size}, (_, i) => i % 7);
    const packed = await pack(row);
    expect(packed.length).toBeLessThanOrEqual(size + 1);
    expect(await unpack(packed)).toEqual(row);
  });

  test("refuses a row in a form it does not know", async () => {
    const {unpack} = await loadCompression();
    await expect(unpack(Uint8Array.of(9, 1))).rejects.toMatchObject({code: "ROW_INVALID"});
  });
});

test("a query of a rare topic looks at a bounded part of the log, and says how far it looked", async () => {
  const store = await open(scratchFile());
  const zero = genesisBlock(testGenesis([]));
  const blank = "0".repeat(64);
  const event = (place: number, topic: "blocks" | "slashes") => ({
    seq: BigInt(place),
    topic,
    body: `{"event":"${topic}"}`,
    proofIndex: null,
  });
  const log = Array.from({length: 9_000}, (_, i) => event(i + 1, i === 8_999 ? "slashes" : "blocks"));
  store.commit(
    {
      ...zero,
      certificate: {epoch: 0n, height: 0n, view: 0n, blockId: blank, votes: []},
      stateRoot: blank,
      receiptsRoot: blank,
      changes: [],
      receipts: [],
      slashes: [],
      events: log,
      epoch: null,
      settled: [],
    },
    await store.pack(zero.block),
  );
  const found: bigint[] = [];
  let after = 0n;
  let pages = 0;
  for (; after < 9_500n; pages++) {
    const page = store.events({after, upTo: 9_500n, topics: ["slashes"], limit: 10});
    expect(page.upTo).toBeGreaterThan(after);
    found.push(...page.events.map(({seq}) => seq));
    after = page.upTo;
  }
  expect([found, pages]).toEqual([[9_000n], 3]);
  const full = store.events({after: 5n, upTo: 9_500n, topics: ["blocks", "slashes"], limit: 10});
  expect([full.events.map(({seq}) => seq), full.upTo]).toEqual([log.slice(5, 15).map(({seq}) => seq), 15n]);
  store.close();
});

test("a commit that fails behind its receipts leaves none of them, and the next one goes through", async () => {
  const file = scratchFile();
  const store = await open(file);
  await fill(store, [0, 1]);
  // A number that an event has cannot be given twice.
  const failing = commitAt(2, {events: commitAt(1).events});
  const packed = await store.pack(failing.block);
  expect(() => store.commit(failing, packed)).toThrow(/UNIQUE/);
  expect(store.receipt(idOf(2))).toBeNull();
  await fill(store, [2, 3, 4]);
  store.close();
  const again = await open(file);
  expect([0, 1, 2, 3, 4].map((height) => again.receipt(idOf(height))?.height)).toEqual([0n, 1n, 2n, 3n, 4n]);
  expect(again.verify()).toEqual([]);
  again.close();
});

test("what was pruned is given back to the file system, a part at a time", async () => {
  const file = scratchFile();
  const store = await open(file);
  await fill(
    store,
    Array.from({length: 60}, (_, height) => height),
  );
  const before = store.stats();
  expect(before.freeBytes).toBe(0);
  store.prune({upTo: 55n, blocksMax: 1_000});
  const pruned = store.stats();
  expect(pruned.bytes).toBeGreaterThanOrEqual(before.bytes);
  expect(pruned.freeBytes).toBeGreaterThan(before.bytes / 2);
  expect(store.reclaim(40_960)).toBe(pruned.freeBytes - 40_960);
  expect(store.reclaim(2 ** 30)).toBe(0);
  expect(store.stats().bytes).toBeLessThan(before.bytes / 2);
  expect(store.verify()).toEqual([]);
  store.close();
  expect(statSync(file).size).toBe((await open(file)).stats().bytes);
});
