import {writeFileSync} from "node:fs";
import path from "node:path";
import {describe, expect, test} from "vitest";
import {genesisBlock} from "../../../../src/node/ledger/chain/genesis.js";
import {loadCompression} from "../../../../src/node/storage/sqlite/compression.js";
import {openSqlite} from "../../../../src/node/storage/sqlite/driver.js";
import {SqliteStore} from "../../../../src/node/storage/sqlite/store.js";
import {scratchDirectory, testGenesis} from "../../../support/chain.js";

const scratchFile = (): string => path.join(scratchDirectory(), "chain.db");
const open = (file: string) => SqliteStore.open({path: file, slashReceiptsMax: 3, eventBlocksKept: 2});

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
  ])("%s", async (code, prepare) => {
    const file = scratchFile();
    prepare(file);
    await expect(open(file)).rejects.toMatchObject({code});
  });

  test("DATA_DIR_LOCKED while another store has it open, and not afterwards", async () => {
    const file = scratchFile();
    const first = await open(file);
    await expect(open(file)).rejects.toMatchObject({code: "DATA_DIR_LOCKED"});
    first.close();
    (await open(file)).close();
  });
});

test("waiting rows survive a reopen in order of arrival, once each", async () => {
  const file = scratchFile();
  const first = await open(file);
  const row = (id: string, kind: "transaction" | "proof") => ({kind, id: id.repeat(32), value: Uint8Array.of(1)});
  first.keepWaiting([row("bb", "transaction"), row("aa", "proof")]);
  first.keepWaiting([row("bb", "transaction"), row("cc", "transaction")]);
  first.dropWaiting(["aa".repeat(32)]);
  first.close();
  const second = await open(file);
  expect(second.waiting()).toEqual([row("bb", "transaction"), row("cc", "transaction")]);
  expect(second.verify()).toEqual([]);
});

test("of the slash receipts only the newest are kept, across a reopen", async () => {
  const file = scratchFile();
  const zero = genesisBlock(testGenesis([]));
  const first = await open(file);
  const id = (n: number): string => n.toString(16).padStart(64, "0");
  for (let height = 1; height <= 5; height++) {
    const header = {...zero.block.header, height: BigInt(height)};
    const receipt = {
      txId: id(height),
      height: BigInt(height),
      outcome: "rejected",
      code: "SLASH_NODE_NOT_ENROLLED",
      message: "no",
      sender: id(0),
      nonce: 0n,
      contract: "qsdm/slash/v1",
      gasUsed: 152_000n,
      feeDust: 1n,
      slash: null,
    } as const;
    const block = {...zero.block, header};
    first.commit(
      {
        id: id(100 + height),
        block,
        certificate: {epoch: 0n, height: 0n, view: 0n, blockId: id(0), votes: []},
        stateRoot: id(0),
        receiptsRoot: id(0),
        changes: [],
        receipts: [receipt],
        slashes: [receipt.txId],
        events: [],
        epoch: null,
        settled: [],
      },
      await first.pack(block),
    );
  }
  first.close();
  const second = await open(file);
  expect([1, 2, 3, 4, 5].map((n) => second.slashReceipt(id(n)) !== null)).toEqual([false, false, true, true, true]);
  expect(second.receipt(id(1))?.outcome).toBe("rejected");
  const listed = (over: object) =>
    second.slashReceipts({outcome: null, kind: null, sinceMs: 0n, limit: 10, ...over}).map((each) => each.height);
  expect(listed({})).toEqual([5n, 4n, 3n]);
  expect(listed({limit: 2})).toEqual([5n, 4n]);
  expect(listed({outcome: "applied"})).toEqual([]);
  expect(listed({outcome: "rejected", kind: ""})).toEqual([5n, 4n, 3n]);
  expect(listed({kind: "double-mining"})).toEqual([]);
  expect(listed({sinceMs: zero.block.header.timeMs + 1n})).toEqual([]);
  expect(listed({sinceMs: 2n ** 64n})).toEqual([]);
  const heights = (from: bigint, to: bigint, limit = 10) =>
    second.receipts({from, to, limit}).map((each) => each.height);
  expect(heights(0n, 2n ** 64n - 1n)).toEqual([5n, 4n, 3n, 2n, 1n]);
  expect(heights(2n, 4n)).toEqual([4n, 3n, 2n]);
  expect(heights(2n, 4n, 1)).toEqual([4n]);
  expect(heights(2n ** 64n - 1n, 2n ** 64n - 1n)).toEqual([]);
  expect(second.slashReceipt(id(5))).toMatchObject({height: 5n, rejectCode: "SLASH_NODE_NOT_ENROLLED"});
});

test("a height beyond the file's integers has neither block nor header", async () => {
  const store = await open(scratchFile());
  expect(store.header(2n ** 64n - 1n)).toBeNull();
  expect(await store.block(2n ** 64n - 1n)).toBeNull();
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
