/**
 * Rows under random 32-byte keys, and what blocks take on the disk (design goals P15 and P16).
 *
 * Ours is the store as a node has it: receipts by transaction id, some 200 bytes each, written with their blocks, each
 * commit flushed. The peers get the same keys and bytes in batches of the same size: better-sqlite3 as its documentation
 * begins, and lmdb.
 */
import {randomBytes} from "node:crypto";
import {mkdtempSync, rmSync} from "node:fs";
import {createRequire} from "node:module";
import {tmpdir} from "node:os";
import path from "node:path";
import {hexOf, plain} from "../../src/codecs/bytes.js";
import {block as blockCodec} from "../../src/codecs/chain/block.js";
import {type Receipt, receipt as receiptCodec} from "../../src/codecs/chain/receipt.js";
import {type Cells, CLEAR} from "../../src/node/storage/seal/cells.js";
import {passingCells} from "../../src/node/storage/seal/key-file.js";
import {loadCompression} from "../../src/node/storage/sqlite/compression.js";
import {openSqlite} from "../../src/node/storage/sqlite/driver.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import {commitAt} from "../node/storage/contract.js";
import {peerFolder} from "./peers/peers.js";

export const name = "rows by random key, and blocks on the disk (goals: 10 times naive better-sqlite3, 1.7 times lmdb)";

const BATCH = 10_000;
const BATCHES = 25;
const ROWS = BATCH * BATCHES;

interface Row {
  readonly key: Buffer;
  readonly receipt: Receipt;
  readonly bytes: Uint8Array;
}

function rowsAt(height: number): Row[] {
  const sender = hexOf(plain(randomBytes(32)));
  return Array.from({length: BATCH}, (_, nonce) => {
    const key = randomBytes(32);
    const receipt: Receipt = {
      txId: hexOf(plain(key)),
      height: BigInt(height),
      outcome: "applied",
      code: null,
      message: null,
      sender,
      nonce: BigInt(nonce),
      contract: "qsdm/transfer/v1",
      gasUsed: 21_000n,
      feeDust: 1_000n,
      slash: null,
    };
    return {key, receipt, bytes: receiptCodec.encode(receipt)};
  });
}

type Batches = readonly (readonly Row[])[];

/** Rows per second of `work`. */
async function rate(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return (ROWS * 1_000) / (performance.now() - began);
}

async function oursAt(file: string, batches: Batches, cells: Cells = CLEAR): Promise<{write: number; read: number}> {
  const store = await SqliteStore.open({path: file, cells, slashReceiptsMax: 1, eventBlocksKept: 1});
  const commits = batches.map((rows, height) => {
    const {block, ...rest} = commitAt(height, {
      changes: [],
      slashes: [],
      events: [],
      receipts: rows.map((each) => each.receipt),
    });
    return {...rest, block: {...block, transactions: []}};
  });
  const packed = await Promise.all(commits.map(({block}) => store.pack(block)));
  const write = await rate(() => {
    for (const [i, commit] of commits.entries()) store.commit(commit, packed[i]!);
  });
  const read = await rate(() => {
    for (const rows of batches) for (const {receipt} of rows) if (!store.receipt(receipt.txId)) throw new Error("lost");
  });
  store.close();
  return {write, read};
}

async function naiveAt(file: string, batches: Batches): Promise<number> {
  const db = openSqlite(file);
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE cell (id BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID");
  const add = db.prepare("INSERT INTO cell VALUES (?, ?)");
  const write = await rate(() => {
    for (const rows of batches)
      db.transaction(() => {
        for (const {key, bytes} of rows) add.run(key, bytes);
      })();
  });
  db.close();
  return write;
}

interface Lmdb {
  transactionSync(work: () => void): void;
  putSync(key: Buffer, value: Uint8Array): void;
  getBinary(key: Buffer): Buffer | undefined;
  close(): Promise<void>;
}

async function lmdbAt(file: string, batches: Batches): Promise<{write: number; read: number} | string> {
  const folder = peerFolder();
  if (!folder) return "tools/peers is not installed";
  const {open} = createRequire(path.join(folder, "package.json"))("lmdb") as {open(options: object): Lmdb};
  const db = open({path: file, noSubdir: true, encoding: "binary", keyEncoding: "binary"});
  const write = await rate(() => {
    for (const rows of batches)
      db.transactionSync(() => {
        for (const {key, bytes} of rows) db.putSync(key, bytes);
      });
  });
  const read = await rate(() => {
    for (const rows of batches) for (const {key} of rows) if (!db.getBinary(key)) throw new Error("lost");
  });
  await db.close();
  return {write, read};
}

/** Bytes of transfers as JSON without signatures, among random accounts: in one block as a store packs it, and each by itself. */
async function packedSizes(count: number): Promise<{raw: number; block: number; rows: number}> {
  const {pack} = await loadCompression();
  const account = (): string => hexOf(plain(randomBytes(32)));
  const json = Array.from({length: count}, (_, nonce) => {
    const move = {to: account(), amount_dust: `${randomBytes(4).readUInt32BE()}`, memo: ""};
    const content = {
      chain_id: "qsdm-test",
      sender: account(),
      nonce: `${nonce % 50}`,
      expires_at_height: "1200",
      ...move,
    };
    return new TextEncoder().encode(JSON.stringify({...content, max_fee_dust: "1000", contract: "qsdm/transfer/v1"}));
  });
  const {block} = commitAt(1);
  const whole = await pack(blockCodec.encode({...block, transactions: json}));
  const each = await Promise.all(json.map((row) => pack(row)));
  const sum = (rows: readonly Uint8Array[]): number => rows.reduce((total, row) => total + row.length, 0);
  return {raw: sum(json), block: whole.length, rows: sum(each)};
}

export async function run(print: (line: string) => void): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), "qsdm-bench-"));
  try {
    const batches = Array.from({length: BATCHES}, (_, height) => rowsAt(height));
    const naive = await naiveAt(path.join(directory, "naive.db"), batches);
    const lmdb = await lmdbAt(path.join(directory, "lmdb"), batches);
    const ours = await oursAt(path.join(directory, "ours.db"), batches);
    const sealed = await oursAt(path.join(directory, "sealed.db"), batches, passingCells());
    print(`P15  ours ${Math.round(ours.write)} rows/s written, ${Math.round(ours.read)} read`);
    print(
      `P15  naive better-sqlite3 ${Math.round(naive)} rows/s: ours is ${(ours.write / naive).toFixed(2)} times that`,
    );
    if (typeof lmdb === "string") print(`P15  lmdb: ${lmdb}`);
    else {
      print(`P15  lmdb ${Math.round(lmdb.write)} rows/s: ours is ${(ours.write / lmdb.write).toFixed(2)} times that`);
      print(`P15  lmdb ${Math.round(lmdb.read)} reads/s: ours are ${(ours.read / lmdb.read).toFixed(2)} times that`);
    }
    print(
      `P15  encrypted ${Math.round(sealed.write)} rows/s written, ${Math.round(sealed.read)} read: ` +
        `${(sealed.write / ours.write).toFixed(2)} and ${(sealed.read / ours.read).toFixed(2)} times ours in clear`,
    );
    const {raw, block, rows} = await packedSizes(1_000);
    print(`P16  ${raw} bytes of JSON: ${block} as a block, ${rows} row by row: ${(block / rows).toFixed(2)} of that`);
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}
