/**
 * The SQLite database of a QSDM node, read only: transfers that its wallet route took, and the balances that it kept
 * beside the chain (defect D56).
 *
 * A row of `transactions` holds the envelope's JSON under AES-256-GCM with a key that every copy of the program has
 * (defect D54), and that under Zstandard (D55). Version 0.4.1 brought the column `nonce` of `balances`.
 * Source: node specification, section 12; the reference's pkg/storage.
 */
import {createDecipheriv} from "node:crypto";
import {existsSync} from "node:fs";
import {concat, plain, utf8} from "../../../../codecs/bytes.js";
import {DecodeError, UsageError} from "../../../../errors.js";
import type {Compression} from "../../sqlite/compression.js";
import {openSqlite, type Sqlite} from "../../sqlite/driver.js";

export interface WalletRow {
  readonly row: bigint;
  readonly txId: string | null;
  readonly sender: string | null;
  readonly recipient: string | null;
  /** In CELL. */
  readonly amount: number | null;
  readonly timestamp: string | null;
  readonly data: Uint8Array;
}

export interface BalanceRow {
  readonly address: string;
  /** In CELL. */
  readonly balance: number;
  /** Last envelope nonce that was applied; null before version 0.4.1. */
  readonly nonce: bigint | null;
  readonly updatedAt: string | null;
}

/** Constant of the reference's program. It keeps no secret, and without it nothing could be read. */
const KEY = utf8("0123456789abcdef0123456789abcdef");
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** In front of rows that are Zstandard, as `Compression` frames them. */
const ZSTD = Uint8Array.of(1);
/** Largest row: the wallet route takes 64 KiB. */
export const WALLET_ROW_MAX_BYTES = 1024 * 1024;

export class WalletDatabase {
  /** False before version 0.4.1. */
  readonly hasNonces: boolean;

  private constructor(
    private readonly db: Sqlite,
    private readonly compression: Compression,
    /** The statements that made its tables. */
    readonly schema: readonly string[],
  ) {
    const columns = db.prepare("SELECT name FROM pragma_table_info('balances')").all() as {name: string}[];
    this.hasNonces = columns.some(({name}) => name === "nonce");
  }

  /** @throws UsageError FILE_NOT_FOUND; IMPORT_NOT_QSDM where it is no database, or one without those tables */
  static open(path: string, compression: Compression): WalletDatabase {
    const refuse = (cause?: unknown): never => {
      throw new UsageError("IMPORT_NOT_QSDM", `${path} is no database of a QSDM node`, {
        hint: "name the file that the node's configuration calls its SQLite path",
        cause,
      });
    };
    if (!existsSync(path)) throw new UsageError("FILE_NOT_FOUND", `${path} does not exist`, {hint: "check the path"});
    let db: Sqlite | undefined;
    try {
      db = openSqlite(path, {readonly: true});
      const tables = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name").all() as {
        name: string;
        sql: string;
      }[];
      for (const wanted of ["transactions", "balances"]) if (!tables.some(({name}) => name === wanted)) refuse();
      return new WalletDatabase(
        db,
        compression,
        tables.filter(({name}) => name === "transactions" || name === "balances").map(({sql}) => sql),
      );
    } catch (error) {
      db?.close();
      const code = String((error as NodeJS.ErrnoException).code);
      if (["SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_CANTOPEN"].includes(code)) return refuse(error);
      throw error;
    }
  }

  count(table: "transactions" | "balances"): number {
    return Number((this.db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as {n: bigint}).n);
  }

  /** Ids that more than one row has: how many, and the first. */
  repeatedIds(): {readonly count: number; readonly first: string | null} {
    const row = this.db
      .prepare(
        "SELECT count(*) AS n, min(tx_id) AS first FROM " +
          "(SELECT tx_id FROM transactions WHERE tx_id <> '' GROUP BY tx_id HAVING count(*) > 1)",
      )
      .get() as {n: bigint; first: string | null};
    return {count: Number(row.n), first: row.first};
  }

  /** Transfers behind a row, in order. @throws DecodeError IMPORT_ROW_TOO_LARGE */
  *transactions(after: bigint): Generator<WalletRow> {
    const rows = this.db.prepare(
      "SELECT id AS row, tx_id, sender, recipient, amount, CAST(timestamp AS TEXT) AS timestamp, " +
        `length(data) AS size, CASE WHEN length(data) <= ${WALLET_ROW_MAX_BYTES} THEN CAST(data AS BLOB) END AS data ` +
        "FROM transactions WHERE id > ? ORDER BY id",
    );
    for (const each of rows.iterate(after)) {
      const {
        tx_id: txId,
        size,
        data,
        amount,
        ...rest
      } = each as Omit<WalletRow, "txId" | "data" | "amount"> & {
        readonly tx_id: string | null;
        readonly size: bigint;
        readonly data: Buffer | null;
        readonly amount: number | bigint | null;
      };
      if (data === null)
        throw new DecodeError("IMPORT_ROW_TOO_LARGE", `row ${rest.row} of transactions has ${size} bytes`);
      yield {...rest, txId, amount: amount === null ? null : Number(amount), data: plain(data)};
    }
  }

  *balances(): Generator<BalanceRow> {
    const nonce = this.hasNonces ? "nonce" : "NULL";
    const rows = this.db.prepare(
      `SELECT address, balance, ${nonce} AS nonce, CAST(updated_at AS TEXT) AS updatedAt FROM balances ORDER BY address`,
    );
    for (const each of rows.iterate()) {
      const row = each as Omit<BalanceRow, "balance"> & {readonly balance: number | bigint};
      yield {...row, balance: Number(row.balance)};
    }
  }

  /** The envelope's JSON in a row, or null where the row does not open. */
  async opened({data}: WalletRow): Promise<Uint8Array | null> {
    try {
      const sealed = await this.compression.unpack(concat(ZSTD, data));
      const decipher = createDecipheriv("aes-256-gcm", KEY, sealed.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      const body = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
      return plain(Buffer.concat([body, decipher.final()]));
    } catch {
      return null;
    }
  }

  close(): void {
    this.db.close();
  }
}
