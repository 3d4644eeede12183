/** An encrypted store does what one in clear does, shows nothing of it on the disk, and takes no altered row. */
import {copyFileSync, existsSync, readFileSync} from "node:fs";
import path from "node:path";
import {beforeAll, describe, expect, test} from "vitest";
import {bytesOfHex, hexOf, textOf, utf8} from "../../../../src/codecs/bytes.js";
import {blockIdOf} from "../../../../src/codecs/chain/block.js";
import {STORE_KEY_LOG_N, storeKey} from "../../../../src/codecs/store-key.js";
import {type Cells, CLEAR, sealedCells} from "../../../../src/node/storage/seal/cells.js";
import {createStoreKey, openStoreKey, resealStoreKey} from "../../../../src/node/storage/seal/key-file.js";
import {openSqlite, type Sqlite} from "../../../../src/node/storage/sqlite/driver.js";
import {SqliteStore} from "../../../../src/node/storage/sqlite/store.js";
import {scratchDirectory} from "../../../support/chain.js";
import {CONTRACT_LIMITS, commitAt, fill, idOf, storeContract} from "../contract.js";

const cellsOf = (byte: number): Cells => sealedCells(new Uint8Array(16).fill(byte), new Uint8Array(32).fill(byte));
const CELLS = cellsOf(1);
const fileIn = (directory: string): string => path.join(directory, "chain.db");
const open = (directory: string, cells: Cells = CELLS): Promise<SqliteStore> =>
  SqliteStore.open({path: fileIn(directory), cells, ...CONTRACT_LIMITS});

describe("the port's contract", () => storeContract((directory) => open(directory)));

/** Changes a file behind the store's back. */
function change(directory: string, work: (db: Sqlite) => void): void {
  const db = openSqlite(fileIn(directory));
  work(db);
  db.close();
}

/** A store with blocks 0 to 3 and something of everything else. */
async function filled(): Promise<string> {
  const directory = scratchDirectory();
  const store = await open(directory);
  await fill(store, [0, 1, 2, 3]);
  store.keepWaiting([{kind: "transaction", id: idOf(77), value: utf8("a waiting payment to a friend")}]);
  store.keepPromise(utf8("what was promised"), [{id: idOf(5), height: 9n, value: utf8("a block that is not final")}]);
  store.keepBatches([{epoch: 0n, round: 4n, value: utf8("a batch of payments")}], {epoch: 0n, round: 0n});
  store.close();
  return directory;
}

test("nothing of a value is in the file or in its log, and nothing is in clear that is not needed to find it", async () => {
  const directory = scratchDirectory();
  const store = await open(directory);
  const commit = commitAt(3, {
    changes: [{store: "enrollment", key: "rig-in-the-cellar", value: utf8("the bond of a rig")}],
    events: [{seq: 1n, topic: "blocks", body: '{"told":"to whoever listens"}', proofIndex: null}],
  });
  store.commit(commit, await store.pack(commit.block));
  store.keepWaiting([{kind: "transaction", id: idOf(77), value: utf8("a waiting payment to a friend")}]);
  store.keepPromise(utf8("what was promised"), [{id: idOf(5), height: 9n, value: utf8("a block that is not final")}]);
  store.keepBatches([{epoch: 0n, round: 4n, value: utf8("a batch of payments")}], {epoch: 0n, round: 0n});
  const names = ["chain.db", "chain.db-wal"].filter((name) => existsSync(path.join(directory, name)));
  expect(names).toEqual(["chain.db", "chain.db-wal"]);
  const found = (needles: Record<string, Uint8Array>): string[] => {
    const files = names.map((name) => readFileSync(path.join(directory, name)));
    return Object.keys(needles).filter((name) => files.some((file) => file.includes(Buffer.from(needles[name]!))));
  };
  const receipt = commit.receipts[0]!;
  expect(
    found({
      stateKey: utf8("rig-in-the-cellar"),
      state: utf8("the bond of a rig"),
      event: utf8("whoever listens"),
      waiting: utf8("payment to a friend"),
      promise: utf8("what was promised"),
      uncommitted: utf8("not final"),
      batch: utf8("a batch of payments"),
      certificate: commit.certificate.votes[0]!.signature.subarray(0, 32),
      transaction: commit.block.transactions[0]!.subarray(0, 32),
      receipt: utf8(receipt.contract),
      stateRoot: bytesOfHex(commit.stateRoot),
      header: bytesOfHex(commit.block.header.parentId),
    }),
  ).toEqual([]);
  // The search finds what is there.
  expect(found({id: bytesOfHex(blockIdOf(commit.block.header)), store: utf8("enrollment")})).toEqual(["id", "store"]);
  store.close();
});

describe("fails closed", () => {
  test.each<[string, string, (directory: string) => Promise<unknown>]>([
    ["without its key", "STORE_KEY_MISSING", async (directory) => open(directory, CLEAR)],
    ["with the key of another", "STORE_KEY_MISMATCH", async (directory) => open(directory, cellsOf(2))],
    [
      "with another key under its name",
      "ROW_ALTERED",
      async (directory) => open(directory, sealedCells(new Uint8Array(16).fill(1), new Uint8Array(32).fill(2))),
    ],
  ])("%s: %s", async (_how, code, attempt) => {
    const directory = await filled();
    // An earlier version's: whoever is refused brings it to no later one.
    change(directory, (db) => db.exec("DROP INDEX receipt_part_fence; PRAGMA user_version = 11"));
    const before = readFileSync(fileIn(directory));
    await expect(attempt(directory)).rejects.toMatchObject({code, hint: expect.any(String)});
    expect(readFileSync(fileIn(directory)).equals(before)).toBe(true);
    // And it is unlocked.
    const store = await open(directory);
    expect(store.head()!.header.height).toBe(3n);
    store.close();
  });

  test("with a key beside a store in clear: STORE_NOT_ENCRYPTED", async () => {
    const directory = scratchDirectory();
    const store = await open(directory, CLEAR);
    await fill(store, [0]);
    store.close();
    await expect(open(directory)).rejects.toMatchObject({code: "STORE_NOT_ENCRYPTED"});
  });
});

describe("a value that was altered or moved is refused where it is read", () => {
  let whole: string;
  beforeAll(async () => {
    whole = await filled();
  });
  const swap = (table: string, column: string, a: string, b: string) => (db: Sqlite) => {
    const read = (where: string) => db.prepare(`SELECT ${column} FROM ${table} WHERE ${where}`).pluck().get();
    const [first, second] = [read(a), read(b)];
    expect(first).not.toEqual(second);
    const write = (where: string, value: unknown) =>
      expect(db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`).run(value).changes).toBe(1);
    write(a, second);
    write(b, first);
  };
  const flip = (table: string, column: string) => (db: Sqlite) => {
    const rows = db.prepare(`SELECT rowid AS id, ${column} AS cell FROM ${table}`).all() as {
      id: bigint;
      cell: Buffer;
    }[];
    expect(rows.length).toBeGreaterThan(0);
    for (const {id, cell} of rows) {
      cell[cell.length >> 1]! ^= 1;
      db.prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`).run(cell, id);
    }
  };
  const all = {from: 0n, to: 99n, limit: 99};
  const slashes = {outcome: null, kind: null, sinceMs: 0n, limit: 9};
  const events = {after: -1n, upTo: 1n << 40n, topics: ["blocks"] as const, limit: 9};
  test.each<[string, (db: Sqlite) => void, (store: SqliteStore) => unknown]>([
    ["a header", flip("block", "header"), (store) => store.header(2n)],
    ["headers of two blocks", swap("block", "header", "height = 1", "height = 2"), (store) => store.header(2n)],
    ["votes", flip("block", "certificate"), (store) => store.certificate(2n)],
    ["a body", flip("block", "body"), (store) => store.block(2n)],
    ["bodies of two blocks", swap("block", "body", "height = 1", "height = 2"), (store) => store.block(1n)],
    [
      "a body in place of votes",
      (db) => db.exec("UPDATE block SET certificate = body"),
      (store) => store.certificate(2n),
    ],
    ["a balance", flip("state", "value"), (store) => [...store.state()]],
    [
      "two balances",
      swap("state", "value", "seq = 1", "seq = (SELECT max(seq) FROM state)"),
      (store) => [...store.state()],
    ],
    ["the name of a balance", (db) => db.exec("UPDATE state SET store = 'bond'"), (store) => [...store.state()]],
    ["a receipt", flip("receipt", "value"), (store) => store.receipt(idOf(2))],
    ["receipts of two blocks", swap("receipt", "value", "height = 1", "height = 2"), (store) => store.receipts(all)],
    [
      "the block of a receipt",
      (db) => db.exec("UPDATE receipt SET height = 9 WHERE height = 2"),
      (store) => store.receipts(all),
    ],
    ["a slash receipt", flip("slash_receipt", "value"), (store) => store.slashReceipts(slashes)],
    [
      "when a slash was recorded",
      (db) => db.exec("UPDATE slash_receipt SET time_ms = time_ms + 1"),
      (store) => store.slashReceipt(idOf(2)),
    ],
    ["an event", flip("event", "body"), (store) => store.events(events)],
    ["what waits", flip("waiting", "value"), (store) => store.waiting()],
    ["what sort of thing waits", (db) => db.exec("UPDATE waiting SET kind = 1"), (store) => store.waiting()],
    ["a block that is not final", flip("uncommitted", "value"), (store) => store.uncommitted()],
    ["a batch", flip("kept_batch", "value"), (store) => store.keptBatches()],
    ["the round of a batch", (db) => db.exec("UPDATE kept_batch SET round = 5"), (store) => store.keptBatches()],
    [
      "a promise",
      (db) => db.exec("UPDATE meta SET value = zeroblob(60) WHERE name = 'promise'"),
      (store) => store.promise(),
    ],
    ["the state root", swap("meta", "value", "name = 'state_root'", "name = 'receipts_root'"), (store) => store.head()],
    [
      "a value too short to be sealed",
      (db) => db.exec("UPDATE event SET body = x'00'"),
      (store) => store.events(events),
    ],
  ])("%s", async (_what, damage, read) => {
    const directory = scratchDirectory();
    copyFileSync(fileIn(whole), fileIn(directory));
    change(directory, damage);
    const store = await open(directory);
    await expect(Promise.resolve().then(() => read(store))).rejects.toMatchObject({
      code: "ROW_ALTERED",
      hint: expect.stringContaining("restore"),
    });
    store.close();
  });
});

describe("the key's file", () => {
  let file: Uint8Array;
  beforeAll(async () => {
    file = await createStoreKey("three old words", STORE_KEY_LOG_N.min);
  });

  test("opens with its passphrase alone, and the same key under the next one", async () => {
    const cell = (await openStoreKey(file, "three old words")).seal("meta.value", ["x"], utf8("value"));
    const next = await resealStoreKey(file, {current: "three old words", next: "four other new words"});
    await expect(openStoreKey(next, "three old words")).rejects.toMatchObject({code: "PASSPHRASE_WRONG"});
    const opened = await openStoreKey(next, "four other new words");
    expect(textOf(opened.open("meta.value", ["x"], cell))).toBe("value");
    expect(hexOf(storeKey.decode(next).keyId)).toBe(hexOf(storeKey.decode(file).keyId));
    expect(storeKey.decode(next).logN).toBe(STORE_KEY_LOG_N.now);
    expect(textOf(next)).not.toContain(hexOf(storeKey.decode(file).salt));
  });

  test("is bound to what stands beside the seal", async () => {
    const renamed = storeKey.encode({...storeKey.decode(file), keyId: new Uint8Array(16)});
    await expect(openStoreKey(renamed, "three old words")).rejects.toMatchObject({code: "PASSPHRASE_WRONG"});
  });

  test("an empty passphrase is refused", async () => {
    await expect(createStoreKey("")).rejects.toMatchObject({code: "PASSPHRASE_EMPTY"});
    await expect(resealStoreKey(file, {current: "three old words", next: ""})).rejects.toMatchObject({
      code: "PASSPHRASE_EMPTY",
    });
  });

  test.each<[string, (text: string) => string]>([
    ["another version", (text) => text.replace('"version": 1', '"version": 2')],
    ["work that an attacker asks for", (text) => text.replace('"log_n": 15', '"log_n": 30')],
    ["work that protects nothing", (text) => text.replace('"log_n": 15', '"log_n": 10')],
    ["a member more", (text) => text.replace("{", '{"x": 1,')],
    ["another layout", (text) => text.replaceAll("\n", "")],
    ["half of it", (text) => text.slice(0, 90)],
    ["too much of it", (text) => text + " ".repeat(5_000)],
    ["a key id in capitals", (text) => text.replace(/(?<="key_id": ")[^"]*/, (id) => `${id.slice(0, -1)}A`)],
  ])("%s is refused: STORE_KEY_INVALID", async (_what, damage) => {
    const damaged = damage(textOf(file));
    expect(damaged).not.toBe(textOf(file));
    await expect(openStoreKey(utf8(damaged), "three old words")).rejects.toMatchObject({code: "STORE_KEY_INVALID"});
  });
});
