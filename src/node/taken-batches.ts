/**
 * Which batches the chain took. None is taken twice, and one too far below the newest is taken no more, so that what has
 * to be remembered stays bounded (docs/decisions/0057-dag-mempool.md).
 */
import type {Block} from "../codecs/chain/block.js";
import {BATCH_WINDOW_ROUNDS, type BatchRef, compareRefs} from "../codecs/dag/batch.js";
import {RuleError} from "../errors.js";

type Place = Pick<BatchRef, "round" | "creator">;
/** At most one batch of a creator and round is ever certified, so the place alone names it. */
const placeOf = ({round, creator}: Place): string => `${round}/${creator}`;

/** What a block may take on the branch that it extends. */
export interface TakenGround {
  /** Whether a block may take the batch at this place. */
  isFree(place: Place): boolean;
}

export class TakenBatches {
  readonly #places = new Map<string, bigint>();
  #epoch = 0n;
  #newest = 0n;

  /** @param rows what final blocks took, of any epoch */
  constructor(rows: Iterable<BatchRef & {readonly epoch: bigint}>) {
    for (const {epoch, ...ref} of rows) this.#add(epoch, [ref]);
  }

  /** Highest round that a final block took a batch of. */
  get newestRound(): bigint {
    return this.#newest;
  }

  /** A block became final. */
  add({header, batches}: Pick<Block, "header" | "batches">): void {
    this.#add(header.epoch, batches);
  }

  /** @param branch blocks that are not final, from the parent down */
  on(branch: Iterable<{readonly block: Pick<Block, "header" | "batches">}>, epoch: bigint): TakenGround {
    const places = new Set<string>();
    let newest = epoch === this.#epoch ? this.#newest : 0n;
    for (const {block} of branch) {
      if (block.header.epoch !== epoch) continue;
      for (const ref of block.batches) {
        places.add(placeOf(ref));
        if (ref.round > newest) newest = ref.round;
      }
    }
    const isTaken = (place: string): boolean => places.has(place) || (epoch === this.#epoch && this.#places.has(place));
    return {isFree: (place) => place.round >= newest - BATCH_WINDOW_ROUNDS && !isTaken(placeOf(place))};
  }

  #add(epoch: bigint, refs: readonly BatchRef[]): void {
    if (refs.length === 0 || epoch < this.#epoch) return;
    if (epoch > this.#epoch) {
      this.#places.clear();
      this.#epoch = epoch;
      this.#newest = 0n;
    }
    for (const ref of refs) {
      this.#places.set(placeOf(ref), ref.round);
      if (ref.round > this.#newest) this.#newest = ref.round;
    }
    for (const [place, round] of this.#places)
      if (round < this.#newest - BATCH_WINDOW_ROUNDS) this.#places.delete(place);
  }
}

/**
 * Holds what a block says of its batches to the branch below it.
 * @throws RuleError BATCHES_INVALID
 */
export function checkBatches({header, batches, transactions, proofs}: Block, ground: TakenGround): void {
  const refuse = (why: string): never => {
    throw new RuleError("BATCHES_INVALID", `block ${header.height}: ${why}`);
  };
  if (batches.length === 0 && transactions.length + proofs.length > 0) refuse("holds what is in no batch");
  batches.forEach((ref, i) => {
    if (i > 0 && compareRefs(batches[i - 1]!, ref) >= 0) refuse("batches are not in their order");
    if (!ground.isFree(ref)) refuse(`the batch of validator ${ref.creator}, round ${ref.round}, can be taken no more`);
  });
}
