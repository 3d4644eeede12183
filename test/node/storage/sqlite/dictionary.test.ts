/** Blocks packed with dictionaries that were trained on the blocks before them. */
import {cpSync, existsSync} from "node:fs";
import path from "node:path";
import fc from "fast-check";
import {beforeAll, describe, expect, test} from "vitest";
import {utf8} from "../../../../src/codecs/bytes.js";
import {blockIdOf} from "../../../../src/codecs/chain/block.js";
import {type Cells, CLEAR, sealedCells} from "../../../../src/node/storage/seal/cells.js";
import {BlockRows} from "../../../../src/node/storage/sqlite/block-rows.js";
import {Dictionaries} from "../../../../src/node/storage/sqlite/dictionary/dictionaries.js";
import {trainDictionary} from "../../../../src/node/storage/sqlite/dictionary/train.js";
import {type DictionaryZstd, loadDictionaryZstd} from "../../../../src/node/storage/sqlite/dictionary/zstd.js";
import {openSqlite} from "../../../../src/node/storage/sqlite/driver.js";
import {SqliteStore} from "../../../../src/node/storage/sqlite/store.js";
import {scratchDirectory} from "../../../support/chain.js";
import {CONTRACT_LIMITS, commitAt, fill} from "../contract.js";

const fileIn = (directory: string): string => path.join(directory, "chain.db");
const CELLS = {clear: CLEAR, sealed: sealedCells(new Uint8Array(16), new Uint8Array(32).fill(3))};
const open = (directory: string, how: keyof typeof CELLS = "clear"): Promise<SqliteStore> =>
  SqliteStore.open({path: fileIn(directory), cells: CELLS[how], ...CONTRACT_LIMITS});
const upTo = (first: number, last: number): number[] => Array.from({length: last - first + 1}, (_, i) => first + i);

function reading<T>(directory: string, sql: string): T {
  const db = openSqlite(fileIn(directory));
  const rows = db.prepare(sql).all();
  db.close();
  return rows as T;
}

/** What a kill leaves at this moment: the file and its log. */
function killed(directory: string): string {
  const copy = scratchDirectory();
  for (const name of ["chain.db", "chain.db-wal"])
    if (existsSync(path.join(directory, name))) cpSync(path.join(directory, name), path.join(copy, name));
  return copy;
}

describe.each(["clear", "sealed"] as const)("a store (%s)", (how) => {
  let directory: string;
  let between: string;
  beforeAll(async () => {
    directory = scratchDirectory();
    const store = await open(directory, how);
    await fill(store, upTo(0, 255));
    expect(store.sizes().packing).toEqual({dictionary: 0, rawBytes: 0, packedBytes: 0});
    const next = commitAt(256);
    const [packed] = (await Promise.all([store.pack(next.block), store.pack(next.block)])) as [Uint8Array, Uint8Array];
    between = killed(directory);
    store.commit(next, packed);
    await fill(store, upTo(257, 260));
    const {dictionary, rawBytes, packedBytes} = store.sizes().packing;
    expect(dictionary).toBe(1);
    expect(packedBytes).toBeLessThan(rawBytes / 2);
    store.close();
  });

  test("has its dictionary on the disk before the first row that names it", async () => {
    const none = reading<{n: bigint}[]>(between, "SELECT count(*) AS n FROM block WHERE height > 255");
    const trained = reading<{height: bigint}[]>(between, "SELECT height FROM dictionary");
    expect([none[0]!.n, trained]).toEqual([0n, [{height: 256n}]]);
    const store = await open(between, how);
    await fill(store, [256]);
    expect((await store.block(256n))!.block).toEqual(commitAt(256).block);
    store.close();
  });

  test("gives every block back that it packed with one and without, after pruning too", async () => {
    const copy = killed(directory);
    const store = await open(copy, how);
    for (const height of [0, 1, 255, 256, 260]) {
      const {block, certificate} = commitAt(height);
      expect(await store.block(BigInt(height))).toEqual({id: blockIdOf(block.header), block, certificate});
    }
    store.prune({upTo: 258n, blocksMax: 1_000});
    expect(store.header(257n)).toEqual(commitAt(257).block.header);
    expect(store.head()!.header).toEqual(commitAt(260).block.header);
    store.close();
  });

  test("takes a third of the room for a header, and less for a body", () => {
    const size = (height: number) =>
      reading<{header: bigint; body: bigint}[]>(
        directory,
        `SELECT length(header) AS header, length(body) AS body FROM block WHERE height = ${height}`,
      )[0]!;
    const overhead = BigInt(CELLS[how].overheadBytes);
    expect(size(260).header - overhead).toBeLessThan((size(255).header - overhead) / 3n);
    expect(size(260).body).toBeLessThan(size(255).body);
  });

  test("refuses rows whose dictionary is gone: DICTIONARY_MISSING", async () => {
    const copy = killed(directory);
    openSqlite(fileIn(copy)).exec("DELETE FROM dictionary").close();
    const store = await open(copy, how);
    expect(() => store.header(260n)).toThrow(
      expect.objectContaining({code: "DICTIONARY_MISSING", hint: expect.stringContaining("restore")}),
    );
    await expect(store.block(260n)).rejects.toMatchObject({code: "DICTIONARY_MISSING"});
    expect(store.header(255n)).toEqual(commitAt(255).block.header);
    store.close();
  });

  test("does not start on a dictionary that was changed", async () => {
    const copy = killed(directory);
    const db = openSqlite(fileIn(copy));
    const value = db.prepare("SELECT value FROM dictionary").pluck().get() as Buffer;
    value[200]! ^= 1;
    db.prepare("UPDATE dictionary SET value = ?").run(value);
    db.close();
    await expect(open(copy, how)).rejects.toMatchObject({
      code: how === "clear" ? "DICTIONARY_DAMAGED" : "ROW_ALTERED",
    });
  });
});

test("a disk that fails under a dictionary has nothing written after it: STORE_WRITE_FAILED", async () => {
  const broken: Cells = {
    ...CLEAR,
    seal(column, _key, value) {
      if (column === "dictionary.value") throw Object.assign(new Error("EIO"), {code: "SQLITE_IOERR_FSYNC"});
      return value;
    },
  };
  const store = await SqliteStore.open({path: fileIn(scratchDirectory()), cells: broken, ...CONTRACT_LIMITS});
  await fill(store, upTo(224, 255));
  const failed = {code: "STORE_WRITE_FAILED"};
  await expect(store.pack(commitAt(256).block)).rejects.toMatchObject(failed);
  expect(() => store.dropWaiting([])).toThrow(expect.objectContaining(failed));
  await expect(store.pack(commitAt(256).block)).rejects.toMatchObject(failed);
  store.close();
});

test("training keeps the beginnings of blocks, and not the blocks", async () => {
  const db = openSqlite("");
  db.exec("CREATE TABLE dictionary (id INTEGER PRIMARY KEY, height INTEGER NOT NULL, value BLOB NOT NULL) STRICT");
  const rows = await BlockRows.open(db, CLEAR);
  const sampleOf = (kind: string, height: bigint): Uint8Array =>
    utf8(`{"${kind} of a block that comes in many":${height}}`);
  const block = new Uint8Array(8_192);
  await rows.prepare(256n, async (height) => {
    // Whoever kept a view of a block would have the last one only.
    block.fill(0).set(sampleOf(height < 128n ? "the first kind" : "the other kind", height));
    return [block];
  });
  for (const kind of ["the first kind", "the other kind"])
    expect(rows.packHeader(sampleOf(kind, 999n)).length).toBeLessThan(sampleOf(kind, 999n).length / 2);
  db.close();
});

describe("dictionaries", () => {
  const rowOf = (i: number): Uint8Array => new TextEncoder().encode(`{"event":"block","height":${i},"proposer":"bob"}`);
  async function empty(): Promise<{db: ReturnType<typeof openSqlite>; dictionaries: Dictionaries}> {
    const db = openSqlite("");
    db.exec("CREATE TABLE dictionary (id INTEGER PRIMARY KEY, height INTEGER NOT NULL, value BLOB NOT NULL) STRICT");
    return {db, dictionaries: await Dictionaries.open(db, CLEAR)};
  }

  test("come at 256 blocks and at sixteen times as many, and each row keeps its own", async () => {
    const {db, dictionaries} = await empty();
    expect([255n, 256n].map((height) => dictionaries.isDue(height))).toEqual([false, true]);
    await dictionaries.train(300n, upTo(0, 99).map(rowOf));
    expect([4_799n, 4_800n].map((height) => dictionaries.isDue(height))).toEqual([false, true]);
    const first = dictionaries.pack(rowOf(7))!;
    await dictionaries.train(
      4_800n,
      upTo(0, 99).map((i) => new TextEncoder().encode(`another kind of row ${i}, with words`)),
    );
    const second = dictionaries.pack(new TextEncoder().encode("another kind of row 500, with words"))!;
    expect([first.subarray(0, 3), second.subarray(0, 3)]).toEqual([Uint8Array.of(2, 0, 1), Uint8Array.of(2, 0, 2)]);
    const again = await Dictionaries.open(db, CLEAR);
    expect(again.figures().dictionary).toBe(2);
    expect(again.unpack(first)).toEqual(rowOf(7));
    db.close();
  });

  test("are not kept where they save nothing, and tried again at twice the height", async () => {
    const {db, dictionaries} = await empty();
    let seed = 1;
    const noise = (): Uint8Array =>
      Uint8Array.from({length: 300}, () => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return seed >>> 24;
      });
    await dictionaries.train(256n, Array.from({length: 64}, noise));
    expect([dictionaries.figures().dictionary, dictionaries.pack(noise())]).toEqual([0, null]);
    expect([511n, 512n].map((height) => dictionaries.isDue(height))).toEqual([false, true]);
    await dictionaries.train(512n, []);
    expect(dictionaries.isDue(1_023n)).toBe(false);
    db.close();
  });
});

describe("zstd with a dictionary", () => {
  let zstd: DictionaryZstd;
  beforeAll(async () => {
    zstd = await loadDictionaryZstd();
  });

  test("gives back whatever it packed", () => {
    const bytes = fc.uint8Array({maxLength: 2_000});
    fc.assert(
      fc.property(bytes, bytes, (row, dictionary) => {
        expect(zstd.unpack(zstd.pack(row, dictionary), dictionary)).toEqual(row);
      }),
      {numRuns: 100},
    );
  });

  test.each<[string, (frame: Uint8Array) => Uint8Array]>([
    ["no frame", () => Uint8Array.of(1, 2, 3)],
    ["another magic", (frame) => frame.map((byte, i) => (i === 0 ? byte ^ 1 : byte))],
    ["half a frame", (frame) => frame.subarray(0, frame.length >> 1)],
    // RFC 8878: single segment, eight bytes of size, 2^40.
    [
      "a frame that asks for a terabyte",
      () => Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0),
    ],
    ["a frame that does not say its size", () => Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 1, 0, 0)],
  ])("refuses %s: ROW_INVALID", (_what, damage) => {
    const dictionary = new TextEncoder().encode("words that come in every row");
    const frame = zstd.pack(new TextEncoder().encode("words that come in every row, and some more"), dictionary);
    expect(() => zstd.unpack(damage(frame), dictionary)).toThrow(expect.objectContaining({code: "ROW_INVALID"}));
  });

  test("a dictionary is trained from what rows have in common, and from nothing there is none", () => {
    const rows = upTo(0, 63).map((i) =>
      new TextEncoder().encode(`{"proposer":"0123456789abcdef","height":${i * 977}}`),
    );
    const {dictionary, packedBytes, plainBytes} = trainDictionary(rows, zstd.pack)!;
    expect(Buffer.from(dictionary).toString()).toContain('{"proposer":"0123456789abcdef","height":');
    expect(packedBytes).toBeLessThan(plainBytes / 2);
    expect(trainDictionary([], zstd.pack)).toBe(null);
    expect(trainDictionary(rows.slice(0, 1), zstd.pack)).toBe(null);
  });
});
