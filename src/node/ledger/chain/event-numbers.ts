/**
 * Numbers of events: the height of the block that settles them, and their place in what is told of it. What follows
 * from the block comes first, so that every node gives those events the same numbers; what only this node saw starts
 * at half.
 */

const PLACE_BITS = 20n;
/** Place of a block's first event that other nodes may not have. */
export const FIRST_LOCAL_PLACE = 2 ** 19;

export const seqOf = (height: bigint, place: number): bigint => (height << PLACE_BITS) | BigInt(place);

/** The last number that an event of `height` can have; -1 below the first height. */
export const lastSeqOf = (height: bigint): bigint => ((height + 1n) << PLACE_BITS) - 1n;

/** Height whose events `seq` is among. */
export const heightOfSeq = (seq: bigint): bigint => seq >> PLACE_BITS;
