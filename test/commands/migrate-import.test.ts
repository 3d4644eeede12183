/** Whether the history of a QSDM chain comes over whole, and nothing that does not fit comes over at all. */
import {createHash} from "node:crypto";
import {appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {describe, expect, test} from "vitest";
import {openSources} from "../../src/commands/migrate/sources.js";
import {run} from "../../src/commands/run.js";
import {Archive} from "../../src/node/storage/migrate/qsdm/archive.js";
import {importHistory} from "../../src/node/storage/migrate/qsdm/import.js";
import {openSqlite} from "../../src/node/storage/sqlite/driver.js";
import {journal} from "../codecs/qsdm-chain/journal.js";
import {
  envelopeText,
  journalOf,
  type OldBlock,
  oldBlock,
  oldChain,
  oldDatabase,
  sealedRow,
} from "../node/storage/migrate/qsdm-history.js";
import {scratchDirectory} from "../support/chain.js";
import {memoryHost} from "./memory-host.js";

async function migrate(...argv: string[]) {
  const host = memoryHost({argv: ["migrate", "import", ...argv, "--json"]});
  const status = await run(host);
  return {status, err: host.err(), host, ...JSON.parse(host.out())};
}

const sha = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

function journalFile(blocks: readonly OldBlock[]): string {
  const path = join(scratchDirectory(), "qsdm_chain.ndjson");
  writeFileSync(path, journalOf(blocks));
  return path;
}

async function databaseFile(options: {withNonces?: boolean; bookNonce?: number} = {}): Promise<string> {
  const path = join(scratchDirectory(), "qsdm.db");
  const row = async (txId: string, text: string) => ({txId, sender: "alice", data: await sealedRow(text)});
  oldDatabase(path, {
    rows: [
      await row("t1", envelopeText("t1", "alice", 1)),
      await row("t2", envelopeText("t2", "alice", 2)),
      {txId: "t3", sender: "carol", data: Buffer.from("not sealed at all")},
      await row("t4", envelopeText("other", "alice", 3)),
      await row("t1", "{}"),
    ],
    balances: [
      {address: "alice", balance: 12.5, nonce: options.bookNonce ?? 3},
      {address: "bob", balance: 1e15, nonce: 0},
    ],
    withNonces: options.withNonces ?? true,
  });
  return path;
}

/** Rows of an archive, without what compression makes of them. */
function rowsOf(path: string, sql: string): unknown[] {
  const db = openSqlite(path, {readonly: true});
  const rows = db.prepare(sql).all();
  db.close();
  return rows;
}

const out = (): string => join(scratchDirectory(), "history.db");
const PARTS = "SELECT name, rows, digest FROM part ORDER BY name";

describe("a journal", () => {
  test("comes over block by block, with nonces and places of transactions", async () => {
    const blocks = oldChain(7);
    const target = out();
    const {status, data, warnings} = await migrate("--chain", journalFile(blocks), "--out", target, "--verify");
    expect(status).toBe(0);
    expect(data.blocks).toMatchObject({rows: 7, last_height: "6", last_hash: blocks[6]!.hash});
    expect(data.blocks.bytes).toBe(journalOf(blocks).length);
    expect(warnings).toEqual(["block-unsigned: 7, first at block 0"]);
    expect(rowsOf(target, "SELECT hex(hash) AS hash FROM block ORDER BY height")).toEqual(
      blocks.map(({hash}) => ({hash: hash.toUpperCase()})),
    );
    expect(rowsOf(target, "SELECT tx_id, height, position FROM block_transaction")).toEqual(
      [0n, 2n, 4n, 6n].map((height) => ({tx_id: `tx-${height}`, height, position: 0n})),
    );
    expect(rowsOf(target, "SELECT address, chain_nonce FROM account")).toEqual([{address: "alice", chain_nonce: 4n}]);
  });

  test("of one recorded block comes over, and says that it does not begin at genesis", async () => {
    const path = join(scratchDirectory(), "qsdm_chain.ndjson");
    writeFileSync(path, `${journal[3]!.line_utf8}\n`);
    const {status, warnings} = await migrate("--chain", path, "--out", out(), "--verify");
    expect(status).toBe(0);
    expect(warnings).toContain("first-block-not-genesis: 1, first at block 5");
  });

  const chain = oldChain(5);
  const stranger = oldBlock({...chain[2]!, hash: "ab".repeat(32)}, []);
  test.each<[string, string, string]>([
    ["a changed transaction id", journalOf(chain).replace("tx-2", "tx-3"), "IMPORT_HASH_WRONG"],
    ["a block missing", journalOf([...chain.slice(0, 2), ...chain.slice(3)]), "IMPORT_HEIGHT_GAP"],
    ["another chain's block", journalOf([...chain.slice(0, 3), stranger]), "IMPORT_LINK_BROKEN"],
    ["a space in a line", journalOf(chain).replace('"height":3', '"height": 3'), "JSON_NOT_CANONICAL"],
    ["what is no block", `${chain[0]!.line}\n{}\n`, "JSON_NOT_CANONICAL"],
  ])("with %s is refused with the place, and what came before it stays", async (_name, text, code) => {
    const [path, target] = [join(scratchDirectory(), "j.ndjson"), out()];
    writeFileSync(path, text);
    const {status, error} = await migrate("--chain", path, "--out", target);
    expect(status).toBe(3);
    expect(error).toMatchObject({code, message: expect.stringMatching(/j\.ndjson byte [0-9]+: /)});
    // Once it is mended, the rest comes over.
    writeFileSync(path, journalOf(chain));
    const again = await migrate("--chain", path, "--out", target, "--resume", "--verify");
    expect(again).toMatchObject({status: 0, data: {blocks: {rows: 5, last_hash: chain[4]!.hash}}});
  });

  test("whose last line a kill tore comes over without it, and it follows once it is whole", async () => {
    const [path, target] = [journalFile(chain), out()];
    truncateSync(path, journalOf(chain).length - 20);
    const torn = await migrate("--chain", path, "--out", target);
    expect(torn.status).toBe(0);
    expect(torn.data.anomalies).toContainEqual(expect.objectContaining({kind: "last-line-torn", count: 1}));
    expect(torn.data.blocks.rows).toBe(4);
    writeFileSync(path, journalOf(chain));
    expect((await migrate("--chain", path, "--out", target, "--resume")).data.blocks.rows).toBe(5);
  });

  test("with nonces that repeat, skip, or ids that come twice is told of", async () => {
    const first = oldBlock(null, [{id: "a", sender: "eve", nonce: 0}]);
    const second = oldBlock(first, [
      {id: "a", sender: "eve", nonce: 0},
      {id: "b", sender: "eve", nonce: 5},
    ]);
    const {data} = await migrate("--chain", journalFile([first, second]), "--out", out());
    expect(data.anomalies).toEqual(
      expect.arrayContaining([
        {kind: "transaction-repeated", count: 1, first: "transaction a of block 1"},
        {kind: "nonce-repeated", count: 1, first: "transaction a of block 1"},
        {kind: "nonce-skipped", count: 1, first: "transaction b of block 1"},
      ]),
    );
  });
});

describe("a database", () => {
  test("comes over with balances, nonces and opened rows; what does not open is kept as it was", async () => {
    const [path, target] = [await databaseFile(), out()];
    const before = sha(path);
    const {status, data} = await migrate("--database", path, "--out", target, "--verify");
    expect(status).toBe(0);
    expect(sha(path)).toBe(before);
    expect(data.transfers.rows).toBe(5);
    expect(data.accounts).toEqual({rows: 2, with_nonce: 1});
    expect(data.schema[0]).toContain("CREATE TABLE balances");
    expect(data.anomalies).toEqual([
      {kind: "transfer-id-repeated", count: 1, first: "t1"},
      {kind: "transfer-sealed", count: 1, first: "row 3 of transactions"},
      {kind: "transfer-columns-differ", count: 2, first: "row 4 of transactions"},
    ]);
    expect(rowsOf(target, "SELECT address, transfer_nonce, book_nonce, book_balance FROM account ORDER BY 1")).toEqual([
      {address: "alice", transfer_nonce: 3n, book_nonce: 3n, book_balance: 12.5},
      {address: "bob", transfer_nonce: null, book_nonce: 0n, book_balance: 1e15},
    ]);
    // Rows this short are stored as they are, behind one byte.
    const [row, sealed] = rowsOf(target, "SELECT data FROM transfer WHERE row IN (1, 3) ORDER BY row") as {
      data: Buffer;
    }[];
    expect(row!.data.subarray(1).toString()).toBe(envelopeText("t1", "alice", 1));
    expect(sealed!.data.subarray(1).toString()).toBe("not sealed at all");
  });

  test("whose book lost nonces, or never had them, is told of", async () => {
    const behind = await migrate("--database", await databaseFile({bookNonce: 1}), "--out", out());
    expect(behind.data.anomalies).toContainEqual({kind: "book-nonce-behind-transfers", count: 1, first: "alice"});
    const old = await migrate("--database", await databaseFile({withNonces: false}), "--out", out());
    expect(old.data.anomalies).toContainEqual(expect.objectContaining({kind: "balances-without-nonces"}));
    // What the transfers say is kept all the same.
    expect(old.data.accounts).toEqual({rows: 2, with_nonce: 1});
  });
});

/** Runs an import on the files, which is stopped behind its first batch. True when there was nothing left to stop. */
async function oneBatch(target: string, sources: Awaited<ReturnType<typeof openSources>>): Promise<boolean> {
  const archive = Archive.open(target);
  const stop = new AbortController();
  try {
    await importHistory(
      {batchRows: 2, rate: null},
      {...sources, archive, progress: (part) => part !== "balances" && stop.abort()},
      stop.signal,
    );
    return true;
  } catch (error) {
    expect(error).toMatchObject({name: "AbortError"});
    return false;
  } finally {
    archive.close();
  }
}

test("an import that is stopped behind every batch and resumed ends as one that was not", async () => {
  const [chain, database] = [journalFile(oldChain(9)), await databaseFile()];
  const whole = out();
  await migrate("--chain", chain, "--database", database, "--out", whole);
  const target = out();
  const sources = await openSources({chain, database});
  let stops = 0;
  while (!(await oneBatch(target, sources))) stops += 1;
  await sources.close();
  // Nine blocks and five transfers by two.
  expect(stops).toBe(5 + 3);
  expect(rowsOf(target, PARTS)).toEqual(rowsOf(whole, PARTS));
  const accounts =
    "SELECT address, chain_nonce, transfer_nonce, book_nonce, book_balance FROM account ORDER BY address";
  expect(rowsOf(target, accounts)).toEqual(rowsOf(whole, accounts));
});

test("Ctrl-C ends an import with 130", async () => {
  const host = memoryHost({
    argv: ["migrate", "import", "--chain", journalFile(oldChain(9)), "--out", out(), "--batch", "1", "--rate", "1"],
  });
  const running = run(host);
  setTimeout(() => host.signal("SIGINT"), 100);
  expect(await running).toBe(130);
});

describe("a rehearsal", () => {
  test("finds what an import finds, says how long it takes, and leaves nothing", async () => {
    const chain = journalFile(oldChain(4));
    const before = readdirSync(dirname(chain));
    const {status, data} = await migrate("--chain", chain, "--dry-run");
    expect(status).toBe(0);
    expect(data).toMatchObject({dry_run: true, out: null, blocks: {rows: 4}, estimated_seconds: expect.any(Number)});
    expect(readdirSync(dirname(chain))).toEqual(before);
    appendFileSync(chain, "{}\n");
    expect(await migrate("--chain", chain, "--dry-run")).toMatchObject({
      status: 3,
      error: {code: "JSON_NOT_CANONICAL"},
    });
  });

  test("--stats counts and checks nothing", async () => {
    const chain = journalFile(oldChain(4));
    appendFileSync(chain, "{}\n");
    const {data} = await migrate("--chain", chain, "--database", await databaseFile(), "--stats");
    expect(data).toMatchObject({
      blocks: {rows: 5},
      transfers: {rows: 5, ids_repeated: 1},
      balances: {rows: 2, has_nonces: true},
    });
  });
});

test("the report goes to a file as well", async () => {
  const {host, data} = await migrate("--chain", journalFile(oldChain(1)), "--dry-run", "--report", "r.json");
  expect(JSON.parse(Buffer.from(host.files.get("r.json")!).toString())).toMatchObject({ok: true, data});
});

test("--verify finds a row that changed on the disk", async () => {
  const [chain, target] = [journalFile(oldChain(3)), out()];
  await migrate("--chain", chain, "--out", target);
  const db = openSqlite(target);
  db.exec("UPDATE block SET line = (SELECT line FROM block WHERE height = 0) WHERE height = 1");
  db.close();
  const {status, error} = await migrate("--chain", chain, "--out", target, "--resume", "--verify");
  expect([status, error.code, error.details.wrong]).toEqual([
    3,
    "IMPORT_VERIFY_FAILED",
    ["behind block 0: block 0 follows block 0"],
  ]);
});

describe("is refused", () => {
  const chain = journalFile(oldChain(1));
  test.each<[string, number, string, string[]]>([
    ["no source", 2, "IMPORT_SOURCE_REQUIRED", ["--out", out()]],
    ["no target", 2, "IMPORT_TARGET_REQUIRED", ["--chain", chain]],
    ["a target that is there", 2, "FILE_EXISTS", ["--chain", chain, "--out", chain]],
    ["a resumption of nothing", 2, "FILE_NOT_FOUND", ["--chain", chain, "--out", out(), "--resume"]],
    ["a rehearsal with a target", 2, "FLAG_CONFLICT", ["--chain", chain, "--out", out(), "--dry-run"]],
    ["a journal that is not there", 2, "FILE_NOT_FOUND", ["--chain", out(), "--out", out()]],
    ["a database that is not there", 2, "FILE_NOT_FOUND", ["--database", out(), "--out", out()]],
    ["a database that is none", 2, "IMPORT_NOT_QSDM", ["--database", chain, "--out", out()]],
  ])("%s", async (_name, status, code, argv) => {
    expect(await migrate(...argv)).toMatchObject({status, error: {code}});
  });

  test("an archive that is another program's file", async () => {
    const target = out();
    openSqlite(target).exec("CREATE TABLE t (x)").close();
    expect(await migrate("--chain", chain, "--out", target, "--resume")).toMatchObject({
      status: 4,
      error: {code: "DATABASE_FOREIGN"},
    });
  });

  test("a journal that became shorter than what came over of it", async () => {
    const [path, target] = [journalFile(oldChain(3)), out()];
    await migrate("--chain", path, "--out", target);
    truncateSync(path, 10);
    expect(await migrate("--chain", path, "--out", target, "--resume")).toMatchObject({
      status: 3,
      error: {code: "IMPORT_JOURNAL_CHANGED"},
    });
  });
});
