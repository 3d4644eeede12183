/**
 * Fills a database from a snapshot. Until the last row is there it is marked as unfinished, and no node starts on it: a
 * restore that was killed leaves a file that the next one begins anew.
 */
import {existsSync, rmSync} from "node:fs";
import {bytesOfHex} from "../../../codecs/bytes.js";
import {
  type Block,
  block as blockCodec,
  blockIdOf,
  type Certificate,
  certificate as certificateCodec,
  type Header,
  header as headerCodec,
} from "../../../codecs/chain/block.js";
import {type EpochRow, epochRow} from "../../../codecs/chain/epoch.js";
import type {StateEntry} from "../../../codecs/chain/snapshot.js";
import type {BatchRef} from "../../../codecs/dag/batch.js";
import {UnavailableError} from "../../../errors.js";
import {lastSeqOf} from "../../ledger/chain/event-numbers.js";
import {type Cells, CLEAR} from "../seal/cells.js";
import {PRUNED_SEQ} from "./commit-writer.js";
import {type Compression, loadCompression} from "./compression.js";
import type {Sqlite, Statement} from "./driver.js";
import {explainWrite} from "./failure.js";
import {CHAIN, openDatabase} from "./open.js";
import {PRUNED_HEIGHT} from "./prune.js";
import {APPLICATION_ID, UNFINISHED_ID} from "./schema.js";
import {checkSealedBy} from "./sealed-by.js";
import {prepareStatements, type Statements} from "./statements.js";
import {SqliteStore, type SqliteStoreOptions} from "./store.js";

/** What is stored with the newest block. */
export interface RestoredHead {
  readonly height: bigint;
  readonly stateRoot: string;
  readonly receiptsRoot: string;
}

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

export class RestoringStore {
  readonly #statements: Statements;
  readonly #fillBlock: Statement;
  readonly #fillCertificate: Statement;

  private constructor(
    private readonly path: string,
    private readonly db: Sqlite,
    private readonly compression: Compression,
    private readonly cells: Cells,
  ) {
    this.#statements = prepareStatements(db);
    this.#fillBlock = db.prepare("UPDATE block SET certificate = ?, body = ? WHERE height = ?");
    this.#fillCertificate = db.prepare("UPDATE block SET certificate = ? WHERE height = ?");
  }

  /**
   * Whether there is nothing that would be lost: no database, one with the genesis alone, or what a restore left.
   * @throws UnavailableError as `SqliteStore.open` says
   */
  static async isFree(options: SqliteStoreOptions): Promise<boolean> {
    if (!existsSync(options.path) || isUnfinished(options.path)) return true;
    const store = await SqliteStore.open(options);
    try {
      const head = store.head();
      // What a validator promised, or a node acknowledged, must not be lost.
      const isUsed = store.promise() !== null || store.waiting().length > 0 || store.keptBatches().length > 0;
      return (!head || head.header.height === 0n) && !isUsed && store.uncommitted().length === 0;
    } finally {
      store.close();
    }
  }

  /** Removes what a restore left that did not come to its end. @throws UnavailableError DATA_DIR_LOCKED */
  static discard(path: string): void {
    if (existsSync(path) && isUnfinished(path)) remove(path);
  }

  /**
   * An empty database, in the place of one that holds the genesis alone, or that another restore left.
   * @throws UnavailableError RESTORE_NOT_EMPTY, and as `openDatabase` says
   */
  static async open(options: SqliteStoreOptions): Promise<RestoringStore> {
    const {path, cells = CLEAR} = options;
    const compression = await loadCompression();
    if (!(await RestoringStore.isFree(options)))
      throw new UnavailableError("RESTORE_NOT_EMPTY", `${path} is in use: it holds a chain, or what waits for one`, {
        hint: "restore into a data directory that qsdm node init has just made",
      });
    remove(path);
    const db = openDatabase(path, {...CHAIN, applicationId: UNFINISHED_ID});
    try {
      checkSealedBy(db, path, cells);
      return new RestoringStore(path, db, compression, cells);
    } catch (error) {
      db.close();
      throw explainWrite(error, path);
    }
  }

  headers(headers: readonly Header[]): void {
    this.#transaction(() => {
      const none = new Uint8Array();
      for (const each of headers) {
        const id = bytesOfHex(blockIdOf(each));
        const header = this.cells.seal("block.header", [each.height], headerCodec.encode(each));
        this.#statements.addBlock.run(each.height, id, header, none, none);
      }
    });
  }

  /** The whole block of a header that is there. */
  async block(block: Block, certificate: Certificate): Promise<void> {
    const {height} = block.header;
    const body = this.cells.seal("block.body", [height], await this.compression.pack(blockCodec.encode(block)));
    this.#transaction(() => this.#fillBlock.run(this.#votes(height, certificate), body, height));
  }

  /** An epoch, whose origin's header may come later. */
  epoch(row: EpochRow): void {
    const {number, originHeight} = row;
    const value = this.cells.seal("epoch.value", [number, originHeight], epochRow.encode(row));
    this.#transaction(() => this.#statements.addEpoch.run(number, originHeight, value));
  }

  /** The votes for a block that an epoch goes on from. */
  certificate(certificate: Certificate): void {
    const {height} = certificate;
    this.#transaction(() => this.#fillCertificate.run(this.#votes(height, certificate), height));
  }

  taken(epoch: bigint, batches: readonly BatchRef[]): void {
    this.#transaction(() => {
      for (const {round, creator, batchId} of batches)
        this.#statements.takeBatch.run(epoch, round, creator, bytesOfHex(batchId));
    });
  }

  state(entries: readonly StateEntry[]): void {
    this.#transaction(() => {
      for (const {store, key, value} of entries)
        this.#statements.putState.run(store, this.cells.stateName(store, key), this.cells.sealState(store, key, value));
    });
  }

  /** Makes it a node's database: in one transaction with its newest block's roots. */
  finish({height, stateRoot, receiptsRoot}: RestoredHead): void {
    this.#transaction(() => {
      const {putMeta} = this.#statements;
      const putRoot = (name: string, root: string): unknown =>
        putMeta.run(name, this.cells.seal("meta.value", [name], bytesOfHex(root)));
      putRoot("state_root", stateRoot);
      putRoot("receipts_root", receiptsRoot);
      putMeta.run(PRUNED_HEIGHT, int64(height - 1n));
      putMeta.run(PRUNED_SEQ, int64(lastSeqOf(height)));
      this.db.pragma(`application_id = ${APPLICATION_ID}`);
    });
  }

  close(): void {
    this.db.close();
  }

  #votes(height: bigint, certificate: Certificate): Uint8Array {
    return this.cells.seal("block.certificate", [height], certificateCodec.encode(certificate));
  }

  #transaction(work: () => void): void {
    try {
      this.db.transaction(work).immediate();
    } catch (error) {
      throw explainWrite(error, this.path);
    }
  }
}

/** A log without its database would be taken for the next one's. */
function remove(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, {force: true});
}

/** Whether a restore that did not come to its end left the file. @throws as `openDatabase`, where somebody has it open */
function isUnfinished(path: string): boolean {
  try {
    openDatabase(path, {...CHAIN, applicationId: UNFINISHED_ID}).close();
    return true;
  } catch (error) {
    if (error instanceof UnavailableError && error.code === "DATABASE_FOREIGN") return false;
    throw error;
  }
}
