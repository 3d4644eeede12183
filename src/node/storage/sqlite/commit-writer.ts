/** Writes a block with what it changed and left behind, within the transaction of its commit. */
import {bytesOfHex, utf8} from "../../../codecs/bytes.js";
import {type Block, certificate, header} from "../../../codecs/chain/block.js";
import {epochRow} from "../../../codecs/chain/epoch.js";
import {encodedReceipt, type Receipt} from "../../../codecs/chain/receipt.js";
import {BATCH_WINDOW_ROUNDS} from "../../../codecs/dag/batch.js";
import {lastSeqOf} from "../../ledger/chain/event-numbers.js";
import type {Cells} from "../seal/cells.js";
import type {BlockCommit} from "../store.js";
import type {BlockRows} from "./block-rows.js";
import type {AppendLog} from "./log/append-log.js";
import type {Cell} from "./log/chunk.js";
import type {Statements} from "./statements.js";

/** Row of `meta` with the number up to which events were dropped. */
export const PRUNED_SEQ = "pruned_seq";

export interface KeptLimits {
  /** Slash receipts kept; the oldest go first. */
  readonly slashReceiptsMax: number;
  /** Blocks whose events are kept. */
  readonly eventBlocksKept: number;
}

/** Where rows go, and how. */
export interface WriterParts {
  readonly statements: Statements;
  readonly receipts: AppendLog;
  readonly rows: BlockRows;
  readonly cells: Cells;
}

export class CommitWriter {
  constructor(
    private readonly parts: WriterParts,
    private readonly limits: KeptLimits,
  ) {}

  prunedSeq(): bigint {
    const row = this.parts.statements.meta.get(PRUNED_SEQ);
    return row ? row.value.readBigInt64BE() : 0n;
  }

  /** @param body as it was packed */
  write(commit: BlockCommit, body: Uint8Array): void {
    const {statements, receipts: log, rows, cells} = this.parts;
    const {block} = commit;
    const {height, timeMs} = block.header;
    statements.addBlock.run(
      height,
      bytesOfHex(commit.id),
      cells.seal("block.header", [height], rows.packHeader(header.encode(block.header))),
      cells.seal("block.certificate", [height], certificate.encode(commit.certificate)),
      cells.seal("block.body", [height], body),
    );
    for (const {store, key, value} of commit.changes) {
      const name = cells.stateName(store, key);
      if (value === null) statements.removeState.run(store, name);
      else statements.putState.run(store, name, cells.sealState(store, key, value));
    }
    const receipts = receiptCells(commit.receipts);
    log.append(height, receipts);
    const slashes = new Set(commit.slashes);
    for (const [i, {txId, slash, outcome}] of commit.receipts.entries()) {
      if (!slashes.has(txId)) continue;
      const {key, value} = receipts[i]!;
      const cell = cells.seal("slash_receipt.value", [txId, timeMs], value);
      statements.addSlashReceipt.run(key, height, timeMs, outcome, slash?.evidenceKind ?? "", cell);
    }
    if (slashes.size > 0) statements.trimSlashReceipts.run(this.limits.slashReceiptsMax);
    for (const {seq, topic, body, proofIndex} of commit.events)
      statements.addEvent.run(seq, topic, cells.seal("event.body", [seq, topic], utf8(body)), proofIndex);
    this.#pruneEvents(height);
    this.#takeBatches(block);
    // What is at or below a final height is final, or never will be.
    statements.dropUncommitted.run(height);
    if (commit.epoch) {
      const {number} = commit.epoch;
      const cell = cells.seal("epoch.value", [number, height], epochRow.encode(commit.epoch));
      statements.addEpoch.run(number, height, cell);
      // What stood above is of the epoch that ended.
      statements.dropAllUncommitted.run();
    }
    for (const id of commit.settled) statements.drop.run(bytesOfHex(id));
    this.#putRoot("state_root", commit.stateRoot);
    this.#putRoot("receipts_root", commit.receiptsRoot);
  }

  #takeBatches({header: {epoch}, batches}: Block): void {
    const newest = batches.at(-1);
    if (!newest) return;
    for (const {round, creator, batchId} of batches)
      this.parts.statements.takeBatch.run(epoch, round, creator, bytesOfHex(batchId));
    // A lower one than an earlier block's forgets less, never too much.
    this.parts.statements.forgetTaken.run(epoch, newest.round - BATCH_WINDOW_ROUNDS);
  }

  /** What is gone is written down: a node that keeps more after a restart must not promise what it has dropped. */
  #pruneEvents(height: bigint): void {
    const pruned = lastSeqOf(height - BigInt(this.limits.eventBlocksKept));
    if (pruned <= this.prunedSeq()) return;
    this.parts.statements.trimEvents.run(pruned);
    const value = Buffer.alloc(8);
    value.writeBigInt64BE(pruned);
    this.parts.statements.putMeta.run(PRUNED_SEQ, value);
  }

  #putRoot(name: string, root: string): void {
    const {statements, cells} = this.parts;
    statements.putMeta.run(name, cells.seal("meta.value", [name], bytesOfHex(root)));
  }
}

export const receiptCells = (receipts: readonly Receipt[]): readonly Cell[] =>
  receipts.map((each) => ({key: bytesOfHex(each.txId), value: encodedReceipt(each)}));
