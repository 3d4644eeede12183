/**
 * Between batches and blocks: what the next block takes, what a proposal carries of a block, and the block that a
 * proposal was. A block is made of certified batches that are here, and of nothing else.
 */
import type {Block} from "../../codecs/chain/block.js";
import {type Bodies, blockOf, type CompactBlock, compactOf} from "../../codecs/consensus/compact-block.js";
import type {BatchRef} from "../../codecs/dag/batch.js";
import {InvariantError} from "../../errors.js";
import type {Chain} from "../chain.js";
import type {BlockCommitted} from "../ledger/chain/events.js";
import {readTransaction, type Transaction} from "../ledger/chain/transaction.js";
import type {Body} from "../mempool/dag/state.js";
import {bodyOf, frontier, missingOf, packedIds} from "../mempool/dag/view.js";
import type {Candidate, Dropped} from "../proposal.js";
import type {BatchDesk} from "./desk.js";

export interface BatchFeedPorts {
  readonly chain: Chain;
  readonly desk: BatchDesk;
  /** What waits here. */
  readonly intake: {
    isEmpty(parentId: string): boolean;
    heldOn(parentId: string): ReadonlySet<string>;
    waitingTransaction(txId: string): Transaction | null;
    isWaiting(id: string): boolean;
    drop(dropped: readonly Dropped[]): void;
  };
  /** Wall clock, milliseconds since 1970. */
  nowMs(): bigint;
}

export class BatchFeed {
  constructor(private readonly ports: BatchFeedPorts) {
    ports.chain.subscribe((committed) => this.#committed(committed));
  }

  /** The best block on `parentId` that certified batches allow. */
  candidate(parentId: string): Candidate {
    const {chain, desk, intake, nowMs} = this.ports;
    // Its own word is a quorum: what waits can be in this very block.
    const {self} = desk;
    if (self !== null && chain.committee.isQuorum([self])) {
      desk.pack();
      desk.flush();
    }
    const {maxTransactions, maxProofs, maxBytes} = chain.params.limits;
    const held = new Set(intake.heldOn(parentId));
    const isNew = (id: string): boolean => !held.has(id) && Boolean(held.add(id));
    const batches: BatchRef[] = [];
    const transactions: Transaction[] = [];
    const proofs: Candidate["proofs"][number][] = [];
    let [txCount, proofCount, bytes] = [0, 0, 0];
    for (const {ref, batch, txIds, proofIds} of this.#free(parentId)) {
      const {header} = batch.signed;
      txCount += header.transactionCount;
      proofCount += header.proofCount;
      bytes += header.bodyBytes;
      if (txCount > maxTransactions || proofCount > maxProofs || bytes > maxBytes) break;
      batches.push(ref);
      [...proofIds].forEach((id, i) => {
        if (isNew(id)) proofs.push({id, raw: batch.proofs[i]!});
      });
      [...txIds].forEach((id, i) => {
        if (isNew(id)) transactions.push(this.#transaction(id, batch.transactions[i]!));
      });
    }
    return {timeMs: nowMs(), transactions, proofs, batches};
  }

  /** Whether a block on `parentId` would hold nothing, now and when what waits is certified. */
  isEmpty(parentId: string): boolean {
    return this.ports.intake.isEmpty(parentId) && this.#free(parentId).length === 0;
  }

  /** @throws InvariantError when a batch of it is not here */
  compact(block: Block): CompactBlock {
    const bodies = this.#bodies(block.batches);
    if (!bodies) throw new InvariantError(`a batch of block ${block.header.height} is gone`);
    return compactOf(block, bodies);
  }

  /**
   * The block that a proposal was, or null while one of its batches is not here, with its certificate.
   * @throws DecodeError when it can be none
   */
  complete(compact: CompactBlock): Block | null {
    if (missingOf(this.ports.desk.state, compact.batches).length > 0) return null;
    return blockOf(compact, this.#bodies(compact.batches)!);
  }

  /** What brings a block that is not final back after a restart, or null where its batches are not on this disk. */
  kept(block: Block): CompactBlock | null {
    const {desk} = this.ports;
    const bodies = desk.self === null ? null : this.#bodies(block.batches);
    if (!bodies) return null;
    desk.persist();
    return compactOf(block, bodies);
  }

  /** The block that `kept` was asked for, or null when one of its batches is gone. @throws DecodeError when there is none */
  restored(compact: CompactBlock): Block | null {
    const bodies = this.#bodies(compact.batches);
    return bodies && blockOf(compact, bodies);
  }

  /** Asks for what `complete` did not find. */
  want({batches}: CompactBlock): void {
    const {desk} = this.ports;
    desk.give({type: "want", refs: missingOf(desk.state, batches)});
  }

  /** Other voters: batches begin anew. */
  begin(): void {
    this.ports.desk.begin();
  }

  #bodies(refs: readonly BatchRef[]): Bodies | null {
    const bodies = refs.map((ref) => bodyOf(this.ports.desk.state, ref)?.batch);
    return bodies.every((each) => each !== undefined) ? bodies : null;
  }

  #free(parentId: string): readonly Body[] {
    const {chain, desk} = this.ports;
    const ground = chain.takenOn(parentId);
    return frontier(desk.state).filter(({ref}) => ground.isFree(ref));
  }

  #transaction(txId: string, bytes: Uint8Array): Transaction {
    const waiting = this.ports.intake.waitingTransaction(txId);
    // Its very bytes: an id does not cover the signature.
    return waiting?.bytes === bytes ? waiting : readTransaction(bytes);
  }

  #committed({batches}: BlockCommitted): void {
    const {desk} = this.ports;
    const {self} = desk;
    desk.probe(batches);
    const own = batches.flatMap((ref) => (ref.creator === self ? (bodyOf(desk.state, ref) ?? []) : []));
    desk.give({type: "committed", refs: batches});
    for (const body of own) this.#reconsider(body);
    desk.wake();
  }

  /** What a block passed over is tried again, unless no block could hold it: then its sender's node lets it go. */
  #reconsider({txIds, proofIds, batch}: Body): void {
    const {intake, desk, chain, nowMs} = this.ports;
    const packed = packedIds(desk.state);
    const isOver = (id: string): boolean => intake.isWaiting(id) && !packed.has(id);
    const transactions = [...txIds].flatMap((id, i) =>
      isOver(id) ? [this.#transaction(id, batch.transactions[i]!)] : [],
    );
    const proofs = [...proofIds].flatMap((id, i) => (isOver(id) ? [{id, raw: batch.proofs[i]!}] : []));
    if (transactions.length + proofs.length === 0) return;
    intake.drop(chain.hopeless({timeMs: nowMs(), transactions, proofs, batches: []}));
  }
}
