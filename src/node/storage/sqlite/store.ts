/** The embedded store: one SQLite file, one transaction for each block. */

import type {Topic} from "../../../codecs/api/events.js";
import {bytesOfHex, hexOf, textOf} from "../../../codecs/bytes.js";
import {
  type Block,
  block as blockCodec,
  type Certificate,
  certificate,
  type Header,
  header,
} from "../../../codecs/chain/block.js";
import {type EpochRow, epochRow} from "../../../codecs/chain/epoch.js";
import {type Receipt, receipt, txIdIn} from "../../../codecs/chain/receipt.js";
import type {BatchRef} from "../../../codecs/dag/batch.js";
import {InvariantError, QsdmError} from "../../../errors.js";
import {type Cells, CLEAR} from "../seal/cells.js";
import {
  ALL_RECEIPTS,
  type BlockCommit,
  type EventPage,
  type EventQuery,
  type KeptBatch,
  type LedgerStore,
  type PruneOrder,
  type ReceiptQuery,
  type SlashReceipt,
  type SlashReceiptQuery,
  type StoredBlock,
  type StoredHead,
  type StoreSizes,
  type StoreStats,
  type UncommittedBlock,
  type WaitingRow,
} from "../store.js";
import {BlockRows} from "./block-rows.js";
import {CommitWriter, type KeptLimits} from "./commit-writer.js";
import type {Sqlite} from "./driver.js";
import {explainWrite} from "./failure.js";
import {GrowingLog} from "./growing-log.js";
import {AppendLog} from "./log/append-log.js";
import {meterCommit, NO_METER, type StoreFigures, type StoreMeter, type StoreOperation} from "./meter.js";
import {CHAIN, openDatabase, type Upgraded} from "./open.js";
import {Pruner, type RestoredRows} from "./prune.js";
import {RECEIPTS, WAITING_KIND, WAITING_KINDS} from "./schema.js";
import {checkSealedBy} from "./sealed-by.js";
import {Space} from "./space.js";
import {type EpochColumns, prepareStatements, type SlashReceiptColumns, type Statements} from "./statements.js";

/** SQLite's integers are signed: nothing greater is stored, and asking for it would throw. */
const INTEGER_MAX = 2n ** 63n - 1n;
/** What is kept in memory of the file unless somebody says more. */
export const DEFAULT_CACHE_BYTES = 128 * 2 ** 20;
/** Events that one query looks at, about a millisecond's worth. */
const EVENTS_LOOKED_AT = 4_096;
/** Row of `meta` with what this validator promised. */
const PROMISE = "promise";

/** Options of the embedded store. */
export interface SqliteStoreOptions extends KeptLimits {
  /** File, created when absent. */
  readonly path: string;
  /** Memory for what was read: half of it pages, half of it receipts and their index. */
  readonly cacheBytes?: number;
  /** How values are sealed; they lie in clear where nothing is said. */
  readonly cells?: Cells;
  readonly upgraded?: Upgraded;
}

/** A block that comes back, with the receipts of its transactions in their order, as they are encoded. */
export interface RestoredBlock extends StoredBlock {
  readonly receipts: readonly Uint8Array[];
}

export class SqliteStore implements LedgerStore {
  readonly #statements: Statements;
  readonly #receipts: AppendLog;
  readonly #pruner: Pruner;
  readonly #writer: CommitWriter;
  readonly #space: Space;
  readonly #log: GrowingLog;
  /** Why nothing is written any more. */
  #failure: unknown = null;
  #meter: StoreMeter = NO_METER;

  private constructor(
    private readonly options: SqliteStoreOptions,
    private readonly db: Sqlite,
    private readonly rows: BlockRows,
    private readonly cells: Cells,
  ) {
    const cacheBytes = (options.cacheBytes ?? DEFAULT_CACHE_BYTES) / 2;
    // SQLite takes bytes as a negative number of KiB.
    db.pragma(`cache_size = ${-Math.floor(cacheBytes / 1_024)}`);
    this.#statements = prepareStatements(db);
    this.#receipts = new AppendLog(db, RECEIPTS, cacheBytes, cells);
    this.#pruner = new Pruner(db, this.#receipts);
    this.#writer = new CommitWriter({statements: this.#statements, receipts: this.#receipts, rows, cells}, options);
    this.#space = new Space(db);
    this.#log = new GrowingLog(db, options.path);
  }

  /** @throws UnavailableError as `openDatabase` and `checkSealedBy` say */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const {path, cells = CLEAR, upgraded} = options;
    const db = openDatabase(path, CHAIN, {
      check: (opened) => checkSealedBy(opened, path, cells),
      ...(upgraded && {upgraded}),
    });
    try {
      return new SqliteStore(options, db, await BlockRows.open(db, cells), cells);
    } catch (error) {
      db.close();
      throw explainWrite(error, path);
    }
  }

  /** Whether what is kept here is encrypted. */
  get isEncrypted(): boolean {
    return this.cells.keyId !== null;
  }

  head(): StoredHead | null {
    const row = this.#statements.lastHeader.get();
    if (!row) return null;
    return {
      id: hexOf(row.id),
      header: this.#header(row),
      stateRoot: this.#meta("state_root"),
      receiptsRoot: this.#meta("receipts_root"),
    };
  }

  *state(): Iterable<{store: string; key: string; value: Uint8Array}> {
    for (const {store, key, value} of this.#statements.allState.iterate())
      yield {store, ...this.cells.openState(store, key, value)};
  }

  waiting(): readonly WaitingRow[] {
    return this.#statements.allWaiting.all().map(({kind: number, id: bytes, value}) => {
      const [kind, id] = [WAITING_KINDS[Number(number)]!, hexOf(bytes)];
      return {kind, id, value: this.cells.open("waiting.value", [kind, id], value)};
    });
  }

  keepWaiting(rows: readonly WaitingRow[], gone: readonly string[] = []): void {
    this.#transaction("keep", () => {
      for (const id of gone) this.#statements.drop.run(bytesOfHex(id));
      for (const {kind, id, value} of rows) {
        const cell = this.cells.seal("waiting.value", [kind, id], value);
        this.#statements.keep.run(WAITING_KIND[kind], bytesOfHex(id), cell);
      }
    });
  }

  dropWaiting(ids: readonly string[]): void {
    this.#transaction("keep", () => {
      for (const id of ids) this.#statements.drop.run(bytesOfHex(id));
    });
  }

  promise(): Uint8Array | null {
    const row = this.#statements.meta.get(PROMISE);
    return row ? this.cells.open("meta.value", [PROMISE], row.value) : null;
  }

  uncommitted(): readonly UncommittedBlock[] {
    return this.#statements.allUncommitted.all().map(({id: bytes, height, value}) => {
      const id = hexOf(bytes);
      return {id, height, value: this.cells.open("uncommitted.value", [id, height], value)};
    });
  }

  keepPromise(promise: Uint8Array, blocks: readonly UncommittedBlock[]): void {
    this.#transaction("keep", () => {
      for (const {id, height, value} of blocks) {
        const cell = this.cells.seal("uncommitted.value", [id, height], value);
        this.#statements.keepUncommitted.run(bytesOfHex(id), height, cell);
      }
      this.#statements.putMeta.run(PROMISE, this.cells.seal("meta.value", [PROMISE], promise));
    });
  }

  epoch(number: bigint): EpochRow | null {
    return this.#epoch(number <= INTEGER_MAX ? this.#statements.epochOfNumber.get(number) : undefined);
  }

  epochFrom(originHeight: bigint): EpochRow | null {
    return this.#epoch(originHeight <= INTEGER_MAX ? this.#statements.epochFrom.get(originHeight) : undefined);
  }

  keptBatches(): readonly Uint8Array[] {
    return this.#statements.allKeptBatches
      .all()
      .map(({epoch, round, value}) => this.cells.open("kept_batch.value", [epoch, round], value));
  }

  keepBatches(rows: readonly KeptBatch[], below: Pick<KeptBatch, "epoch" | "round">): void {
    this.#transaction("keep", () => {
      this.#statements.forgetBatches.run(below.epoch, below.round);
      for (const {epoch, round, value} of rows)
        this.#statements.keepBatch.run(epoch, round, this.cells.seal("kept_batch.value", [epoch, round], value));
    });
  }

  takenBatches(): readonly (BatchRef & {readonly epoch: bigint})[] {
    return this.#statements.allTakenBatches
      .all()
      .map(({epoch, round, creator, batch_id}) => ({epoch, round, creator: Number(creator), batchId: hexOf(batch_id)}));
  }

  async pack(block: Block): Promise<Uint8Array> {
    this.#checkWhole();
    try {
      await this.rows.prepare(block.header.height, (height) => this.#samples(height));
    } catch (error) {
      throw this.#failed(error);
    }
    return this.rows.packBody(blockCodec.encode(block));
  }

  commit(commit: BlockCommit, packed: Uint8Array): void {
    this.#transaction("commit", () => this.#writer.write(commit, packed));
    meterCommit(this.#meter, commit, packed);
  }

  async block(height: bigint): Promise<StoredBlock | null> {
    const startedMs = performance.now();
    const block = await this.#readBlock(height);
    this.#meter.took("block", (performance.now() - startedMs) / 1_000);
    return block;
  }

  async #readBlock(height: bigint): Promise<StoredBlock | null> {
    const row = height <= INTEGER_MAX ? this.#statements.blockAt.get(height) : undefined;
    // A pruned one has no body.
    if (!row || row.body.length === 0) return null;
    const body = await this.#body(height, row);
    return {id: hexOf(row.id), block: blockCodec.decode(body), certificate: this.#certificate(height, row)};
  }

  certificate(height: bigint): Certificate | null {
    const row = height <= INTEGER_MAX ? this.#statements.certificateAt.get(height) : undefined;
    return row && row.certificate.length > 0 ? this.#certificate(height, row) : null;
  }

  header(height: bigint): Header | null {
    const row = height <= INTEGER_MAX ? this.#statements.headerAt.get(height) : undefined;
    return row ? this.#header({height, ...row}) : null;
  }

  receipt(txId: string): Receipt | null {
    return this.#timed("receipt", () => {
      const value = this.#receipts.get(bytesOfHex(txId));
      return value ? receipt.decode(value) : null;
    });
  }

  receipts({from, to, limit}: ReceiptQuery): readonly Receipt[] {
    if (from > INTEGER_MAX) return [];
    const last = to < INTEGER_MAX ? to : INTEGER_MAX;
    return this.#timed("receipts", () =>
      this.#receipts.between({from, to: last, limit}).map((value) => receipt.decode(value)),
    );
  }

  /** Receipts by their ids, as they are encoded; null where there is none. Many at once are found much quicker than one by one. */
  encodedReceiptsOf(txIds: readonly Uint8Array[]): readonly (Uint8Array | null)[] {
    return this.#receipts.getAll(txIds);
  }

  /** All receipts of a block as they are encoded, the first transaction's first. */
  encodedReceipts(height: bigint): readonly Uint8Array[] {
    const all = {from: height, to: height, limit: ALL_RECEIPTS};
    return this.#timed("receipts", () => this.#receipts.between(all).reverse());
  }

  slashReceipt(txId: string): SlashReceipt | null {
    const row = this.#statements.slashReceiptOf.get(bytesOfHex(txId));
    return row ? this.#slashReceipt(row) : null;
  }

  slashReceipts({sinceMs: since, outcome, kind, limit}: SlashReceiptQuery): readonly SlashReceipt[] {
    if (since > INTEGER_MAX) return [];
    return this.#statements.newestSlashReceipts
      .all({since, outcome, kind, limit})
      .map((row) => this.#slashReceipt(row));
  }

  events({after, upTo, topics, limit}: EventQuery): EventPage {
    if (after > INTEGER_MAX) return {events: [], upTo};
    const last = upTo < INTEGER_MAX ? upTo : INTEGER_MAX;
    const horizon = this.#statements.eventBehind.get(after, last, EVENTS_LOOKED_AT - 1)?.seq ?? last;
    const rows = this.#statements.eventsAfter.all(after, horizon, JSON.stringify(topics), limit);
    const events = rows.map(({seq, topic, body, proof_index: at}) => ({
      seq,
      topic: topic as Topic,
      body: textOf(this.cells.open("event.body", [seq, topic], body)),
      proofIndex: at === null ? null : Number(at),
    }));
    return {events, upTo: events.length < limit ? horizon : events.at(-1)!.seq};
  }

  prunedSeq(): bigint {
    return this.#writer.prunedSeq();
  }

  prunedHeight(): bigint {
    return this.#pruner.height();
  }

  prune({upTo, blocksMax}: PruneOrder): bigint {
    const from = this.#pruner.height() + 1n;
    const last = this.#statements.lastHeader.get();
    // The newest block is what a start is checked against.
    const newest = last ? last.height - 1n : 0n;
    const end = [upTo, newest, from + BigInt(blocksMax) - 1n].reduce((a, b) => (a < b ? a : b));
    if (end < from) return from - 1n;
    this.#transaction("prune", () => this.#pruner.drop(from, end));
    return end;
  }

  /**
   * Puts pruned blocks back, in one transaction. Whoever calls has held each to its header.
   * @param blocks follow each other, and end with `prunedHeight`
   */
  async restore(blocks: readonly RestoredBlock[]): Promise<void> {
    const last = blocks.at(-1);
    if (!last) return;
    if (last.block.header.height !== this.prunedHeight())
      throw new InvariantError("blocks come back from the newest on");
    const rows: RestoredRows[] = [];
    for (const {block, certificate: votes, receipts} of blocks) {
      const {height} = block.header;
      rows.push({
        height,
        certificate: this.cells.seal("block.certificate", [height], certificate.encode(votes)),
        body: this.cells.seal("block.body", [height], await this.rows.packBody(blockCodec.encode(block))),
        receipts: receipts.map((value) => ({key: txIdIn(value), value})),
      });
    }
    this.#transaction("commit", () => this.#pruner.putBack(rows));
  }

  reclaim(bytesMax: number): number {
    return this.#guarded(() => this.#space.reclaim(bytesMax));
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

  sizes(): StoreSizes {
    return {...this.#space.sizes(), packing: this.rows.figures()};
  }

  /** Has what is done from now on measured. */
  measure(meter: StoreMeter): void {
    this.#meter = meter;
  }

  /** Quick: a scrape asks for it. */
  localFigures(): StoreFigures {
    return {...this.sizes(), walBytes: this.#log.bytes(), caches: this.#receipts.caches};
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

  #meta(name: string): string {
    const row = this.#statements.meta.get(name);
    if (!row) throw new InvariantError(`stored chain has no ${name}`);
    return hexOf(this.cells.open("meta.value", [name], row.value));
  }

  #header({height, header: cell}: {readonly height: bigint; readonly header: Uint8Array}): Header {
    return header.decode(this.rows.unpackHeader(this.cells.open("block.header", [height], cell)));
  }

  #body(height: bigint, {body: cell}: {readonly body: Uint8Array}): Promise<Uint8Array> {
    return this.rows.unpackBody(this.cells.open("block.body", [height], cell));
  }

  /** A row that cannot be read teaches nothing; `store verify` finds it. */
  async #samples(height: bigint): Promise<readonly Uint8Array[]> {
    try {
      const stored = this.header(height);
      const row = stored ? this.#statements.blockAt.get(height) : undefined;
      const body = row && row.body.length > 0 ? [await this.#body(height, row)] : [];
      return stored ? [header.encode(stored), ...body] : [];
    } catch (error) {
      if (error instanceof QsdmError) return [];
      throw error;
    }
  }

  #certificate(height: bigint, {certificate: cell}: {readonly certificate: Uint8Array}): Certificate {
    return certificate.decode(this.cells.open("block.certificate", [height], cell));
  }

  #epoch(row: EpochColumns | undefined): EpochRow | null {
    return row ? epochRow.decode(this.cells.open("epoch.value", [row.number, row.origin_height], row.value)) : null;
  }

  #slashReceipt({tx_id, time_ms: recordedAtMs, value}: SlashReceiptColumns): SlashReceipt {
    const cell = this.cells.open("slash_receipt.value", [hexOf(tx_id), recordedAtMs], value);
    const {txId, height, outcome, sender, slash, code, message} = receipt.decode(cell);
    return {txId, outcome, recordedAtMs, height, slasher: sender, slash, rejectCode: code, rejectMessage: message};
  }

  #transaction(operation: StoreOperation, work: () => void): void {
    this.#timed(operation, () => this.#guarded(() => this.db.transaction(work).immediate()));
  }

  #timed<T>(operation: StoreOperation, work: () => T): T {
    const startedMs = performance.now();
    const result = work();
    this.#meter.took(operation, (performance.now() - startedMs) / 1_000);
    return result;
  }

  #guarded<T>(write: () => T): T {
    this.#checkWhole();
    try {
      const result = write();
      this.#log.check();
      return result;
    } catch (error) {
      this.#receipts.forget();
      throw this.#failed(error);
    }
  }

  /** What a failed flush left in the page cache may pass for written: a later one would answer for it. */
  #checkWhole(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #failed(error: unknown): unknown {
    const explained = explainWrite(error, this.options.path);
    if (explained !== error) this.#failure = explained;
    return explained;
  }
}
