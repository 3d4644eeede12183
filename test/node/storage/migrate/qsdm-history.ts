/**
 * Files as a QSDM node leaves them, written from the description and not with the codecs under test: lines by
 * JSON.stringify, hashes and sealed rows by node:crypto, Zstandard by its binding.
 */
import {createCipheriv, createHash, randomBytes} from "node:crypto";
import * as zlib from "node:zlib";
import {openSqlite} from "../../../../src/node/storage/sqlite/driver.js";

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

export interface OldTransaction {
  readonly id: string;
  readonly sender: string;
  readonly nonce: number;
}

export interface OldBlock {
  readonly height: number;
  readonly hash: string;
  readonly line: string;
}

function rootOf(ids: readonly string[]): string {
  let level = ids.map(hash);
  if (level.length === 0) return hash("");
  while (level.length > 1) {
    const next: string[] = [];
    for (let at = 0; at < level.length; at += 2) next.push(hash(level[at]! + (level[at + 1] ?? level[at]!)));
    level = next;
  }
  return level[0]!;
}

/** The block behind `parent`. */
export function oldBlock(parent: OldBlock | null, transactions: readonly OldTransaction[]): OldBlock {
  const height = parent ? parent.height + 1 : 0;
  const [p, s, ts, pr] = [parent?.hash ?? "", hash(`state ${height}`), "2026-03-01T01:02:03.5Z", "producer"];
  const t = rootOf(transactions.map(({id}) => id));
  const own = hash(JSON.stringify({h: height, p, s, t, ts, pr}));
  const bodies = transactions.map(({id, sender, nonce}) => ({
    ...{ID: id, Sender: sender, Recipient: "bob", Amount: 1.5, Fee: 0.001, GasLimit: 21_000, Nonce: nonce},
    ...{Payload: null, AddedAt: ts},
  }));
  const line = JSON.stringify({
    ...{height, prev_hash: p, hash: own, timestamp: ts, transactions: bodies.length > 0 ? bodies : null},
    ...{state_root: s, total_fees: 0, gas_used: 0, producer_id: pr, producer_auth: {}},
  });
  return {height, hash: own, line};
}

/** `count` blocks in a row; alice sends one transaction in every second. */
export function oldChain(count: number): OldBlock[] {
  const blocks: OldBlock[] = [];
  for (let at = 0; at < count; at++)
    blocks.push(
      oldBlock(blocks.at(-1) ?? null, at % 2 === 0 ? [{id: `tx-${at}`, sender: "alice", nonce: at / 2}] : []),
    );
  return blocks;
}

export const journalOf = (blocks: readonly OldBlock[]): string => blocks.map(({line}) => `${line}\n`).join("");

async function zstd(bytes: Uint8Array): Promise<Uint8Array> {
  const own = (zlib as unknown as {zstdCompressSync?: (bytes: Uint8Array) => Buffer}).zstdCompressSync;
  if (own) return own(bytes);
  const {compress} = await import("@mongodb-js/zstd");
  return compress(Buffer.from(bytes));
}

/** A row of `transactions`: sealed first, then compressed. */
export async function sealedRow(text: string): Promise<Uint8Array> {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", "0123456789abcdef0123456789abcdef", nonce);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return zstd(Buffer.concat([nonce, body, cipher.getAuthTag()]));
}

export const envelopeText = (id: string, sender: string, nonce: number): string =>
  JSON.stringify({
    ...{id, sender, recipient: "bob", amount: 1.5, fee: 0.001, geotag: "", parent_cells: null, nonce},
    ...{signature: "00", public_key: "11", timestamp: "2026-03-01T01:02:03Z"},
  });

export interface OldRow {
  readonly txId: string;
  readonly sender: string;
  readonly data: Uint8Array;
}

export interface OldBalance {
  readonly address: string;
  readonly balance: number;
  readonly nonce: number;
}

/** A database of version 0.4.1, or of 0.4.0 without nonces. */
export function oldDatabase(
  path: string,
  {rows, balances, withNonces = true}: {rows: readonly OldRow[]; balances: readonly OldBalance[]; withNonces?: boolean},
): void {
  const db = openSqlite(path);
  db.pragma("journal_mode = WAL");
  db.exec(
    "CREATE TABLE transactions (id INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL, tx_id TEXT, sender TEXT, " +
      "recipient TEXT, amount REAL, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP);" +
      "CREATE INDEX idx_tx_id ON transactions(tx_id);" +
      (withNonces
        ? "CREATE TABLE balances (address TEXT PRIMARY KEY, balance REAL NOT NULL DEFAULT 0.0 CHECK(balance >= 0), " +
          "nonce INTEGER NOT NULL DEFAULT 0 CHECK(nonce >= 0), updated_at DATETIME DEFAULT CURRENT_TIMESTAMP)"
        : "CREATE TABLE balances (address TEXT PRIMARY KEY, balance REAL NOT NULL DEFAULT 0.0, " +
          "updated_at DATETIME DEFAULT CURRENT_TIMESTAMP)"),
  );
  const addRow = db.prepare(
    "INSERT INTO transactions (data, tx_id, sender, recipient, amount) VALUES (?, ?, ?, 'bob', 1.5)",
  );
  for (const {data, txId, sender} of rows) addRow.run(data, txId, sender);
  const columns = withNonces ? "(address, balance, nonce) VALUES (?, ?, ?)" : "(address, balance) VALUES (?, ?)";
  const addBalance = db.prepare(`INSERT INTO balances ${columns}`);
  for (const {address, balance, nonce} of balances)
    addBalance.run(...(withNonces ? [address, balance, nonce] : [address, balance]));
  db.close();
}
