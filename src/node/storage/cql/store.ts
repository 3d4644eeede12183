/**
 * The store of a node that keeps its history in a cluster: what must be on disk before it is acknowledged goes to a local
 * file first, and the cluster follows (docs/decisions/0091-history-in-a-cluster.md).
 */
import {randomBytes} from "node:crypto";
import {plain} from "../../../codecs/bytes.js";
import type {Block, Certificate, Header} from "../../../codecs/chain/block.js";
import type {EpochRow} from "../../../codecs/chain/epoch.js";
import type {Receipt} from "../../../codecs/chain/receipt.js";
import {UnavailableError} from "../../../errors.js";
import {loadCompression} from "../sqlite/compression.js";
import type {StoreMeter} from "../sqlite/meter.js";
import {SqliteStore, type SqliteStoreOptions} from "../sqlite/store.js";
import type {
  BlockCommit,
  EventQuery,
  KeptBatch,
  LedgerStore,
  PruneOrder,
  ReceiptQuery,
  SlashReceiptQuery,
  StoredBlock,
  UncommittedBlock,
  WaitingRow,
} from "../store.js";
import {CqlHistory} from "./history.js";
import {LinkFile} from "./link-file.js";
import type {CqlOptions} from "./options.js";
import {type CqlFigures, CqlSession} from "./session.js";
import {Shipper} from "./shipper.js";

export interface CqlStoreOptions extends SqliteStoreOptions {
  /** Small file beside the database. */
  readonly linkPath: string;
  /** Id of the genesis block, hex. */
  readonly chain: string;
  readonly cluster: CqlOptions;
}

export interface CqlStoreFigures extends Readonly<CqlFigures> {
  /** Newest block that counts in the cluster; -1 while there is none. */
  readonly height: bigint;
  readonly lagBlocks: number;
}

export class CqlStore implements LedgerStore {
  private constructor(
    private readonly near: SqliteStore,
    private readonly far: CqlHistory,
    private readonly link: LinkFile,
    private readonly session: CqlSession,
    private readonly shipper: Shipper,
  ) {}

  /**
   * Opens the local file and takes the cluster's chain over.
   * @param failed called when the cluster refuses for good: the node must end
   * @param stopping aborts when the node stops, which waits for no cluster
   * @throws UnavailableError as SqliteStore, CqlSession and CqlHistory do; CLUSTER_AHEAD, CLUSTER_ROWS_MISSING
   */
  static async open(
    options: CqlStoreOptions,
    failed: (error: unknown) => void,
    stopping: AbortSignal,
  ): Promise<CqlStore> {
    const {cluster, chain, linkPath} = options;
    const opened: {close(): void}[] = [];
    const keep = <T extends {close(): void}>(each: T): T => {
      opened.unshift(each);
      return each;
    };
    try {
      const near = keep(await SqliteStore.open(options));
      const link = keep(LinkFile.open(linkPath));
      const session = keep(await CqlSession.open(cluster));
      const writer = plain(randomBytes(16));
      const far = await CqlHistory.open(session, {chain, writer, compression: await loadCompression()});
      checkHeads(near, far);
      await markGone(near, far, link);
      const shipper = new Shipper(cluster, {near, far, link, failed});
      shipper.start();
      stopping.addEventListener("abort", () => shipper.lift(), {once: true});
      return new CqlStore(near, far, link, session, shipper);
    } catch (error) {
      for (const each of opened) each.close();
      throw error;
    }
  }

  head() {
    return this.near.head();
  }

  state() {
    return this.near.state();
  }

  waiting(): readonly WaitingRow[] {
    return this.near.waiting();
  }

  keepWaiting(rows: readonly WaitingRow[], gone?: readonly string[]): void {
    this.near.keepWaiting(rows, gone);
  }

  dropWaiting(ids: readonly string[]): void {
    this.near.dropWaiting(ids);
  }

  promise(): Uint8Array | null {
    return this.near.promise();
  }

  uncommitted(): readonly UncommittedBlock[] {
    return this.near.uncommitted();
  }

  keepPromise(promise: Uint8Array, blocks: readonly UncommittedBlock[]): void {
    this.near.keepPromise(promise, blocks);
  }

  keptBatches(): readonly Uint8Array[] {
    return this.near.keptBatches();
  }

  keepBatches(rows: readonly KeptBatch[], below: Pick<KeptBatch, "epoch" | "round">): void {
    this.near.keepBatches(rows, below);
  }

  takenBatches() {
    return this.near.takenBatches();
  }

  epoch(number: bigint): EpochRow | null {
    return this.near.epoch(number);
  }

  epochFrom(originHeight: bigint): EpochRow | null {
    return this.near.epochFrom(originHeight);
  }

  /** Waits while the cluster is too far behind, so that no block is made which the local file would have to hold for it. */
  async pack(block: Block): Promise<Uint8Array> {
    await this.shipper.room();
    return this.near.pack(block);
  }

  commit(commit: BlockCommit, packed: Uint8Array): void {
    this.near.commit(commit, packed);
    this.shipper.wake();
  }

  async block(height: bigint): Promise<StoredBlock | null> {
    const here = await this.near.block(height);
    return here ?? (this.#isThere(height) ? this.far.block(height) : null);
  }

  async certificate(height: bigint): Promise<Certificate | null> {
    const here = this.near.certificate(height);
    return here ?? (this.#isThere(height) ? ((await this.far.block(height))?.certificate ?? null) : null);
  }

  header(height: bigint): Header | null {
    return this.near.header(height);
  }

  async receipt(txId: string): Promise<Receipt | null> {
    const here = this.near.receipt(txId);
    if (here || this.near.prunedHeight() === this.prunedHeight()) return here;
    const there = await this.far.receipt(txId);
    return there && this.#isThere(there.height) ? there : null;
  }

  async receipts({from, to, limit}: ReceiptQuery): Promise<readonly Receipt[]> {
    const split = this.near.prunedHeight();
    const newer = this.near.receipts({from: from > split ? from : split + 1n, to, limit});
    const gone = this.prunedHeight();
    const older =
      newer.length < limit && split > gone
        ? await this.far.receipts({
            from: from > gone ? from : gone + 1n,
            to: to < split ? to : split,
            limit: limit - newer.length,
          })
        : [];
    const left = limit - newer.length - older.length;
    // Block 0 stays in the local file.
    const first = from === 0n && left > 0 ? this.near.receipts({from, to: 0n, limit: left}) : [];
    return [...newer, ...older, ...first];
  }

  slashReceipt(txId: string) {
    return this.near.slashReceipt(txId);
  }

  slashReceipts(query: SlashReceiptQuery) {
    return this.near.slashReceipts(query);
  }

  events(query: EventQuery) {
    return this.near.events(query);
  }

  prunedSeq(): bigint {
    return this.near.prunedSeq();
  }

  prunedHeight(): bigint {
    return this.link.mark("pruned");
  }

  prune({upTo, blocksMax}: PruneOrder): bigint {
    const [pruned, trimmed] = [this.prunedHeight(), this.near.prunedHeight()];
    const newest = (this.near.head()?.header.height ?? 0n) - 1n;
    const end = [upTo, newest, pruned + BigInt(blocksMax)].reduce((a, b) => (a < b ? a : b));
    if (end <= pruned) return pruned;
    if (end > trimmed) this.near.prune({upTo: end, blocksMax: Number(end - trimmed)});
    this.link.setMark("pruned", end);
    this.shipper.wake();
    return end;
  }

  reclaim(bytesMax: number): number {
    return this.near.reclaim(bytesMax);
  }

  measure(meter: StoreMeter): void {
    this.near.measure(meter);
  }

  localFigures() {
    return this.near.localFigures();
  }

  sizes() {
    return this.near.sizes();
  }

  stats() {
    return this.near.stats();
  }

  verify(): readonly string[] {
    return this.near.verify();
  }

  /** What metrics tell of the cluster. */
  figures(): CqlStoreFigures {
    return {...this.session.figures, height: this.far.height, lagBlocks: this.shipper.lag};
  }

  close(): void {
    this.shipper.close();
    this.session.close();
    this.link.close();
    this.near.close();
  }

  /** Whether a block has left the local file and not the cluster. */
  #isThere(height: bigint): boolean {
    return height > this.prunedHeight() && height <= this.near.prunedHeight();
  }
}

/**
 * Marks as pruned what neither side has: it left the local file before the cluster was filled, or the cluster by the word
 * of another data directory.
 * @throws UnavailableError CLUSTER_ROWS_MISSING where the local file would trust the cluster with what that gave up
 */
async function markGone(near: SqliteStore, far: CqlHistory, link: LinkFile): Promise<void> {
  const trimmed = near.prunedHeight();
  if (trimmed > far.height) return link.setMark("pruned", trimmed);
  const known = link.mark("pruned");
  const gone = await far.givenUp(known);
  if (gone === known) return;
  if (gone > trimmed)
    throw new UnavailableError(
      "CLUSTER_ROWS_MISSING",
      `the cluster has dropped blocks up to ${gone}, this data directory has those above ${trimmed}`,
      {hint: "choose another --cql-keyspace: this one was pruned for another data directory"},
    );
  link.setMark("pruned", gone);
  link.setMark("dropped", gone);
}

/** @throws UnavailableError CLUSTER_AHEAD */
function checkHeads(near: SqliteStore, far: CqlHistory): void {
  const head = near.head();
  if (far.height > (head?.header.height ?? -1n))
    throw new UnavailableError("CLUSTER_AHEAD", `the cluster has block ${far.height}, this data directory does not`, {
      hint: "use the data directory that wrote it, or sync this one first under --store sqlite",
    });
}
