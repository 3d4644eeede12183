/** The embedded store: one SQLite file, one transaction for each block. */

import type {Topic} from "../../../codecs/api/events.js";
import {bytesOfHex, hexOf, plain, textOf, utf8} from "../../../codecs/bytes.js";
import {
  type Block,
  block as blockCodec,
  type Certificate,
  certificate,
  type Header,
  header,
} from "../../../codecs/chain/block.js";
import {type EpochRow, epochRow} from "../../../codecs/chain/epoch.js";
import {encodedReceipt, type Receipt, receipt} from "../../../codecs/chain/receipt.js";
import {BATCH_WINDOW_ROUNDS, type BatchRef} from "../../../codecs/dag/batch.js";
import {InvariantError} from "../../../errors.js";
import {lastSeqOf} from "../../ledger/chain/event-numbers.js";
import type {
  BlockCommit,
  EventPage,
  EventQuery,
  KeptBatch,
  LedgerStore,
  PruneOrder,
  ReceiptQuery,
  SlashReceipt,
  SlashReceiptQuery,
  StoredBlock,
  StoredHead,
  StoreStats,
  UncommittedBlock,
  WaitingRow,
} from "../store.js";
import {type Compression, loadCompression} from "./compression.js";
import type {Sqlite} from "./driver.js";
import {explainWrite} from "./failure.js";
import {AppendLog} from "./log/append-log.js";
import {openDatabase} from "./open.js";
import {Pruner} from "./prune.js";
import {RECEIPTS, WAITING_KIND, WAITING_KINDS} from "./schema.js";
import {Space} from "./space.js";
import {prepareStatements, type Statements} from "./statements.js";

/** SQLite's integers are signed: nothing greater is stored, and asking for it would throw. */
const INTEGER_MAX = 2n ** 63n - 1n;
/** What is kept in memory of receipts that were read, and of their index. */
const LOG_CACHE_BYTES = 64 * 2 ** 20;
/** Events that one query looks at, about a millisecond's worth. */
const EVENTS_LOOKED_AT = 4_096;
/** Row of `meta` with the number up to which events were dropped. */
export const PRUNED_SEQ = "pruned_seq";
/** Row of `meta` with what this validator promised. */
const PROMISE = "promise";

/** Options of the embedded store. */
export interface SqliteStoreOptions {
  /** File, created when absent. */
  readonly path: string;
  /** Slash receipts kept; the oldest go first. */
  readonly slashReceiptsMax: number;
  /** Blocks whose events are kept. */
  readonly eventBlocksKept: number;
}

export class SqliteStore implements LedgerStore {
  readonly #statements: Statements;
  readonly #receipts: AppendLog;
  readonly #pruner: Pruner;
  readonly #space: Space;

  private constructor(
    private readonly options: SqliteStoreOptions,
    private readonly db: Sqlite,
    private readonly compression: Compression,
  ) {
    this.#statements = prepareStatements(db);
    this.#receipts = new AppendLog(db, RECEIPTS, LOG_CACHE_BYTES);
    this.#pruner = new Pruner(db, this.#receipts);
    this.#space = new Space(db);
  }

  /** @throws UnavailableError as `openDatabase` says */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const compression = await loadCompression();
    return new SqliteStore(options, openDatabase(options.path), compression);
  }

  head(): StoredHead | null {
    const row = this.#statements.lastHeader.get();
    if (!row) return null;
    return {
      id: hexOf(row.id),
      header: header.decode(row.header),
      stateRoot: this.#meta("state_root"),
      receiptsRoot: this.#meta("receipts_root"),
    };
  }

  *state(): Iterable<{store: string; key: string; value: Uint8Array}> {
    for (const {store, key, value} of this.#statements.allState.iterate()) yield {store, key, value: plain(value)};
  }

  waiting(): readonly WaitingRow[] {
    return this.#statements.allWaiting.all().map(({kind, id, value}) => ({
      kind: WAITING_KINDS[Number(kind)]!,
      id: hexOf(id),
      value: plain(value),
    }));
  }

  keepWaiting(rows: readonly WaitingRow[], gone: readonly string[] = []): void {
    this.#transaction(() => {
      for (const id of gone) this.#statements.drop.run(bytesOfHex(id));
      for (const {kind, id, value} of rows) this.#statements.keep.run(WAITING_KIND[kind], bytesOfHex(id), value);
    });
  }

  dropWaiting(ids: readonly string[]): void {
    this.#transaction(() => {
      for (const id of ids) this.#statements.drop.run(bytesOfHex(id));
    });
  }

  promise(): Uint8Array | null {
    const row = this.#statements.meta.get(PROMISE);
    return row ? plain(row.value) : null;
  }

  uncommitted(): readonly UncommittedBlock[] {
    return this.#statements.allUncommitted
      .all()
      .map(({id, height, value}) => ({id: hexOf(id), height, value: plain(value)}));
  }

  keepPromise(promise: Uint8Array, blocks: readonly UncommittedBlock[]): void {
    this.#transaction(() => {
      for (const {id, height, value} of blocks) this.#statements.keepUncommitted.run(bytesOfHex(id), height, value);
      this.#statements.putMeta.run(PROMISE, promise);
    });
  }

  epoch(number: bigint): EpochRow | null {
    const row = number <= INTEGER_MAX ? this.#statements.epochOfNumber.get(number) : undefined;
    return row ? epochRow.decode(row.value) : null;
  }

  epochFrom(originHeight: bigint): EpochRow | null {
    const row = originHeight <= INTEGER_MAX ? this.#statements.epochFrom.get(originHeight) : undefined;
    return row ? epochRow.decode(row.value) : null;
  }

  keptBatches(): readonly Uint8Array[] {
    return this.#statements.allKeptBatches.all().map(({value}) => plain(value));
  }

  keepBatches(rows: readonly KeptBatch[], below: Pick<KeptBatch, "epoch" | "round">): void {
    this.#transaction(() => {
      this.#statements.forgetBatches.run(below.epoch, below.round);
      for (const {epoch, round, value} of rows) this.#statements.keepBatch.run(epoch, round, value);
    });
  }

  takenBatches(): readonly (BatchRef & {readonly epoch: bigint})[] {
    return this.#statements.allTakenBatches
      .all()
      .map(({epoch, round, creator, batch_id}) => ({epoch, round, creator: Number(creator), batchId: hexOf(batch_id)}));
  }

  pack(block: Block): Promise<Uint8Array> {
    return this.compression.pack(blockCodec.encode(block));
  }

  commit(commit: BlockCommit, packed: Uint8Array): void {
    this.#transaction(() => this.#write(commit, packed));
  }

  async block(height: bigint): Promise<StoredBlock | null> {
    const row = height <= INTEGER_MAX ? this.#statements.blockAt.get(height) : undefined;
    // A pruned one has no body.
    if (!row || row.body.length === 0) return null;
    const body = await this.compression.unpack(plain(row.body));
    return {id: hexOf(row.id), block: blockCodec.decode(body), certificate: certificate.decode(row.certificate)};
  }

  certificate(height: bigint): Certificate | null {
    const row = height <= INTEGER_MAX ? this.#statements.certificateAt.get(height) : undefined;
    return row && row.certificate.length > 0 ? certificate.decode(row.certificate) : null;
  }

  header(height: bigint): Header | null {
    const row = height <= INTEGER_MAX ? this.#statements.headerAt.get(height) : undefined;
    return row ? header.decode(row.header) : null;
  }

  receipt(txId: string): Receipt | null {
    const value = this.#receipts.get(bytesOfHex(txId));
    return value ? receipt.decode(value) : null;
  }

  receipts({from, to, limit}: ReceiptQuery): readonly Receipt[] {
    if (from > INTEGER_MAX) return [];
    const last = to < INTEGER_MAX ? to : INTEGER_MAX;
    return this.#receipts.between({from, to: last, limit}).map((value) => receipt.decode(value));
  }

  slashReceipt(txId: string): SlashReceipt | null {
    const row = this.#statements.slashReceiptOf.get(bytesOfHex(txId));
    return row ? slashReceiptIn(row) : null;
  }

  slashReceipts({sinceMs: since, outcome, kind, limit}: SlashReceiptQuery): readonly SlashReceipt[] {
    if (since > INTEGER_MAX) return [];
    return this.#statements.newestSlashReceipts.all({since, outcome, kind, limit}).map(slashReceiptIn);
  }

  events({after, upTo, topics, limit}: EventQuery): EventPage {
    if (after > INTEGER_MAX) return {events: [], upTo};
    const last = upTo < INTEGER_MAX ? upTo : INTEGER_MAX;
    const horizon = this.#statements.eventBehind.get(after, last, EVENTS_LOOKED_AT - 1)?.seq ?? last;
    const rows = this.#statements.eventsAfter.all(after, horizon, JSON.stringify(topics), limit);
    const events = rows.map(({seq, topic, body, proof_index: at}) => ({
      seq,
      topic: topic as Topic,
      body: textOf(body),
      proofIndex: at === null ? null : Number(at),
    }));
    return {events, upTo: events.length < limit ? horizon : events.at(-1)!.seq};
  }

  prunedSeq(): bigint {
    const row = this.#statements.meta.get(PRUNED_SEQ);
    return row ? row.value.readBigInt64BE() : 0n;
  }

  prunedHeight(): bigint {
    return this.#pruner.height();
  }

  prune({upTo, blocksMax}: PruneOrder): bigint {
    const from = this.#pruner.height() + 1n;
    const last = this.#statements.lastHeader.get();
    // The newest block is what a start is checked against.
    const newest = last ? header.decode(last.header).height - 1n : 0n;
    const end = [upTo, newest, from + BigInt(blocksMax) - 1n].reduce((a, b) => (a < b ? a : b));
    if (end < from) return from - 1n;
    this.#transaction(() => this.#pruner.drop(from, end));
    return end;
  }

  reclaim(bytesMax: number): number {
    return this.#space.reclaim(bytesMax);
  }

  /** Version of the tables in the file. */
  get schemaVersion(): number {
    return Number(this.db.pragma("user_version", {simple: true}));
  }

  /**
   * Writes the file anew without free space: for a store that nobody waits for.
   * @throws UnavailableError DISK_TOO_FULL before anything is written, STORE_WRITE_FAILED
   */
  compact(): {readonly bytesBefore: number; readonly bytesAfter: number} {
    return this.#guarded(() => this.#space.compact(this.options.path));
  }

  sizes(): Pick<StoreStats, "bytes" | "freeBytes"> {
    return this.#space.sizes();
  }

  stats(): StoreStats {
    return this.#space.stats();
  }

  verify(): readonly string[] {
    const rows = this.db.pragma("integrity_check") as {integrity_check: string}[];
    const findings = rows.map((row) => row.integrity_check).filter((line) => line !== "ok");
    // In a file that is broken, every row may be.
    return findings.length > 0 ? findings : this.#receipts.verify();
  }

  close(): void {
    this.db.close();
  }

  #write(commit: BlockCommit, body: Uint8Array): void {
    const statements = this.#statements;
    const {block} = commit;
    const {height, timeMs} = block.header;
    statements.addBlock.run(
      height,
      bytesOfHex(commit.id),
      header.encode(block.header),
      certificate.encode(commit.certificate),
      body,
    );
    for (const {store, key, value} of commit.changes) {
      if (value === null) statements.removeState.run(store, key);
      else statements.putState.run(store, key, value);
    }
    const cells = commit.receipts.map((each) => ({key: bytesOfHex(each.txId), value: encodedReceipt(each)}));
    this.#receipts.append(height, cells);
    const slashes = new Set(commit.slashes);
    for (const [i, {txId, slash, outcome}] of commit.receipts.entries()) {
      if (!slashes.has(txId)) continue;
      const {key, value} = cells[i]!;
      statements.addSlashReceipt.run(key, height, timeMs, outcome, slash?.evidenceKind ?? "", value);
    }
    if (slashes.size > 0) statements.trimSlashReceipts.run(this.options.slashReceiptsMax);
    for (const {seq, topic, body, proofIndex} of commit.events)
      statements.addEvent.run(seq, topic, utf8(body), proofIndex);
    this.#pruneEvents(height);
    this.#takeBatches(block);
    // What is at or below a final height is final, or never will be.
    statements.dropUncommitted.run(height);
    if (commit.epoch) {
      statements.addEpoch.run(commit.epoch.number, height, epochRow.encode(commit.epoch));
      // What stood above is of the epoch that ended.
      statements.dropAllUncommitted.run();
    }
    for (const id of commit.settled) statements.drop.run(bytesOfHex(id));
    statements.putMeta.run("state_root", bytesOfHex(commit.stateRoot));
    statements.putMeta.run("receipts_root", bytesOfHex(commit.receiptsRoot));
  }

  #takeBatches({header: {epoch}, batches}: Block): void {
    const newest = batches.at(-1);
    if (!newest) return;
    for (const {round, creator, batchId} of batches)
      this.#statements.takeBatch.run(epoch, round, creator, bytesOfHex(batchId));
    // A lower one than an earlier block's forgets less, never too much.
    this.#statements.forgetTaken.run(epoch, newest.round - BATCH_WINDOW_ROUNDS);
  }

  /** What is gone is written down: a node that keeps more after a restart must not promise what it has dropped. */
  #pruneEvents(height: bigint): void {
    const pruned = lastSeqOf(height - BigInt(this.options.eventBlocksKept));
    if (pruned <= this.prunedSeq()) return;
    this.#statements.trimEvents.run(pruned);
    const value = Buffer.alloc(8);
    value.writeBigInt64BE(pruned);
    this.#statements.putMeta.run(PRUNED_SEQ, value);
  }

  #meta(name: string): string {
    const row = this.#statements.meta.get(name);
    if (!row) throw new InvariantError(`stored chain has no ${name}`);
    return hexOf(row.value);
  }

  #transaction(work: () => void): void {
    this.#guarded(() => this.db.transaction(work).immediate());
  }

  #guarded<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      this.#receipts.forget();
      throw explainWrite(error, this.options.path);
    }
  }
}

function slashReceiptIn({time_ms: recordedAtMs, value}: {time_ms: bigint; value: Uint8Array}): SlashReceipt {
  const {txId, height, outcome, sender, slash, code, message} = receipt.decode(value);
  return {txId, outcome, recordedAtMs, height, slasher: sender, slash, rejectCode: code, rejectMessage: message};
}
