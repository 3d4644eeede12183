/** Blocks and receipts in a cluster: rows first, then the head, by which everything up to it counts. */
import {setImmediate as nextTurn} from "node:timers/promises";
import {bytesOfHex, concat, equalBytes, hexOf, plain} from "../../../codecs/bytes.js";
import {block as blockCodec, certificate, header} from "../../../codecs/chain/block.js";
import {type Receipt, receipt, txIdIn} from "../../../codecs/chain/receipt.js";
import {UnavailableError} from "../../../errors.js";
import type {Compression} from "../sqlite/compression.js";
import {ALL_RECEIPTS, type ReceiptQuery, type StoredBlock} from "../store.js";
import {CQL_SCHEMA_VERSION, eraOf, PART_BYTES, spanOf, spansOf} from "./schema.js";
import {
  type CqlRow,
  type CqlSession,
  isWithoutTable,
  type Lot,
  lotsOf,
  type Patience,
  type Request,
} from "./session.js";

/** The one row of `head`. */
const NAME = "chain";
/** Receipts that are asked for by their ids at once. */
const ASKED_AT_ONCE = 500;
/** Height of a cluster that has no block. */
const NONE = -1n;

/** A block with its receipts as they are encoded, the first transaction's first: nothing on the way reads them. */
export interface HistoryBlock extends StoredBlock {
  readonly receipts: readonly Uint8Array[];
}

const bytesIn = (value: unknown): Uint8Array => plain(value as Uint8Array);

export class CqlHistory {
  #height = NONE;

  private constructor(
    private readonly session: CqlSession,
    private readonly compression: Compression,
    /** Names this process among those that ever wrote. */
    private readonly writer: Uint8Array,
  ) {}

  /**
   * Takes the chain in a cluster over: whoever wrote before can move its head no more.
   * @param chain id of the genesis block, hex
   * @throws UnavailableError CLUSTER_FOREIGN, CLUSTER_NEWER, CLUSTER_FENCED
   */
  static async open(
    session: CqlSession,
    {
      chain,
      writer,
      compression,
    }: {readonly chain: string; readonly writer: Uint8Array; readonly compression: Compression},
  ): Promise<CqlHistory> {
    const history = new CqlHistory(session, compression, writer);
    await history.#takeOver(bytesOfHex(chain));
    return history;
  }

  /**
   * The chain in a cluster as it is now, to be read while another node may go on writing it.
   * @throws UnavailableError CLUSTER_EMPTY, CLUSTER_FOREIGN, CLUSTER_NEWER
   */
  static async read(
    session: CqlSession,
    {chain, compression}: {readonly chain: string; readonly compression: Compression},
  ): Promise<CqlHistory> {
    const history = new CqlHistory(session, compression, new Uint8Array());
    const row = await session.serialRow({statement: "head", values: [NAME]}).catch((error) => {
      if (isWithoutTable(error)) return null;
      throw error;
    });
    if (!row)
      throw new UnavailableError("CLUSTER_EMPTY", "the keyspace holds no chain", {
        hint: "check --cql-keyspace; qsdm migrate to-cluster fills one",
      });
    checkHead(row, bytesOfHex(chain));
    history.#height = row.height as bigint;
    return history;
  }

  /** Height of the newest block that counts; -1 while there is none. */
  get height(): bigint {
    return this.#height;
  }

  /**
   * Writes blocks that follow each other, and lets them count. Rows above the head that a writer left when it was killed
   * are the same rows: blocks are final before they are stored.
   * @throws UnavailableError CLUSTER_FENCED when another process has taken over
   */
  async append(blocks: readonly HistoryBlock[]): Promise<void> {
    const last = blocks.at(-1);
    if (!last) return;
    const packed: Uint8Array[] = [];
    for (const {block} of blocks) {
      packed.push(await this.compression.pack(blockCodec.encode(block)));
      // Blocks of megabytes take a while to encode: others get their turn behind each.
      await nextTurn();
    }
    await this.session.write(writesOf(blocks, packed));
    const {height} = last.block.header;
    const id = bytesOfHex(last.id);
    const values = [height, id, NAME, this.writer, this.#height];
    if (!(await this.session.conditional({statement: "moveHead", values}))) await this.#checkMoved(height, id);
    this.#height = height;
  }

  /** The last height up to which the cluster has given blocks up, not below `known`. */
  async givenUp(known: bigint): Promise<bigint> {
    let gone = known;
    if (gone >= this.#height || (await this.has(gone + 1n))) return gone;
    // From the first on: that is the order in which blocks leave a cluster.
    for (let end = this.#height + 1n; end - gone > 1n; ) {
      const middle = (gone + end) / 2n;
      if (await this.has(middle)) end = middle;
      else gone = middle;
    }
    return gone;
  }

  /** Whether the cluster has a block. */
  async has(height: bigint): Promise<boolean> {
    const rows = await this.session.rows({statement: "block", values: [spanOf(height), height]});
    return rows.length > 0;
  }

  async block(height: bigint): Promise<StoredBlock | null> {
    const values = [spanOf(height), height];
    const [row] = await this.session.rows({statement: "block", values});
    if (!row) return null;
    // Further parts are of a writer that was killed, and whose zstd had packed the block less well.
    const parts = (await this.session.rows({statement: "body", values})).slice(0, Number(row.parts));
    if (parts.length !== Number(row.parts))
      throw new UnavailableError("CLUSTER_ROWS_MISSING", `block ${height} has ${parts.length} of ${row.parts} parts`, {
        hint: "repair the cluster's tables (nodetool repair)",
      });
    const packed = concat(...parts.map(({value}) => bytesIn(value)));
    return {
      id: hexOf(bytesIn(row.id)),
      block: blockCodec.decode(await this.compression.unpack(packed)),
      certificate: certificate.decode(bytesIn(row.certificate)),
    };
  }

  /** A block with all of its receipts. */
  async full(height: bigint): Promise<HistoryBlock | null> {
    const [stored, receipts] = await Promise.all([
      this.block(height),
      this.#encodedReceipts({from: height, to: height, limit: ALL_RECEIPTS}),
    ]);
    return stored && {...stored, receipts: receipts.toReversed()};
  }

  async receipt(txId: string): Promise<Receipt | null> {
    const encoded = await this.#encodedReceipt(bytesOfHex(txId));
    return encoded && receipt.decode(encoded);
  }

  /** Receipts by their ids, as they are encoded; null where there is none. */
  async encodedReceiptsOf(txIds: readonly Uint8Array[]): Promise<readonly (Uint8Array | null)[]> {
    const found: (Uint8Array | null)[] = [];
    for (let from = 0; from < txIds.length; from += ASKED_AT_ONCE)
      found.push(...(await Promise.all(txIds.slice(from, from + ASKED_AT_ONCE).map((id) => this.#encodedReceipt(id)))));
    return found;
  }

  async #encodedReceipt(txId: Uint8Array): Promise<Uint8Array | null> {
    const [row] = await this.session.rows({statement: "receipt", values: [txId]});
    return row ? bytesIn(row.value) : null;
  }

  /** Newest first. */
  async receipts(query: ReceiptQuery): Promise<readonly Receipt[]> {
    return (await this.#encodedReceipts(query)).map((each) => receipt.decode(each));
  }

  async #encodedReceipts({from, to, limit}: ReceiptQuery): Promise<readonly Uint8Array[]> {
    const found: Uint8Array[] = [];
    if (from > to) return found;
    for (let era = eraOf(spanOf(to)); era >= eraOf(spanOf(from)); era--) {
      const [first, last] = spansOf(era);
      const lowest = spanOf(from) > first ? spanOf(from) : first;
      const highest = spanOf(to) < last ? spanOf(to) : last;
      for (const {span} of await this.session.rows({statement: "spans", values: [era, lowest, highest]})) {
        const values = [span as bigint, from, to, limit - found.length];
        for (const {value} of await this.session.rows({statement: "receiptsAt", values})) found.push(bytesIn(value));
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  /** @throws UnavailableError CLUSTER_FENCED when another process has taken over */
  async checkWriter(): Promise<void> {
    const row = await this.#head("endless");
    if (!equalBytes(bytesIn(row.writer), this.writer)) throw fenced();
  }

  /** Drops one block with its receipts. */
  async drop(height: bigint): Promise<void> {
    const values = [spanOf(height), height];
    const all = [spanOf(height), height, height, ALL_RECEIPTS];
    const listed = await this.session.rows({statement: "receiptsAt", values: all}, "endless");
    await this.session.write(listed.map(({tx_id: id}) => [{statement: "dropReceipt", values: [bytesIn(id)]}]));
    await this.session.write([
      [{statement: "dropReceiptsAt", values}],
      [{statement: "dropBody", values}],
      [{statement: "dropBlock", values}],
    ]);
  }

  async #takeOver(chain: Uint8Array): Promise<void> {
    const begin = [NAME, CQL_SCHEMA_VERSION, chain, this.writer, NONE];
    await this.session.conditional({statement: "beginChain", values: begin}, "asked");
    const row = await this.#head();
    checkHead(row, chain);
    if (!equalBytes(bytesIn(row.writer), this.writer)) {
      const values = [this.writer, NAME, bytesIn(row.writer)];
      await this.session.conditional({statement: "takeOver", values}, "asked");
      if (!equalBytes(bytesIn((await this.#head()).writer), this.writer)) throw fenced();
    }
    this.#height = (await this.#head()).height as bigint;
  }

  /** The answer to an earlier attempt may have been lost: then the head is where it was to be. */
  async #checkMoved(height: bigint, id: Uint8Array): Promise<void> {
    const row = await this.#head("endless");
    const isOurs = equalBytes(bytesIn(row.writer), this.writer);
    if (!isOurs || row.height !== height || !equalBytes(bytesIn(row.id), id)) throw fenced();
  }

  async #head(patience?: Patience) {
    const row = await this.session.serialRow({statement: "head", values: [NAME]}, patience);
    if (!row) throw fenced();
    return row;
  }
}

/**
 * What is written of blocks, made when it is their turn to be sent: thousands of requests at once would be memory.
 * @param packed the blocks' bodies
 */
function* writesOf(blocks: readonly HistoryBlock[], packed: readonly Uint8Array[]): Generator<Lot> {
  for (const [at, {id, block, certificate: votes, receipts}] of blocks.entries()) {
    const {height} = block.header;
    const span = spanOf(height);
    const body = packed[at]!;
    let parts = 0;
    for (let from = 0; from < body.length; from += PART_BYTES)
      yield [{statement: "putBody", values: [span, height, parts++, body.subarray(from, from + PART_BYTES)]}];
    const values = [span, height, bytesOfHex(id), header.encode(block.header), certificate.encode(votes), parts];
    yield [{statement: "putBlock", values}];
    for (const value of receipts) yield [{statement: "putReceipt", values: [txIdIn(value), height, value]}];
    if (receipts.length > 0) yield [{statement: "putSpan", values: [eraOf(span), span]}];
    yield* lotsOf(
      receipts.map((value, place): Request => {
        return {statement: "putReceiptAt", values: [span, height, place, txIdIn(value), value]};
      }),
    );
  }
}

function checkHead(row: CqlRow, chain: Uint8Array): void {
  if (!equalBytes(bytesIn(row.chain), chain))
    throw new UnavailableError("CLUSTER_FOREIGN", "the keyspace holds another chain", {
      hint: "choose another --cql-keyspace, one for each chain",
    });
  if (Number(row.version) > CQL_SCHEMA_VERSION)
    throw new UnavailableError("CLUSTER_NEWER", `the keyspace has schema ${row.version}`, {
      hint: "run the version of qsdm that wrote it, or a later one",
    });
}

const fenced = (): UnavailableError =>
  new UnavailableError("CLUSTER_FENCED", "another node has taken this chain in the cluster over", {
    hint: "let one node write to a keyspace; give each other one a keyspace of its own",
  });
