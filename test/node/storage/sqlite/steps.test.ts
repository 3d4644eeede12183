/** Files of earlier versions are brought to this one. `versions/N` holds what a node of version N left when it stopped. */
import {cpSync, existsSync, readdirSync, readFileSync, writeFileSync} from "node:fs";
import path from "node:path";
import {gunzipSync} from "node:zlib";
import {describe, expect, test} from "vitest";
import {type Block, block as blockCodec} from "../../../../src/codecs/chain/block.js";
import {receipt} from "../../../../src/codecs/chain/receipt.js";
import {loadCompression} from "../../../../src/node/storage/sqlite/compression.js";
import {openSqlite, type Sqlite} from "../../../../src/node/storage/sqlite/driver.js";
import {Chunk} from "../../../../src/node/storage/sqlite/log/chunk.js";
import {type DatabaseForm, openDatabase} from "../../../../src/node/storage/sqlite/open.js";
import {APPLICATION_ID, SCHEMA, SCHEMA_VERSION} from "../../../../src/node/storage/sqlite/schema.js";
import {CHAIN_STEPS, type SchemaStep} from "../../../../src/node/storage/sqlite/steps.js";
import {SqliteStore} from "../../../../src/node/storage/sqlite/store.js";
import {executeStore} from "../../../../src/node/upkeep/execute.js";
import {mlDsa44, signedTransfer, testAccount} from "../../../support/accounts.js";
import {extend, openTestChain, scratchDirectory, testGenesis} from "../../../support/chain.js";

const alice = testAccount("alice");
const bob = testAccount("bob");
const folder = path.join(import.meta.dirname, "versions");
const VERSIONS = readdirSync(folder)
  .map(Number)
  .sort((a, b) => a - b);

/** A directory with the database of a version, as it was left. */
function leftBy(version: number): string {
  const directory = scratchDirectory();
  const packed = readFileSync(path.join(folder, `${version}`, "chain.db.gz"));
  writeFileSync(path.join(directory, "chain.db"), gunzipSync(packed));
  return directory;
}

const fileIn = (directory: string): string => path.join(directory, "chain.db");
const versionOf = (db: Sqlite): number => Number(db.pragma("user_version", {simple: true}));

/** What is read, and the file closed again. */
function reading<T>(file: string, read: (db: Sqlite) => T): T {
  const db = openSqlite(file);
  try {
    return read(db);
  } finally {
    db.close();
  }
}

/** From version 10 on a row has some receipts, of which the newest comes first here. */
function valuesIn(row: Uint8Array): Uint8Array[] {
  const chunk = new Chunk(row);
  return Array.from({length: chunk.count}, (_, i) => chunk.value(i)).reverse();
}

/** Every table and index as the file declares it, whoever wrote the statement. */
const schemaOf = (db: Sqlite): readonly string[] =>
  (db.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").all() as {sql: string}[]).map(
    ({sql}) => sql.replaceAll('"', "").replace(/\s+/g, " "),
  );

test("the steps lead to this version without a gap, and there is a file of each version that they begin at", () => {
  expect(CHAIN_STEPS.at(-1)!.to).toBe(SCHEMA_VERSION);
  expect(CHAIN_STEPS.map(({to}) => to)).toEqual(CHAIN_STEPS.map((_, at) => CHAIN_STEPS[0]!.to + at));
  expect(VERSIONS).toEqual(CHAIN_STEPS.map(({to}) => to - 1));
});

test("a stake that was leaving says no time, and its file is refused rather than stop the chain later", () => {
  const file = fileIn(leftBy(12));
  reading(file, (db) => db.exec("INSERT INTO state (store, key, value) VALUES ('stake-maturity', '1/a', x'00')"));
  expect(() => openDatabase(file)).toThrow(expect.objectContaining({code: "DATABASE_OLDER", hint: expect.any(String)}));
  expect(reading(file, versionOf)).toBe(12);
});

describe.each(VERSIONS)("a file of version %s", (version) => {
  test("becomes one that this program could have made", async () => {
    const file = fileIn(leftBy(version));
    openDatabase(file).close();
    const fresh = fileIn(scratchDirectory());
    openDatabase(fresh).close();
    expect(reading(file, schemaOf)).toEqual(reading(fresh, schemaOf));
    expect(reading(file, versionOf)).toBe(SCHEMA_VERSION);
  });

  test("loses no row", async () => {
    const directory = leftBy(version);
    const before = reading(fileIn(directory), (db) => ({
      receipts: (
        db.prepare("SELECT value FROM receipt ORDER BY height DESC, seq DESC").pluck().all() as Buffer[]
      ).flatMap((value) => (version < 10 ? [value] : valuesIn(value))),
      bodies: db.prepare("SELECT body FROM block ORDER BY height").pluck().all() as Buffer[],
      events: db.prepare("SELECT seq, topic, CAST(body AS TEXT) AS body FROM event ORDER BY seq").all(),
      state: db.prepare("SELECT store, key, hex(value) AS value FROM state ORDER BY seq").all(),
      batches: db.prepare("SELECT value FROM kept_batch ORDER BY seq").pluck().all() as Buffer[],
      uncommitted: db.prepare("SELECT value FROM uncommitted ORDER BY height, seq").pluck().all() as Buffer[],
      promise: db.prepare("SELECT value FROM meta WHERE name = 'promise'").pluck().get() as Buffer,
    }));
    expect(before.receipts.length * before.events.length * before.state.length).toBeGreaterThan(0);
    const upgrades: number[][] = [];
    const options = {
      slashReceiptsMax: 9,
      eventBlocksKept: 99,
      upgraded: (...versions: number[]) => upgrades.push(versions),
    };
    (await SqliteStore.open({path: fileIn(directory), ...options})).close();
    const store = await SqliteStore.open({path: fileIn(directory), ...options});
    expect(upgrades).toEqual([[version, SCHEMA_VERSION]]);
    const limit = 1_000;
    const topics = ["blocks", "receipts", "proofs", "slashes", "finality"] as never;
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
    const bodies: Block[] = [];
    for (let height = 0n; height <= store.head()!.header.height; height++)
      bodies.push((await store.block(height))!.block);
    const {unpack} = await loadCompression();
    expect(bodies.map((each) => hex(blockCodec.encode(each)))).toEqual(
      (await Promise.all(before.bodies.map((each) => unpack(each)))).map(hex),
    );
    expect(store.receipts({from: 0n, to: 99n, limit}).map((each) => hex(receipt.encode(each)))).toEqual(
      before.receipts.map(hex),
    );
    expect(
      store.events({after: -1n, upTo: 1n << 60n, topics, limit}).events.map(({proofIndex, ...each}) => each),
    ).toEqual(before.events);
    expect([...store.state()].map(({value, ...each}) => ({...each, value: hex(value).toUpperCase()}))).toEqual(
      before.state,
    );
    expect(store.keptBatches().map(hex)).toEqual(before.batches.map(hex));
    expect(store.uncommitted().map(({value}) => hex(value))).toEqual(before.uncommitted.map(hex));
    expect(hex(store.promise()!)).toBe(hex(before.promise));
    store.close();
  });

  test("that is killed in any step or between two goes on from there", async () => {
    const directory = leftBy(version);
    const left: string[] = [];
    /** What a kill leaves at this moment: the file and its log. */
    const kill = (): void => {
      const copy = scratchDirectory();
      for (const name of ["chain.db", "chain.db-wal"])
        if (existsSync(path.join(directory, name))) cpSync(path.join(directory, name), path.join(copy, name));
      left.push(copy);
    };
    const steps = CHAIN_STEPS.map(
      ({to, apply}): SchemaStep => ({
        to,
        apply(db) {
          kill();
          // No room in memory: what is not committed goes into the log.
          db.pragma("cache_size = 1");
          apply(db);
          kill();
        },
      }),
    );
    const form: DatabaseForm = {
      applicationId: APPLICATION_ID,
      version: SCHEMA_VERSION,
      schema: SCHEMA,
      journal: "wal",
      steps,
    };
    const rows = (db: Sqlite): unknown =>
      ["block", "state", "receipt", "event", "meta"].map((table) => db.prepare(`SELECT * FROM ${table}`).all());
    const db = openDatabase(fileIn(directory), form);
    kill();
    const want = rows(db);
    db.close();
    expect(left.length).toBe(2 * (SCHEMA_VERSION - version) + 1);
    for (const copy of left) {
      const again = openDatabase(fileIn(copy));
      expect(versionOf(again)).toBe(SCHEMA_VERSION);
      expect(rows(again)).toEqual(want);
      again.close();
    }
  });
});

test("a chain that was brought forward resumes on its state, which its blocks give again", async () => {
  const directory = scratchDirectory();
  const genesis = testGenesis([{to: alice.address, amountDust: 1_000_000n}]);
  const before = await openTestChain(directory, genesis);
  for (let nonce = 0n; nonce < 3n; nonce++) {
    await before.intake.submit(signedTransfer(alice, {to: bob.address, amountDust: 10n, nonce}));
    await extend(before.intake);
  }
  before.store.close();
  // As version 10 would have left it, which had no dictionaries. Chains of earlier files follow earlier rules.
  reading(fileIn(directory), (db) => db.exec("DROP TABLE dictionary; PRAGMA user_version = 10"));
  const {store, chain} = await openTestChain(directory, genesis);
  expect([store.schemaVersion, chain.tip]).toEqual([SCHEMA_VERSION, before.chain.tip]);
  const scratch = await openTestChain(scratchDirectory(), genesis);
  const replay = {verifyVote: mlDsa44.verify, prepareTable: async () => {}};
  const {signal} = new AbortController();
  expect(
    await executeStore({...replay, store, scratch: scratch.store, chain: scratch.chain, signal, checked: () => {}}),
  ).toBe(null);
  store.close();
});

test("a step that cannot be finished leaves the ones before it, and says why", () => {
  const file = fileIn(leftBy(8));
  const toNine = CHAIN_STEPS[0]!;
  const form = (...steps: readonly SchemaStep[]): DatabaseForm => ({
    ...{applicationId: APPLICATION_ID, version: 10, schema: "", journal: "wal"},
    steps,
  });
  const full: SchemaStep = {
    to: 10,
    apply(db) {
      db.exec("DELETE FROM block");
      db.pragma(`max_page_count = ${db.pragma("page_count", {simple: true})}`);
      db.exec("CREATE TABLE large AS SELECT zeroblob(10000000) AS value");
    },
  };
  expect(() => openDatabase(file, form(toNine, full))).toThrow(
    expect.objectContaining({code: "STORE_WRITE_FAILED", message: expect.stringContaining("SQLITE_FULL")}),
  );
  expect(reading(file, versionOf)).toBe(9);
  expect(reading(file, (db) => db.prepare("SELECT count(*) FROM block").pluck().get())).toBe(5n);
  // The first step would find its table there.
  openDatabase(file, form(toNine, {to: 10, apply: (db) => db.exec("DELETE FROM block")})).close();
  expect(reading(file, versionOf)).toBe(10);
});
