/** What the chain needs of a store. SQLite is the embedded one; others implement the same port. */
import type {Topic} from "../../codecs/api/events.js";
import type {Block, Certificate, Header} from "../../codecs/chain/block.js";
import type {EpochRow} from "../../codecs/chain/epoch.js";
import type {Receipt} from "../../codecs/chain/receipt.js";
import type {BatchRef} from "../../codecs/dag/batch.js";
import type {DecidedSlash} from "../ledger/slashing/view.js";
import type {Change} from "../ledger/state/state.js";

/** An answer that an engine has at hand, or has to ask for. */
export type Answer<T> = T | Promise<T>;

/** A block with everything that one commit writes, all of it or nothing. */
export interface BlockCommit {
  readonly id: string;
  readonly block: Block;
  readonly certificate: Certificate;
  /** Root after this block, to be found again at start. */
  readonly stateRoot: string;
  readonly receiptsRoot: string;
  readonly changes: readonly Change[];
  readonly receipts: readonly Receipt[];
  /** Ids of those receipts that decide a slash, which are kept to be listed as well. */
  readonly slashes: readonly string[];
  /** What is told of the block, in order of number. */
  readonly events: readonly LoggedEvent[];
  /** The epoch that begins behind the block; null where the same one goes on. */
  readonly epoch: EpochRow | null;
  /** Waiting rows that this block settles: included, spent or expired. */
  readonly settled: readonly string[];
}

/** One event as it is kept. */
export interface LoggedEvent {
  /** Ascending, with gaps. */
  readonly seq: bigint;
  readonly topic: Topic;
  /** JSON of the event without its number. */
  readonly body: string;
  /** Place of the proof in its block whose bytes the told event carries; `null` for every other event. */
  readonly proofIndex: number | null;
}

/** Which events are wanted, in order of number. */
export interface EventQuery {
  /** Numbers above this one, */
  readonly after: bigint;
  /** up to this one. */
  readonly upTo: bigint;
  readonly topics: readonly Topic[];
  readonly limit: number;
}

/** The events that a query found, and how far it looked. */
export interface EventPage {
  readonly events: readonly LoggedEvent[];
  /** Everything wanted up to this number is in `events`. */
  readonly upTo: bigint;
}

/** The end of the stored chain. */
export interface StoredHead {
  readonly id: string;
  readonly header: Header;
  readonly stateRoot: string;
  readonly receiptsRoot: string;
}

/** What is kept of a decided slash transaction. Bounded: the oldest are forgotten. */
export type SlashReceipt = DecidedSlash;

/** Which slash receipts are wanted; `null` takes any. */
export interface SlashReceiptQuery {
  readonly outcome: SlashReceipt["outcome"] | null;
  /** Kind of evidence. A rejected slash has none that the ledger vouches for. */
  readonly kind: string | null;
  /** Recorded at this time or later, milliseconds since 1970. */
  readonly sinceMs: bigint;
  readonly limit: number;
}

/** Receipts of one block, more than fit into it. */
export const ALL_RECEIPTS = 0x7fff_ffff;

/** Which receipts are wanted, both heights included. */
export interface ReceiptQuery {
  readonly from: bigint;
  readonly to: bigint;
  readonly limit: number;
}

/** An acknowledged transaction or proof, or evidence that this node found, that no block has settled yet. */
export interface WaitingRow {
  readonly kind: "transaction" | "proof" | "evidence";
  /** Transaction id or proof id, hex; evidence is a transaction too. */
  readonly id: string;
  readonly value: Uint8Array;
}

export interface StoredBlock {
  readonly id: string;
  readonly block: Block;
  readonly certificate: Certificate;
}

/** A block that is not final yet, as it waits on the disk. */
export interface UncommittedBlock {
  readonly id: string;
  readonly height: bigint;
  readonly value: Uint8Array;
}

/** What a validator must remember across a crash (docs/decisions/0053-promises-on-disk.md). */
export interface PromiseStore {
  /** The newest promise, or null. */
  promise(): Uint8Array | null;
  /** In order of height. */
  uncommitted(): readonly UncommittedBlock[];
  /** Puts a promise with the blocks that it is about on disk: on return they survive a power cut. */
  keepPromise(promise: Uint8Array, blocks: readonly UncommittedBlock[]): void;
}

/** One record of the DAG mempool, as it waits on the disk. */
export interface KeptBatch {
  readonly epoch: bigint;
  readonly round: bigint;
  readonly value: Uint8Array;
}

/** What a validator must remember of batches across a crash (docs/decisions/0057-dag-mempool.md). */
export interface BatchStore {
  /** In the order in which they were kept. */
  keptBatches(): readonly Uint8Array[];
  /**
   * Puts records on disk in one transaction; on return they survive a power cut.
   * @param below what is of an older epoch, or of an older round in this one, is dropped
   */
  keepBatches(rows: readonly KeptBatch[], below: Pick<KeptBatch, "epoch" | "round">): void;
  /** Batches that final blocks took, as far back as one could be taken again. */
  takenBatches(): readonly (BatchRef & {readonly epoch: bigint})[];
}

/** What is to be dropped of old blocks. */
export interface PruneOrder {
  /** Last height whose body goes. */
  readonly upTo: bigint;
  /** Most blocks in one transaction, so that others get their turn. */
  readonly blocksMax: number;
}

/** What a store takes. */
export interface StoreStats {
  /** Everything, free space included. */
  readonly bytes: number;
  /** Inside the files, to be written again. */
  readonly freeBytes: number;
  readonly tables: readonly TableStats[];
}

/** What is known of the room without reading anything. */
export interface StoreSizes extends Pick<StoreStats, "bytes" | "freeBytes"> {
  readonly packing: PackingFigures;
}

/** How much a dictionary saves. */
export interface PackingFigures {
  /** The newest dictionary's number; 0 while there is none. */
  readonly dictionary: number;
  /** Bytes of rows that were packed with one since the store was opened, before and after. */
  readonly rawBytes: number;
  readonly packedBytes: number;
}

export interface TableStats {
  readonly name: string;
  readonly rows: number;
  /** With the indexes. */
  readonly bytes: number;
}

/**
 * A vote, an acknowledgement or a rule waits for what answers at once, so every engine has that on this machine. History,
 * which may be elsewhere, is an `Answer`.
 */
export interface LedgerStore extends PromiseStore, BatchStore {
  head(): StoredHead | null;
  /** The whole state, one row at a time. */
  state(): Iterable<{readonly store: string; readonly key: string; readonly value: Uint8Array}>;
  waiting(): readonly WaitingRow[];
  /** An epoch but the first, by its number. */
  epoch(number: bigint): EpochRow | null;
  /** The epoch that begins behind a block. */
  epochFrom(originHeight: bigint): EpochRow | null;
  /**
   * Puts rows on disk, and takes away those of the ids in `gone`, in one transaction: on return that survives a power cut,
   * and before it nothing has happened.
   */
  keepWaiting(rows: readonly WaitingRow[], gone?: readonly string[]): void;
  dropWaiting(ids: readonly string[]): void;
  /** The block as it will be stored. Asynchronous, because compression is. */
  pack(block: Block): Promise<Uint8Array>;
  /** Writes a block whole: on return it is on disk, and nothing of it was there before. */
  commit(commit: BlockCommit, packed: Uint8Array): void;
  /** Null above the head, and for a block that was pruned. */
  block(height: bigint): Promise<StoredBlock | null>;
  /** Null above the head, and for a block that was pruned, unless an epoch goes on from it. */
  certificate(height: bigint): Answer<Certificate | null>;
  /** Never pruned: proofs of finality and evidence name old blocks. */
  header(height: bigint): Header | null;
  receipt(txId: string): Answer<Receipt | null>;
  /** Newest first: by height, and within a block the last transaction first. */
  receipts(query: ReceiptQuery): Answer<readonly Receipt[]>;
  slashReceipt(txId: string): Answer<SlashReceipt | null>;
  /** Newest first. */
  slashReceipts(query: SlashReceiptQuery): Answer<readonly SlashReceipt[]>;
  /** Looks at a bounded part of the log, so that a page of a rare topic takes no longer than any other. */
  events(query: EventQuery): Answer<EventPage>;
  /** Events up to this number are gone; 0 while none is. */
  prunedSeq(): bigint;
  /** Bodies, certificates and receipts of blocks from 1 up to this height are gone; 0 while none is. */
  prunedHeight(): bigint;
  /**
   * Drops the oldest bodies, certificates and receipts in one transaction. Headers, epochs and block 0 stay, and so does the
   * certificate of a block that an epoch goes on from, which light clients ask for.
   * @returns `prunedHeight` as it is now
   */
  prune(order: PruneOrder): bigint;
  /** Gives up to so many bytes of free space back to the file system. @returns free bytes that are left */
  reclaim(bytesMax: number): number;
  /** Quick: a scrape asks for it. */
  sizes(): StoreSizes;
  /** Reads everything: for a store that nobody waits for. */
  stats(): Answer<StoreStats>;
  /** Names what is wrong with the files; empty when they are whole. */
  verify(): readonly string[];
  close(): void;
}
