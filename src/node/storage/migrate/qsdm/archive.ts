/**
 * Where the history of a QSDM chain is kept: one SQLite file with every block byte for byte, the place of every
 * transaction, every transfer of the wallet route, and every account with its nonces.
 *
 * A batch and the place where it ended are one transaction, so an import that is killed goes on behind its last batch.
 */
import {bytesOfHex, hexOf, plain, utf8} from "../../../../codecs/bytes.js";
import {sha256} from "../../../../codecs/hash.js";
import type {QsdmBlock} from "../../../../codecs/qsdm-chain/block.js";
import {DecodeError, UnavailableError} from "../../../../errors.js";
import type {Sqlite, Statement} from "../../sqlite/driver.js";
import {type DatabaseForm, openDatabase} from "../../sqlite/open.js";
import type {Anomalies} from "../anomalies.js";
import type {BalanceRow, WalletRow} from "./wallet-database.js";

const FORM: DatabaseForm = {
  /** "qsda" in ASCII. */
  applicationId: 0x71736461,
  version: 1,
  journal: "wal",
  schema: `
CREATE TABLE block (
  height INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  line BLOB NOT NULL
) STRICT;
CREATE TABLE block_transaction (
  seq INTEGER PRIMARY KEY,
  tx_id TEXT NOT NULL,
  height INTEGER NOT NULL,
  position INTEGER NOT NULL
) STRICT;
CREATE INDEX block_transaction_id ON block_transaction (tx_id);
CREATE TABLE transfer (
  row INTEGER PRIMARY KEY,
  tx_id TEXT,
  sender TEXT,
  recipient TEXT,
  amount REAL,
  timestamp TEXT,
  is_open INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE INDEX transfer_id ON transfer (tx_id);
CREATE TABLE account (
  seq INTEGER PRIMARY KEY,
  address TEXT NOT NULL UNIQUE,
  chain_nonce INTEGER,
  transfer_nonce INTEGER,
  book_nonce INTEGER,
  book_balance REAL,
  book_updated_at TEXT
) STRICT;
CREATE TABLE part (
  name TEXT PRIMARY KEY,
  rows INTEGER NOT NULL,
  position INTEGER NOT NULL,
  digest BLOB NOT NULL
) STRICT;
`,
};

/** What is copied by batches. */
export type Part = "blocks" | "transfers";

/** How far a part was copied. */
export interface Checkpoint {
  readonly rows: number;
  /** Blocks: offset in the journal. Transfers: last row. */
  readonly position: bigint;
  /** Over all rows so far, 32 bytes: SHA-256 over the digest before and the digest of the row. */
  readonly digest: Uint8Array;
}

const START: Checkpoint = {rows: 0, position: 0n, digest: new Uint8Array(32)};
/** SQLite's integers are signed. */
const INTEGER_MAX = 2n ** 63n - 1n;

/** The digest of a part with one row more. */
export const digestWith = (digest: Uint8Array, row: Uint8Array): Uint8Array => sha256(digest, sha256(row));

/** The bytes of a transfer that its digest covers. */
export const transferBytes = ({row, txId, sender, recipient, amount, timestamp, data}: WalletRow): Uint8Array =>
  utf8(JSON.stringify([row.toString(), txId, sender, recipient, amount, timestamp, hexOf(sha256(data))]));

export interface PackedBlock {
  readonly block: QsdmBlock;
  /** The line, compressed. */
  readonly line: Uint8Array;
}

export interface ReadTransfer {
  readonly row: WalletRow;
  /** Nonce of its envelope; 0 where there is none. */
  readonly nonce: bigint;
  /** Whether `data` is the envelope's JSON, and not what the reference stored. */
  readonly isOpen: boolean;
  /** Compressed. */
  readonly data: Uint8Array;
}

function fits(value: bigint, what: string): bigint {
  if (value <= INTEGER_MAX) return value;
  throw new DecodeError("IMPORT_NUMBER_TOO_LARGE", `${what} is ${value}, which no file here can hold`);
}

export class Archive {
  readonly #statements = new Map<string, Statement>();

  private constructor(private readonly db: Sqlite) {}

  /** An empty path is a file without a name, for a trial. @throws UnavailableError as `openDatabase` says */
  static open(path: string): Archive {
    return new Archive(openDatabase(path, FORM));
  }

  checkpoint(part: Part): Checkpoint {
    const row = this.#prepare("SELECT rows, position, digest FROM part WHERE name = ?").get(part) as
      | {rows: bigint; position: bigint; digest: Buffer}
      | undefined;
    return row ? {rows: Number(row.rows), position: row.position, digest: plain(row.digest)} : START;
  }

  /** Height and hash of the last block; null while there is none. */
  tip(): {readonly height: bigint; readonly hash: string} | null {
    const row = this.#prepare("SELECT height, hash FROM block ORDER BY height DESC LIMIT 1").get() as
      | {height: bigint; hash: Buffer}
      | undefined;
    return row ? {height: row.height, hash: hexOf(row.hash)} : null;
  }

  addBlocks(blocks: readonly PackedBlock[], checkpoint: Checkpoint, anomalies: Anomalies): void {
    this.#batch("blocks", checkpoint, () => {
      for (const {block, line} of blocks) {
        const height = fits(block.height, "a height");
        this.#prepare("INSERT INTO block (height, hash, line) VALUES (?, ?, ?)").run(
          height,
          bytesOfHex(block.hash),
          line,
        );
        (block.transactions ?? []).forEach(({id, sender, nonce}, position) => {
          const where = `transaction ${id} of block ${height}`;
          if (this.#prepare("SELECT 1 FROM block_transaction WHERE tx_id = ?").get(id))
            anomalies.add("transaction-repeated", where);
          this.#prepare("INSERT INTO block_transaction (tx_id, height, position) VALUES (?, ?, ?)").run(
            ...[id, height, position],
          );
          this.#takeNonce(sender, fits(nonce, "a nonce"), where, anomalies);
        });
      }
    });
  }

  addTransfers(transfers: readonly ReadTransfer[], checkpoint: Checkpoint): void {
    this.#batch("transfers", checkpoint, () => {
      for (const {row, nonce, isOpen, data} of transfers) {
        this.#prepare(
          "INSERT INTO transfer (row, tx_id, sender, recipient, amount, timestamp, is_open, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ).run(row.row, row.txId, row.sender, row.recipient, row.amount, row.timestamp, isOpen ? 1 : 0, data);
        if (nonce > 0n && row.sender)
          this.#prepare(
            "INSERT INTO account (address, transfer_nonce) VALUES (?, ?) ON CONFLICT (address) DO UPDATE " +
              "SET transfer_nonce = max(ifnull(transfer_nonce, 0), excluded.transfer_nonce)",
          ).run(row.sender, fits(nonce, "a nonce"));
      }
    });
  }

  /** Balances change behind every transfer, so each import takes all of them anew. */
  putBalances(rows: readonly BalanceRow[]): void {
    this.#transaction(() => {
      for (const {address, balance, nonce, updatedAt} of rows)
        this.#prepare(
          "INSERT INTO account (address, book_balance, book_nonce, book_updated_at) VALUES (?, ?, ?, ?) " +
            "ON CONFLICT (address) DO UPDATE SET book_balance = excluded.book_balance, " +
            "book_nonce = excluded.book_nonce, book_updated_at = excluded.book_updated_at",
        ).run(address, balance, nonce, updatedAt);
    });
  }

  /** Accounts, and those of them that have sent. */
  accounts(): {readonly rows: number; readonly withNonce: number} {
    const row = this.#prepare(
      "SELECT count(*) AS n, count(nullif(max(ifnull(chain_nonce, 0), ifnull(transfer_nonce, 0), ifnull(book_nonce, 0)), 0)) " +
        "AS sent FROM account",
    ).get() as {n: bigint; sent: bigint};
    return {rows: Number(row.n), withNonce: Number(row.sent)};
  }

  /** Holds the three places that nonces come from to each other. */
  compareNonces(anomalies: Anomalies): void {
    for (const [kind, condition] of [
      ["book-nonce-behind-transfers", "book_nonce < transfer_nonce"],
      ["book-nonce-behind-chain", "book_nonce < chain_nonce"],
      [
        "account-without-balance",
        "book_balance IS NULL AND EXISTS (SELECT 1 FROM account WHERE book_balance IS NOT NULL)",
      ],
    ] as const) {
      const row = this.db
        .prepare(`SELECT count(*) AS n, min(address) AS first FROM account WHERE ${condition}`)
        .get() as {
        n: bigint;
        first: string | null;
      };
      if (row.n > 0n) anomalies.add(kind, row.first!, Number(row.n));
    }
  }

  /** Lines as they were stored, compressed, in order of height. */
  *lines(): Generator<Uint8Array> {
    for (const row of this.db.prepare("SELECT line FROM block ORDER BY height").iterate())
      yield plain((row as {line: Buffer}).line);
  }

  /** Transfers as they were stored, `data` compressed. */
  *transfers(): Generator<WalletRow> {
    const rows = this.db.prepare(
      "SELECT row, tx_id AS txId, sender, recipient, amount, timestamp, data FROM transfer ORDER BY row",
    );
    for (const row of rows.iterate()) {
      const {data, ...rest} = row as WalletRow;
      yield {...rest, data: plain(data)};
    }
  }

  close(): void {
    this.db.close();
  }

  #takeNonce(sender: string, nonce: bigint, where: string, anomalies: Anomalies): void {
    const known = this.#prepare("SELECT chain_nonce AS next FROM account WHERE address = ?").get(sender) as
      | {next: bigint | null}
      | undefined;
    const next = known?.next ?? 0n;
    if (nonce > next) anomalies.add("nonce-skipped", where);
    if (nonce < next) anomalies.add("nonce-repeated", where);
    this.#prepare(
      "INSERT INTO account (address, chain_nonce) VALUES (?, ?) ON CONFLICT (address) DO UPDATE SET chain_nonce = excluded.chain_nonce",
    ).run(sender, fits(nonce >= next ? nonce + 1n : next, "a nonce"));
  }

  #batch(part: Part, {rows, position, digest}: Checkpoint, work: () => void): void {
    this.#transaction(() => {
      work();
      this.#prepare(
        "INSERT INTO part (name, rows, position, digest) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE " +
          "SET rows = excluded.rows, position = excluded.position, digest = excluded.digest",
      ).run(part, rows, position, digest);
    });
  }

  #transaction(work: () => void): void {
    try {
      this.db.transaction(work).immediate();
    } catch (cause) {
      const code = String((cause as NodeJS.ErrnoException).code);
      if (code !== "SQLITE_FULL" && !code.startsWith("SQLITE_IOERR")) throw cause;
      throw new UnavailableError("DISK_UNAVAILABLE", `cannot write the archive: ${code}`, {
        hint: "free space or repair the disk, then go on with --resume",
        cause,
      });
    }
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement: Statement = this.db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
